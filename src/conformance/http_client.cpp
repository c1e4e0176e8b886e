#include "conformance/http_client.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <set>
#include <stdexcept>
#include <type_traits>
#include <variant>

namespace ankiwire::conformance {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::string_view head = "HEAD";
constexpr std::uint64_t reply_bytes_max = std::uint64_t{4} << 30;

// The body in chunks, without the last one if the connection breaks.
std::string chunks_of(std::string_view body, bool breaks) {
    constexpr std::size_t piece_bytes = std::size_t{64} * 1024;
    std::string bytes;
    for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
        const auto piece = body.substr(at, piece_bytes);
        std::string size(16, '\0');
        size.resize(
            static_cast<std::size_t>(std::snprintf(size.data(), size.size(), "%zx", piece.size())));
        bytes += size + "\r\n";
        bytes += piece;
        bytes += "\r\n";
    }
    return breaks ? bytes : bytes + "0\r\n\r\n";
}

// The message as it goes over the wire, its framing included.
std::string bytes_of(const HttpRequest& request, const Target& target) {
    if (request.is_raw) {
        return request.body;
    }
    // Without `Connection: close`: a server that closes before it has read the body's last chunk
    // resets the connection, and the end of a long reply is lost.
    std::string bytes = request.verb + " " + request.path +
                        " HTTP/1.1\r\nHost: " + authority(target.host, target.port) + "\r\n";
    for (const auto& [name, value] : request.headers) {
        bytes += name + ": " + value + "\r\n";
    }
    if (request.verb == "GET" || request.verb == head) {
        return bytes + "\r\n";
    }
    const auto body = std::string_view(request.body)
                          .substr(0, request.breaks_after.value_or(request.body.size()));
    if (!request.chunked) {
        bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
        return bytes.append(body);
    }
    return bytes + "Transfer-Encoding: chunked\r\n\r\n" +
           chunks_of(body, request.breaks_after.has_value());
}

HttpReply reply_of(http::response<http::string_body> message) {
    HttpReply reply{.status = message.result_int(), .headers = {}, .body = {}};
    for (const auto& field : message) {
        reply.headers.emplace(boost::algorithm::to_lower_copy(std::string(field.name_string())),
                              field.value());
    }
    reply.body = std::move(message.body());
    return reply;
}

// What is sent, and what is known of the reply.
struct Message {
    std::string bytes;
    bool breaks = false;  // the connection ends behind it
    bool reply_has_body = true;
};

// The first reply that is not only the announcement of another one.
template <class Stream>
asio::awaitable<HttpReply> read_reply(Stream& stream, bool has_body,
                                      boost::system::error_code& error) {
    boost::beast::flat_buffer buffer;
    HttpReply reply;
    do {
        http::response_parser<http::string_body> parser;
        parser.body_limit(reply_bytes_max);
        parser.skip(!has_body);
        co_await http::async_read(stream, buffer, parser,
                                  asio::redirect_error(asio::use_awaitable, error));
        reply = reply_of(parser.release());
    } while (!error && reply.status / 100 == 1);
    co_return reply;
}

template <class Stream>
asio::awaitable<void> send_all(Stream& stream, const std::string& bytes) {
    boost::system::error_code ignored;  // what the server says counts
    co_await asio::async_write(stream, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, ignored));
}

// As above, and then never ends by itself.
template <class Stream>
asio::awaitable<void> send_and_wait(Stream& stream, const std::string& bytes) {
    co_await send_all(stream, bytes);
    asio::steady_timer end(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
    co_await end.async_wait(asio::use_awaitable);
}

// A server may answer, and close or read no further, before everything is sent.
template <class Stream>
asio::awaitable<HttpReply> exchange(Stream& stream, const Message& message) {
    if (message.breaks) {
        co_await send_all(stream, message.bytes);
        co_return HttpReply{};
    }
    using asio::experimental::awaitable_operators::operator||;
    boost::system::error_code error;
    auto first = co_await (read_reply(stream, message.reply_has_body, error) ||
                           send_and_wait(stream, message.bytes));
    if (error) {
        throw boost::system::system_error(error);
    }
    co_return std::get<HttpReply>(std::move(first));
}

asio::ssl::context tls_context(const ClientOptions& options) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    context.set_default_verify_paths();
    if (!options.ca_file.empty()) {
        boost::system::error_code problem;
        context.load_verify_file(options.ca_file.string(), problem);
        if (problem) {
            throw std::runtime_error("no certificate can be read from " + options.ca_file.string() +
                                     ": " + problem.message());
        }
    }
    context.set_verify_mode(asio::ssl::verify_peer);
    return context;
}

