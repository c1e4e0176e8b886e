// `record` and `shadow`: proxies between a client and a server. The first writes down what passes;
// the second sends it to another server as well, and tells where that one's replies differ.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ankiwire::conformance {

struct ProxyArguments {
    std::string listen = "127.0.0.1:0";
    std::string to;
    std::string second;   // shadow: the other server
    std::string ca_file;  // a certificate to trust
    std::string out;      // record: the transcript
    std::string about;    // record: a sentence
    std::string server;   // record: what the server is
};

// Both run until SIGINT or SIGTERM. Errors are of the arguments, or of writing.
Result<void> record(const ProxyArguments& arguments);
Result<void> shadow(const ProxyArguments& arguments);

}  // namespace ankiwire::conformance
