// One line in the log for each request, as name=value pairs. Invariant: what a peer chose is
// escaped, so that a line is a line; no password or key is ever among it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/config.hpp"
#include "server/exchange.hpp"

namespace ankiwire::server {

struct RequestOutcome {
    int status = 0;
    std::chrono::steady_clock::duration took{};
    std::uint64_t bytes_in = 0;  // of the bodies
    std::uint64_t bytes_out = 0;
    std::string address;
};

std::string request_line(const RequestNotes& notes, const RequestOutcome& outcome);

// The header that names the client's address; empty: only the connection does.
std::string_view address_header(IpSource source);
// The client's address from the value of that header; `connection` if it holds none.
std::string client_address(IpSource source, std::string_view header_value,
                           const std::string& connection);

}  // namespace ankiwire::server