// A certificate for any other is refused.
void expect_host(SSL* ssl, const std::string& host) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) != 1) {
        SSL_set1_host(ssl, host.c_str());
        SSL_set_tlsext_host_name(ssl, host.c_str());
    }
}

asio::awaitable<HttpReply> talk(const Target& target, const ClientOptions& options,
                                const Message& message) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto found =
        co_await resolver.async_resolve(target.host, target.port, asio::use_awaitable);
    if (!target.tls) {
        tcp::socket socket(executor);
        co_await asio::async_connect(socket, found, asio::use_awaitable);
        co_return co_await exchange(socket, message);
    }
    auto context = tls_context(options);
    asio::ssl::stream<tcp::socket> stream(executor, context);
    expect_host(stream.native_handle(), target.host);
    co_await asio::async_connect(stream.next_layer(), found, asio::use_awaitable);
    boost::system::error_code problem;
    co_await stream.async_handshake(asio::ssl::stream_base::client,
                                    asio::redirect_error(asio::use_awaitable, problem));
    if (const auto verified = SSL_get_verify_result(stream.native_handle());
        problem && verified != X509_V_OK) {
        throw std::runtime_error(std::string("the server's certificate is refused: ") +
                                 X509_verify_cert_error_string(verified));
    }
    if (problem) {
        throw std::runtime_error("no TLS: " + problem.message());
    }
    co_return co_await exchange(stream, message);
}

}  // namespace

Result<Target> parse_url(std::string_view url) {
    Target target;
    if (url.starts_with("https://")) {
        target.tls = true;
    } else if (!url.starts_with("http://")) {
        return fail(ErrorKind::malformed, "an address begins with http:// or https://");
    }
    url.remove_prefix(url.find("//") + 2);
    const auto slash = url.find('/');
    auto authority = url.substr(0, slash);
    target.path = slash == std::string_view::npos ? "/" : url.substr(slash);
    if (!target.path.ends_with('/')) {
        target.path += '/';
    }
    const auto colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    target.port = has_port ? authority.substr(colon + 1) : (target.tls ? "443" : "80");
    authority = has_port ? authority.substr(0, colon) : authority;
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    target.host = authority;
    if (target.host.empty() || target.port.empty()) {
        return fail(ErrorKind::malformed, "the address has no host");
    }
    return target;
}

std::string authority(const std::string& host, const std::string& port) {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
}

bool is_of_connection(std::string_view name) {
    static const std::set<std::string, std::less<>> names = {
        "connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding"};
    return names.contains(boost::algorithm::to_lower_copy(std::string(name)));
}

Result<HttpReply> HttpClient::send(const HttpRequest& request) const {
    std::optional<HttpReply> reply;
    std::exception_ptr problem;
    const Message message{.bytes = bytes_of(request, target_),
                          .breaks = request.breaks_after.has_value(),
                          .reply_has_body = request.verb != head};
    asio::io_context context(1);  // goes first, with whatever still runs
    asio::co_spawn(context, talk(target_, options_, message),
                   [&](std::exception_ptr thrown, HttpReply received) {
                       problem = std::move(thrown);
                       reply = std::move(received);
                   });
    context.run_for(options_.timeout);
    if (!reply) {
        return fail(ErrorKind::busy,
                    "no reply within " + std::to_string(options_.timeout.count()) + " s");
    }
    if (problem) {
        try {
            std::rethrow_exception(problem);
        } catch (const boost::system::system_error& error) {
            return fail(ErrorKind::busy, error.code().message());
        } catch (const std::exception& error) {
            return fail(ErrorKind::busy, error.what());
        }
    }
    return std::move(*reply);
}

}  // namespace ankiwire::conformance
