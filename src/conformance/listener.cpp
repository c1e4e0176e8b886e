#include "conformance/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <utility>

namespace ankiwire::conformance {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t request_bytes_max = std::uint64_t{4} << 30;
constexpr std::size_t handlers_at_once = 16;

HttpRequest request_of(http::request<http::string_body> message) {
    HttpRequest request;
    request.verb = std::string(message.method_string());
    request.path = std::string(message.target());
    request.chunked = message.chunked();
    for (const auto& field : message) {
        request.headers.emplace_back(field.name_string(), field.value());
    }
    request.body = std::move(message.body());
    return request;
}

http::response<http::string_body> message_of(HttpReply reply, bool keep_alive) {
    http::response<http::string_body> message;
    message.version(11);
    message.result(reply.status);
    for (const auto& [name, value] : reply.headers) {
        if (!is_of_connection(name)) {
            message.insert(boost::beast::string_view(name.data(), name.size()), value);
        }
    }
    message.keep_alive(keep_alive);
    message.body() = std::move(reply.body);
    message.content_length(message.body().size());
    return message;
}

// What the handler says, on a thread where it may wait.
asio::awaitable<HttpReply> ask(const Listener::Handler& handler, HttpRequest request) {
    co_return handler(std::move(request));
}

}  // namespace

struct Listener::Parts {
    explicit Parts(Handler given) : handler(std::move(given)) {}

    asio::awaitable<void> accept() {
        while (true) {
            auto [error, socket] = co_await acceptor.async_accept(as_result);
            if (error == asio::error::operation_aborted) {
                co_return;
            }
            if (!error) {
                asio::co_spawn(context, serve(std::move(socket)), asio::detached);
            }
        }
    }

    asio::awaitable<void> serve(tcp::socket socket) {
        boost::beast::flat_buffer buffer;
        for (bool keep = true; keep;) {
            http::request_parser<http::string_body> parser;
            parser.body_limit(request_bytes_max);
            if (!co_await read(socket, buffer, parser)) {
                co_return;
            }
            keep = parser.get().keep_alive();
            auto reply = co_await asio::co_spawn(
                workers, ask(handler, request_of(parser.release())), asio::use_awaitable);
            const auto message = message_of(std::move(reply), keep);
            const auto [error, size] = co_await http::async_write(socket, message, as_result);
            keep = keep && !error;
        }
    }

    // False: there is no further request.
    static asio::awaitable<bool> read(tcp::socket& socket, boost::beast::flat_buffer& buffer,
                                      http::request_parser<http::string_body>& parser) {
        const auto [error, size] =
            co_await http::async_read_header(socket, buffer, parser, as_result);
        if (error) {
            co_return false;
        }
        if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
            static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await asio::async_write(socket, asio::buffer(line), as_result);
        }
        const auto [body_error, body_size] =
            co_await http::async_read(socket, buffer, parser, as_result);
        co_return !body_error;
    }

    Handler handler;
    asio::io_context context{1};
    tcp::acceptor acceptor{context};
    asio::signal_set ends{context};
    asio::thread_pool workers{handlers_at_once};
};

Listener::Listener(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Listener::~Listener() {
    parts_->context.stop();
    parts_->workers.join();  // handlers end before what they use
}

Result<std::unique_ptr<Listener>> Listener::open(const std::string& address, Handler handler) {
    const auto target = parse_url("http://" + address);
    if (!target) {
        return fail(ErrorKind::malformed, address + " is not an address such as 127.0.0.1:8080");
    }
    auto parts = std::make_unique<Parts>(std::move(handler));
    boost::system::error_code error;
    const auto found = tcp::resolver(parts->context).resolve(target->host, target->port, error);
    if (!error && !found.empty()) {
        const tcp::endpoint endpoint = *found.begin();
        parts->acceptor.open(endpoint.protocol(), error);
        if (!error) {
            parts->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
            parts->acceptor.bind(endpoint, error);
        }
        if (!error) {
            parts->acceptor.listen(asio::socket_base::max_listen_connections, error);
        }
    }
    if (error) {
        return fail(ErrorKind::busy, address + ": " + error.message());
    }
    return std::unique_ptr<Listener>(new Listener(std::move(parts)));
}

std::string Listener::address() const {
    const auto endpoint = parts_->acceptor.local_endpoint();
    return authority(endpoint.address().to_string(), std::to_string(endpoint.port()));
}

void Listener::run(bool signals) {
    auto& ends = parts_->ends;
    if (signals) {
        ends.add(SIGINT);
        ends.add(SIGTERM);
        ends.async_wait([this](const boost::system::error_code& error, int) {
            if (!error) {
                parts_->context.stop();
            }
        });
    }
    asio::co_spawn(parts_->context, parts_->accept(), asio::detached);
    parts_->context.run();
}

void Listener::stop() { parts_->context.stop(); }

}  // namespace ankiwire::conformance
