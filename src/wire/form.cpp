#include "wire/form.hpp"

#include <algorithm>
#include <charconv>

#include "base/limits.hpp"
#include "model/utf8.hpp"

namespace ankiwire::wire {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view data_part = "data";
constexpr std::size_t part_head_bytes_max = 4 * limits::kib;
constexpr std::size_t values_bytes_max = 64 * limits::kib;

std::string decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        unsigned char byte = 0;
        const bool escaped =
            text[0] == '%' && text.size() >= 3 &&
            std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3;
        out += escaped ? static_cast<char>(byte) : text[0] == '+' ? ' ' : text[0];
        text.remove_prefix(escaped ? 3 : 1);
    }
    return out;
}

// What comes before `separator`, which is taken away with it; all if there is none.
std::string_view take_until(std::string_view& text, std::string_view separator) {
    const auto at = text.find(separator);
    const auto taken = text.substr(0, at);
    text.remove_prefix(at == npos ? text.size() : at + separator.size());
    return taken;
}

std::string_view without_quotes(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

// The value of `name=` among the parameters of a header's value; empty if there is none.
std::string_view parameter(std::string_view header, std::string_view name) {
    take_until(header, ";");
    while (!header.empty()) {
        auto item = take_until(header, ";");
        item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
        const auto key = take_until(item, "=");
        if (key == name) {
            return without_quotes(item.substr(0, item.find_last_not_of(" \t") + 1));
        }
    }
    return {};
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() &&
           std::equal(start.begin(), start.end(), text.begin(),
                      [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

// The name that the head of a part gives it.
std::string_view name_of_part(std::string_view head) {
    while (!head.empty()) {
        const auto line = take_until(head, line_end);
        if (starts_with_ignoring_case(line, "content-disposition:")) {
            return parameter(line, "name");
        }
    }
    return {};
}

}  // namespace

FormValues parse_query(std::string_view query) {
    FormValues values;
    while (!query.empty()) {
        auto item = take_until(query, "&");
        const auto name = take_until(item, "=");
        values[decoded(name)] = decoded(item);
    }
    return values;
}

Result<FormReader> FormReader::make(std::string_view content_type) {
    const auto boundary = parameter(content_type, "boundary");
    if (boundary.empty()) {
        return fail(ErrorKind::malformed, "multipart without a boundary");
    }
    return FormReader(std::string(line_end) + "--" + std::string(boundary));
}

Result<void> FormReader::push(std::string_view piece, const ByteSink& data) {
    buffer_ += piece;
    while (true) {
        TRY_ASSIGN(const bool advanced, advance(data));
        if (!advanced) {
            return {};
        }
    }
}

Result<void> FormReader::finish(const ByteSink& data) {
    if (state_ == State::in_part) {
        std::string_view rest = buffer_;
        for (const std::string_view end : {std::string_view(delimiter_), line_end}) {
            if (rest.ends_with(end)) {
                rest.remove_suffix(end.size());
                break;
            }
        }
        return add_to_part(rest, data);
    }
    return state_ == State::in_head && !buffer_.empty()
               ? fail(ErrorKind::malformed, "a form that ends in the head of a part")
               : Result<void>();
}

std::optional<FormReader::Delimiter> FormReader::find_delimiter() const {
    for (std::size_t at = 0; (at = buffer_.find(delimiter_, at)) != npos; ++at) {
        const auto next = std::string_view(buffer_).substr(at + delimiter_.size(), 2);
        if (next == line_end || next == "--") {  // R-LEG-06
            return Delimiter{at, next == "--"};
        }
    }
    return std::nullopt;
}

Result<bool> FormReader::advance(const ByteSink& data) {
    if (state_ == State::in_head) {
        return read_head();
    }
    if (state_ == State::behind_parts) {
        buffer_.clear();
        return false;
    }
    const auto found = find_delimiter();
    // What may be the beginning of a delimiter waits for more.
    const std::size_t kept = std::min(buffer_.size(), delimiter_.size() + 1);
    const auto end = found ? found->at : buffer_.size() - kept;
    if (state_ == State::in_part) {
        TRY(add_to_part(std::string_view(buffer_).substr(0, end), data));
    }
    buffer_.erase(0, found ? end + delimiter_.size() + 2 : end);
    if (found) {
        state_ = found->is_last ? State::behind_parts : State::in_head;
    }
    return found.has_value();
}

Result<bool> FormReader::read_head() {
    const auto end = buffer_.find("\r\n\r\n");
    if (std::min(end, buffer_.size()) > part_head_bytes_max) {
        return fail(ErrorKind::too_large, "the head of a part of a form");
    }
    if (end == npos) {
        return false;
    }
    name_ = name_of_part(std::string_view(buffer_).substr(0, end));
    if (name_.empty()) {
        return fail(ErrorKind::malformed, "a part of a form without a name");
    }
    if (name_ == data_part) {
        if (std::exchange(has_data_, true)) {
            return fail(ErrorKind::malformed, "a form with two parts `data`");
        }
    } else {
        values_[name_].clear();
        bytes_kept_ += name_.size();
    }
    buffer_.erase(0, end + std::string_view("\r\n\r\n").size());
    state_ = State::in_part;
    return true;
}

Result<void> FormReader::add_to_part(std::string_view content, const ByteSink& data) {
    if (name_ == data_part) {
        return content.empty() ? Result<void>() : data(content);
    }
    bytes_kept_ += content.size();
    if (bytes_kept_ > values_bytes_max) {
        return fail(ErrorKind::too_large, "the parts of a form");
    }
    values_[name_] += content;
    return {};
}

}  // namespace ankiwire::wire
