// A small HTTP/1.1 server: reads whole requests, asks its handler, writes whole replies. Each
// connection has its requests answered one after the other; connections do not wait for each other.
// Invariant: a reply goes out as the handler gave it, but for its framing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "conformance/http_client.hpp"

namespace ankiwire::conformance {

class Listener {
public:
    // Called on one of several threads; may take its time.
    using Handler = std::function<HttpReply(HttpRequest)>;

    // On HOST:PORT, with 0 as any free port. busy, malformed: it cannot listen there.
    static Result<std::unique_ptr<Listener>> open(const std::string& address, Handler handler);

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener();

    // HOST:PORT
    [[nodiscard]] std::string address() const;
    // Serves until stop(), or SIGINT or SIGTERM if `signals`; further ones do nothing as long as
    // this object lives.
    void run(bool signals);
    // From any thread.
    void stop();

private:
    struct Parts;
    explicit Listener(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace ankiwire::conformance
