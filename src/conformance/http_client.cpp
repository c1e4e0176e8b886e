#include "conformance/http_client.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <set>

namespace ankiwire::conformance {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

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
    std::string bytes = request.verb + " " + request.path + " HTTP/1.1\r\nHost: " + target.host +
                        ":" + target.port + "\r\n";
    for (const auto& [name, value] : request.headers) {
        bytes += name + ": " + value + "\r\n";
    }
    if (request.verb == "GET") {
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

// A server may answer, and close, before it has read everything: what it says counts.
template <class Stream>
asio::awaitable<HttpReply> exchange(Stream& stream, const std::string& bytes, bool breaks) {
    boost::system::error_code sending;
    co_await asio::async_write(stream, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, sending));
    if (breaks) {
        co_return HttpReply{};
    }
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(reply_bytes_max);
    co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
    co_return reply_of(parser.release());
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
                                const std::string& bytes, bool breaks) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::resolver resolver(executor);
    const auto found =
        co_await resolver.async_resolve(target.host, target.port, asio::use_awaitable);
    if (!target.tls) {
        tcp::socket socket(executor);
        co_await asio::async_connect(socket, found, asio::use_awaitable);
        co_return co_await exchange(socket, bytes, breaks);
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
    co_return co_await exchange(stream, bytes, breaks);
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

Result<HttpReply> HttpClient::send(const HttpRequest& request) const {
    std::optional<HttpReply> reply;
    std::exception_ptr problem;
    const auto bytes = bytes_of(request, target_);
    asio::io_context context(1);  // goes first, with whatever still runs
    asio::co_spawn(context, talk(target_, options_, bytes, request.breaks_after.has_value()),
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
bool is_of_connection(std::string_view name) {
    static const std::set<std::string, std::less<>> names = {
        "connection", "content-length", "expect", "host", "keep-alive", "transfer-encoding"};
    return names.contains(boost::algorithm::to_lower_copy(std::string(name)));
}

