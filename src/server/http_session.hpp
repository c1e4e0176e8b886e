// One HTTP/1.1 connection: reads requests, hands them to the handler, writes its replies. Knows
// nothing of Anki. Invariants: whatever the peer sends or stops sending, the session ends within
// its time limits; memory is one piece of a body each way; keep-alive goes on only after a body
// that was read to its end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "server/config.hpp"
#include "server/exchange.hpp"

namespace ankiwire::server {

struct HttpLimits {
    std::chrono::milliseconds header_time = std::chrono::seconds(30);
    std::chrono::milliseconds idle_time = std::chrono::seconds(120);  // longer than clients keep it
    std::chrono::milliseconds body_stall_time = std::chrono::seconds(60);
    // A body that comes more slowly than this on the whole is not waited for.
    std::uint64_t body_bytes_per_second_min = 1024;  // R-LIM-10
    std::chrono::milliseconds linger_time = std::chrono::seconds(5);
    // All these times may take so much longer.
    std::chrono::milliseconds lateness_max = std::chrono::seconds(1);
    std::size_t header_bytes_max = std::size_t{16} * 1024;
    // Of a body that nobody wanted: read for linger_time so that the connection can be kept.
    std::size_t drain_bytes_max = std::size_t{1024} * 1024;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
    // Runs on the socket's executor, one thread at a time. The others outlive it.
    static std::shared_ptr<HttpSession> make(boost::asio::ip::tcp::socket socket,
                                             RequestHandler& handler, const HttpLimits& limits,
                                             IpSource ip_source);
    virtual ~HttpSession() = default;

    // Returns when the connection is closed.
    virtual boost::asio::awaitable<void> run() = 0;
    // Answers one request that the server is busy, and closes: for connections over the limit.
    virtual boost::asio::awaitable<void> refuse() = 0;

    // From any thread. Since when the connection is open, or idle, without a request whose sender
    // is known; nullopt: there is one.
    [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> waiting_since()
        const = 0;
    // The same, and it waits no longer: breaks it off.
    virtual void give_up() = 0;
    // From any thread, now and then: breaks it off if the peer has had its time. A timer for each
    // read and write would cost more than what is read and written.
    virtual void give_up_if_late(std::chrono::steady_clock::time_point now) = 0;
    // From any thread. Ends when the request that runs, if any, has been answered.
    virtual void stop() = 0;
    // Breaks the connection off.
    virtual void abort() = 0;
};

}  // namespace ankiwire::server
