#include "server/request_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace ankiwire::server {
namespace {

constexpr std::size_t value_bytes_max = 200;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.,:/+@").find(c) != std::string_view::npos;
}

void append(std::string& line, std::string_view name, std::string_view value) {
    if (value.empty()) {
        return;
    }
    line += line.empty() ? "" : " ";
    line += name;
    line += '=';
    value = value.substr(0, value_bytes_max);
    if (std::ranges::all_of(value, is_plain)) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c >= ' ' && c <= '~') {
            line += c;
        } else {
            line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
    line += '"';
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}  // namespace

std::string request_line(const RequestNotes& notes, const RequestOutcome& outcome) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    std::string line;
    append(line, "method", notes.method);
    append(line, "status", std::to_string(outcome.status));
    append(line, "user", notes.user);
    append(line, "client", notes.client);
    append(line, "session", notes.session);
    append(line, "ms", fmt::format("{:.1f}", Milliseconds(outcome.took).count()));
    append(line, "in", std::to_string(outcome.bytes_in));
    append(line, "out", std::to_string(outcome.bytes_out));
    append(line, "ip", outcome.address);
    append(line, "problem", notes.problem);
    return line;
}

std::string_view address_header(IpSource source) {
    switch (source) {
        case IpSource::connect_info:
            return {};
        case IpSource::x_real_ip:
            return "X-Real-Ip";
        case IpSource::rightmost_x_forwarded_for:
            return "X-Forwarded-For";
        case IpSource::cf_connecting_ip:
            return "CF-Connecting-IP";
        case IpSource::true_client_ip:
            return "True-Client-IP";
        case IpSource::fly_client_ip:
            return "Fly-Client-IP";
        case IpSource::cloud_front_viewer_address:
            return "CloudFront-Viewer-Address";
    }
    return {};
}

std::string client_address(IpSource source, std::string_view header_value,
                           const std::string& connection) {
    if (source == IpSource::rightmost_x_forwarded_for) {
        header_value.remove_prefix(header_value.rfind(',') + 1);  // npos + 1 is 0
    }
    header_value = trimmed(header_value);
    if (source == IpSource::cloud_front_viewer_address) {  // address:port
        header_value = header_value.substr(0, header_value.rfind(':'));
    }
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(std::string(header_value), error);
    return error ? connection : address.to_string();
}

}  // namespace ankiwire::server
