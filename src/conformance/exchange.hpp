// What passes between a client and a server, and what it means: requests of protocol 11 with their
// header, and of 8 to 10 as forms, both unpacked.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/http_client.hpp"

namespace ankiwire::conformance {

struct Exchange {
    HttpRequest request;
    HttpReply reply;
};

// Sends the request on, below the path of the client's target. busy: there is no reply.
Result<HttpReply> forward(const HttpClient& client, HttpRequest request);

struct Call {
    std::string method;
    std::string verb;
    bool is_form = false;
    std::string parts;    // of a form: their names in order, as the option `parts` has them
    bool has_end = true;  // of a form: its last boundary
    std::string key;      // empty: there is none
    std::string session;  // the same
    std::string client;   // its version, as it calls itself; the same
    std::string body;     // unpacked
};

// malformed: it is no request of the sync protocol.
Result<Call> read_call(const HttpRequest& request);

// The last segment of the path that is not empty.
std::string method_of(std::string_view path);

}  // namespace ankiwire::conformance
