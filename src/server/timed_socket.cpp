#include "server/timed_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace ankiwire::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

std::string text_of(asio::ip::address address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address.to_string();
}

}  // namespace

TimedSocket::TimedSocket(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {
    beast::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    peer_address_ = text_of(socket_.remote_endpoint(ignored).address());
}

asio::awaitable<beast::error_code> TimedSocket::read_some(beast::flat_buffer& buffer,
                                                          std::size_t bytes_max,
                                                          Clock::time_point until) {
    const Limit limit(*this, until);
    const auto [error, size] = co_await socket_.async_read_some(
        buffer.prepare(bytes_max), asio::as_tuple(asio::use_awaitable));
    buffer.commit(size);
    co_return error;
}

void TimedSocket::end_sending() {
    beast::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void TimedSocket::close() {
    const std::lock_guard lock(mutex_);
    beast::error_code ignored;
    socket_.close(ignored);
}

void TimedSocket::break_off() {
    const std::lock_guard lock(mutex_);
    beast::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
}

void TimedSocket::break_off_if_late(Clock::time_point now) {
    if (deadline_.load() < now) {
        break_off();
    }
}

}  // namespace ankiwire::server
