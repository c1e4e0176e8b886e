#include "server/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "backup/backup_folder.hpp"
#include "files/files.hpp"
#include "server/request_log.hpp"

namespace ankiwire::server {
namespace {

constexpr std::string_view user_prefix = "SYNC_USER";
constexpr std::size_t file_name_bytes_max = 255;
constexpr std::size_t upload_mib_max = 1'000'000;

constexpr std::array<std::pair<std::string_view, IpSource>, 7> ip_sources = {{
    {"ConnectInfo", IpSource::connect_info},
    {"XRealIp", IpSource::x_real_ip},
    {"RightmostXForwardedFor", IpSource::rightmost_x_forwarded_for},
    {"CfConnectingIp", IpSource::cf_connecting_ip},
    {"TrueClientIp", IpSource::true_client_ip},
    {"FlyClientIp", IpSource::fly_client_ip},
    {"CloudFrontViewerAddress", IpSource::cloud_front_viewer_address},
}};

template <class Int>
std::optional<Int> parse_int(std::string_view text) {
    Int value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

const std::string* find(const Environment& environment, std::string_view name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : &found->second;
}

class Parser {
public:
    explicit Parser(const Environment& environment) : environment_(environment) {}

    ParsedConfig parse() && {
        config_.base = parse_base(environment_, parsed_.problems);
        parse_address();
        parse_upload_limit();
        parse_ip_source();
        parse_users();
        if (find(environment_, "RUST_LOG") != nullptr) {
            parsed_.remarks.emplace_back(
                "RUST_LOG is ignored: one line is logged for each request");
        }
        return std::move(parsed_);
    }

private:
    void problem(std::string text) { parsed_.problems.push_back(std::move(text)); }

    void parse_address() {
        const auto* host = find(environment_, "SYNC_HOST");
        boost::system::error_code error;
        config_.host = boost::asio::ip::make_address(host ? *host : "0.0.0.0", error);
        if (error) {
            problem("SYNC_HOST must be an IP address, such as 0.0.0.0, 127.0.0.1 or ::");
        }
        if (const auto* port = find(environment_, "SYNC_PORT")) {
            if (const auto value = parse_int<std::uint16_t>(*port)) {
                config_.port = *value;
            } else {
                problem("SYNC_PORT must be a number from 0 to 65535");
            }
        }
    }

    void parse_upload_limit() {
        const auto* megs = find(environment_, "MAX_SYNC_PAYLOAD_MEGS");
        if (megs == nullptr) {
            return;
        }
        const auto value = parse_int<std::size_t>(*megs);
        if (!value || *value == 0 || *value > upload_mib_max) {
            problem(
                fmt::format("MAX_SYNC_PAYLOAD_MEGS must be a number from 1 to {}", upload_mib_max));
            return;
        }
        config_.upload_packed_bytes_max = *value * limits::mib;
    }

    void parse_ip_source() {
        const auto* name = find(environment_, "SYNC_IP_HEADER");
        if (name == nullptr) {
            return;
        }
        const auto* const found =
            std::ranges::find(ip_sources, *name, &decltype(ip_sources)::value_type::first);
        if (found != ip_sources.end()) {
            config_.ip_source = found->second;
            return;
        }
        std::string names;
        for (const auto& [known, source] : ip_sources) {
            names += names.empty() ? "" : ", ";
            names += known;
        }
        problem("SYNC_IP_HEADER must be one of " + names);
    }

    void parse_users() {
        config_.passwords_hashed = find(environment_, "PASSWORDS_HASHED") != nullptr;
        std::map<std::uint64_t, const Environment::value_type*> numbered;
        for (const auto& variable : environment_) {
            if (!variable.first.starts_with(user_prefix)) {
                continue;
            }
            const auto number = parse_int<std::uint64_t>(
                std::string_view(variable.first).substr(user_prefix.size()));
            if (!number) {
                parsed_.remarks.push_back(
                    variable.first + " is ignored: variables of users are numbered, SYNC_USER1");
            } else if (!numbered.emplace(*number, &variable).second) {
                problem(variable.first + " has the number of another variable");
            }
        }
        if (numbered.empty()) {
            problem("there are no users: set SYNC_USER1=name:password");
        }
        for (const auto& [number, variable] : numbered) {
            parse_user(variable->first, variable->second);
        }
    }

    void parse_user(const std::string& variable, const std::string& value) {
        const auto colon = value.find(':');
        if (colon == std::string::npos) {
            problem(variable + " must have the form name:password");
            return;
        }
        const auto name = value.substr(0, colon);
        const auto password = value.substr(colon + 1);
        if (const auto why = name_problem(name); !why.empty()) {
            problem(fmt::format("{}: the name {}", variable, why));
        } else if (!names_.insert(name).second) {
            problem(variable + ": another variable has the same name");
        }
        auto verifier = parse_password(variable, password);
        config_.users.push_back({name, environment_host_key(value), std::move(verifier)});
    }

    PasswordVerifier parse_password(const std::string& variable, const std::string& password) {
        if (password.empty()) {
            problem(variable + ": the password is empty");
            return {};
        }
        if (!config_.passwords_hashed) {
            return PasswordVerifier(Password(password));
        }
        auto hash = parse_password_hash(password);
        if (!hash) {
            // A `$` that a shell or a compose file has eaten is the usual cause.
            problem(
                fmt::format("{}: PASSWORDS_HASHED is set, but the password hash cannot be used: "
                            "{}; is each $ quoted?",
                            variable, hash.error().context));
            return {};
        }
        return PasswordVerifier(std::move(hash).value());
    }

    const Environment& environment_;
    ParsedConfig parsed_;
    Config& config_ = parsed_.config;
    std::set<std::string> names_;
};

}  // namespace

std::size_t Config::upload_unpacked_bytes_max() const {
    return std::min<std::size_t>(upload_packed_bytes_max * limits::upload_unpacked_factor,
                                 limits::response_bytes_max);
}

Environment environment_of(const char* const* variables) {
    Environment environment;
    for (; *variables != nullptr; ++variables) {
        const std::string_view variable = *variables;
        const auto equals = variable.find('=');
        if (equals != std::string_view::npos) {
            environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
        }
    }
    return environment;
}

ParsedConfig parse_config(const Environment& environment) { return Parser(environment).parse(); }

std::filesystem::path parse_base(const Environment& environment,
                                 std::vector<std::string>& problems) {
    const auto* base = find(environment, "SYNC_BASE");
    if (base != nullptr && !base->empty()) {
        return *base;
    }
    const auto* home = find(environment, "HOME");
    if (base != nullptr || home == nullptr || home->empty()) {
        problems.emplace_back("there is no folder for the data: set SYNC_BASE");
        return {};
    }
    return std::filesystem::path(*home) / ".syncserver";
}

Result<std::filesystem::path> base_folder(const Environment& environment) {
    std::vector<std::string> problems;
    auto base = parse_base(environment, problems);
    if (!problems.empty()) {
        return fail(ErrorKind::malformed, problems.front());
    }
    return base;
}

std::string_view name_problem(std::string_view name) {
    if (name.empty()) {
        return "is empty";
    }
    if (!files::is_file_name(name) || name.starts_with(backup::own_name_prefix)) {
        return "cannot be the name of a folder";
    }
    if (name.size() > file_name_bytes_max) {
        return "is too long for the name of a folder";
    }
    return {};
}

std::string describe(const Config& config) {
    std::string names;
    for (const auto& user : config.users) {
        names += names.empty() ? "" : ", ";
        names += user.name;
    }
    const auto header = address_header(config.ip_source);
    const auto host = config.host.is_v6() ? fmt::format("[{}]", config.host.to_string())
                                          : config.host.to_string();
    return fmt::format(
        "address:      http://{}:{}/\n"
        "data folder:  {}\n"
        "uploads:      at most {} MiB, {} MiB unpacked\n"
        "client IPs:   {}\n"
        "passwords:    {}\n"
        "users:        {} ({})\n",
        host, config.port, config.base.string(), config.upload_packed_bytes_max / limits::mib,
        config.upload_unpacked_bytes_max() / limits::mib,
        header.empty() ? "of the connection" : header, config.passwords_hashed ? "hashed" : "plain",
        config.users.size(), names);
}

}  // namespace ankiwire::server
