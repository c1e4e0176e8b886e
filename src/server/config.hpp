// What the environment says, under the names of the official server. A pure function of the
// variables: nothing is opened or looked up here. Invariant: no message contains a password.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "server/passwords.hpp"

namespace ankiwire::server {

// Where the address of a client behind a proxy is found (SYNC_IP_HEADER).
enum class IpSource {
    connect_info,
    x_real_ip,
    rightmost_x_forwarded_for,
    cf_connecting_ip,
    true_client_ip,
    fly_client_ip,
    cloud_front_viewer_address,
};

struct ConfiguredUser {
    std::string name;
    HostKey host_key;
    PasswordVerifier verifier;
};

struct Config {
    std::filesystem::path base;  // holds one folder for each user, of the user's name
    boost::asio::ip::address host;
    std::uint16_t port = 8080;
    std::size_t upload_packed_bytes_max = limits::upload_packed_bytes_default;
    IpSource ip_source = IpSource::connect_info;
    std::vector<ConfiguredUser> users;
    bool passwords_hashed = false;

    [[nodiscard]] std::size_t upload_unpacked_bytes_max() const;
};

using Environment = std::map<std::string, std::string, std::less<>>;
Environment environment_of(const char* const* variables);

struct ParsedConfig {
    Config config;                      // to be used only if there are no problems
    std::vector<std::string> problems;  // every misconfiguration, each a sentence
    std::vector<std::string> remarks;   // what is ignored, and why
};
ParsedConfig parse_config(const Environment& environment);
// The part of it that commands on a data folder need.
std::filesystem::path parse_base(const Environment& environment,
                                 std::vector<std::string>& problems);
Result<std::filesystem::path> base_folder(const Environment& environment);

// Why a user cannot have this name; empty if it is fine.
std::string_view name_problem(std::string_view name);

// What the server would do, for `ankiwire check-config`.
std::string describe(const Config& config);

}  // namespace ankiwire::server
