#include "load/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace ankiwire::load {
namespace {

constexpr std::size_t piece_bytes = std::size_t{128} * 1024;
constexpr time_t seconds_max = 300;

Error broken(std::string_view what) {
    return fail(ErrorKind::busy, std::string(what) + ": " + std::strerror(errno));
}

// The value, if the line is this header; its name is given in lower case.
bool is_header(std::string_view line, std::string_view name, std::string_view& value) {
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        !std::equal(name.begin(), name.end(), line.begin(),
                    [](char a, char b) { return a == std::tolower(b); })) {
        return false;
    }
    value = line.substr(name.size() + 1);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    return true;
}

Result<std::size_t> number_in(std::string_view text, int base) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end == text.data()) {
        return fail(ErrorKind::malformed, "no number in a reply: " + std::string(text));
    }
    return number;
}

}  // namespace

Result<Connection> Connection::open(std::uint16_t port) {
    Connection connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    const timeval patience{.tv_sec = seconds_max, .tv_usec = 0};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connection.socket_ < 0 ||
        ::setsockopt(connection.socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        ::setsockopt(connection.socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) !=
            0 ||
        ::connect(connection.socket_, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) != 0) {
        return broken("no connection");
    }
    return connection;
}

Connection::Connection(Connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)),
      at_(other.at_) {}

Connection::~Connection() {
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

Result<void> Connection::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            return broken("not sent");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<void> Connection::fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    const auto kept = buffer_.size();
    buffer_.resize(kept + piece_bytes);
    const auto received = ::recv(socket_, buffer_.data() + kept, piece_bytes, 0);
    buffer_.resize(kept + static_cast<std::size_t>(std::max<ssize_t>(received, 0)));
    if (received == 0) {
        return fail(ErrorKind::busy, "the connection was closed before the reply's end");
    }
    return received < 0 ? Result<void>(broken("no reply")) : Result<void>();
}

Result<std::string_view> Connection::line() {
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n", at_)) == std::string::npos) {
        TRY(fill());
    }
    const auto found = std::string_view(buffer_).substr(at_, end - at_);
    at_ = end + 2;
    return found;
}

Result<void> Connection::read(std::size_t bytes, const ByteSink& sink) {
    while (bytes > 0) {
        if (at_ == buffer_.size()) {
            TRY(fill());
        }
        const auto piece = std::string_view(buffer_).substr(at_, bytes);
        TRY(sink(piece));
        at_ += piece.size();
        bytes -= piece.size();
    }
    return {};
}

Result<void> Connection::read_chunks(const ByteSink& sink) {
    std::size_t bytes = 0;
    do {
        TRY_ASSIGN(const auto size, line());
        TRY_ASSIGN(bytes, number_in(size, 16));
        TRY(read(bytes, sink));
        TRY(line());
    } while (bytes > 0);
    return {};
}

Result<ReplyHead> Connection::receive(const ByteSink& sink) {
    ReplyHead head;
    TRY_ASSIGN(const auto status, line());
    constexpr std::string_view protocol = "HTTP/1.1 ";
    if (!status.starts_with(protocol)) {
        return fail(ErrorKind::malformed, "no reply: " + std::string(status));
    }
    TRY_ASSIGN(const auto number, number_in(status.substr(protocol.size()), 10));
    head.status = static_cast<int>(number);
    std::size_t length = 0;
    bool is_chunked = false;
    for (bool in_head = true; in_head;) {
        TRY_ASSIGN(const auto header, line());
        in_head = !header.empty();
        std::string_view value;
        if (is_header(header, "content-length", value)) {
            TRY_ASSIGN(length, number_in(value, 10));
        } else if (is_header(header, "transfer-encoding", value)) {
            is_chunked = value == "chunked";
        } else if (is_header(header, "anki-original-size", value)) {
            head.original_size = value;
        }
    }
    TRY(is_chunked ? read_chunks(sink) : read(length, sink));
    return head;
}

}  // namespace ankiwire::load
