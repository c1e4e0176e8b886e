// A connection to a peer that has a limited time for each read and write, and that any thread can
// break off. The time is looked at now and then: a timer for each read and write would cost more
// than what is read and written.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace ankiwire::server {

class TimedSocket {
public:
    using Clock = std::chrono::steady_clock;

    // Writes that do not wait say would_block.
    explicit TimedSocket(boost::asio::ip::tcp::socket socket);

    // Whoever waits for it holds the peer to a Limit.
    boost::asio::ip::tcp::socket& socket() { return socket_; }
    // As text; an IPv4 peer of an IPv6 socket is named by its IPv4 address.
    [[nodiscard]] const std::string& peer_address() const { return peer_address_; }

    // While it lives, the peer has until then.
    class Limit {
    public:
        Limit(TimedSocket& of, Clock::time_point until) : deadline_(of.deadline_) {
            deadline_ = until;
        }
        Limit(const Limit&) = delete;
        Limit& operator=(const Limit&) = delete;
        ~Limit() { deadline_ = Clock::time_point::max(); }

    private:
        std::atomic<Clock::time_point>& deadline_;
    };

    // Waits for more of what the peer sends, at most so much.
    boost::asio::awaitable<boost::beast::error_code> read_some(boost::beast::flat_buffer& buffer,
                                                               std::size_t bytes_max,
                                                               Clock::time_point until);
    // The peer is told that nothing more comes.
    void end_sending();
    void close();

    // From any thread: what waits for the peer then fails.
    void break_off();
    void break_off_if_late(Clock::time_point now);

private:
    boost::asio::ip::tcp::socket socket_;
    std::string peer_address_;
    std::atomic<Clock::time_point> deadline_ = Clock::time_point::max();  // max: nobody waits
    std::mutex mutex_;  // a socket must not be closed while it is shut down
};

}  // namespace ankiwire::server
