// One HTTP/1.1 request, and its reply; with TLS if the address says so. Each has a connection of
// its own. Invariant: the bytes are as they are given: nothing is packed, followed or repeated.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ankiwire::conformance {

struct Target {
    bool tls = false;
    std::string host;
    std::string port;
    std::string path;  // a prefix, with a slash at its end
};

// http://host:port/prefix/ and the like. malformed: it is none.
Result<Target> parse_url(std::string_view url);

// HOST:PORT, as a URL and the header `Host` have it: an address of IPv6 is in brackets.
std::string authority(const std::string& host, const std::string& port);

// Whether a header is of one connection alone, whoever passes the message on:
// RFC 9110, 7.6.1.
bool is_of_connection(std::string_view name);

struct HttpRequest {
    std::string verb = "POST";
    std::string path;  // as it is sent
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    bool chunked = true;  // else with Content-Length
    bool is_raw = false;  // the body is the whole of what is sent
    // The connection is closed after that many bytes of the body; the reply's status is 0 then.
    std::optional<std::size_t> breaks_after;
};

struct HttpReply {
    unsigned status = 0;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

struct ClientOptions {
    std::filesystem::path ca_file;  // a certificate to trust, besides those of the system
    std::chrono::seconds timeout{30};
};

class HttpClient {
public:
    HttpClient(Target target, ClientOptions options)
        : target_(std::move(target)), options_(std::move(options)) {}

    // busy: no connection, no reply in time, or one that is no HTTP.
    [[nodiscard]] Result<HttpReply> send(const HttpRequest& request) const;
    [[nodiscard]] const Target& target() const { return target_; }

private:
    Target target_;
    ClientOptions options_;
};

}  // namespace ankiwire::conformance
