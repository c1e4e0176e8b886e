// Requests of protocol 11, made before the clock starts, and what their replies must be.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "load/connection.hpp"
#include "wire/messages.hpp"

namespace ankiwire::load {

struct User {
    std::string name;
    std::string host_key;
};

struct Request {
    std::string bytes;    // its framing included
    std::string expects;  // what the unpacked reply begins with
    int status = 200;     // of the reply
};

// What a device asks, before it is a request of HTTP.
struct Call {
    wire::Method method;
    std::string body;
    std::string expects;
};

// As devices send it: zstd, in HTTP chunks.
Request request(const User& user, const Call& call);

// With the password `pass`; and with a wrong one.
Request log_in(const User& user);
Request guess(const User& user);
Call meta();
Call start(Usn usn, bool newer);
Call no_changes();
Call finish();
Request download_request(const User& user);

// What devices send most of.
RevlogEntry review(std::int64_t id, CardId card, Usn usn);

// The unpacked reply. Any but the expected one is an error.
Result<std::string> ask(Connection& connection, const Request& request);

// A reply of many bytes, which nobody unpacks while it comes: what a device does with it is not the
// server's.
struct Packed {
    // With memory for a reply that unpacks to so many bytes.
    explicit Packed(std::size_t plain_bytes);
    std::string bytes;
    std::string original_size;
};
Result<void> fetch(Connection& connection, const Request& request, Packed& reply);
// That it is whole, and unpacks to so many bytes.
Result<void> check_size(const Packed& reply, std::size_t plain_bytes);

}  // namespace ankiwire::load
