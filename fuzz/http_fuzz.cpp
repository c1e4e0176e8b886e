// Contract of an HTTP connection, for any bytes of a peer that then closes its side: the session
// ends; what comes back are whole replies, at most one for each request and one more; the requests
// hold no more than the bytes, and are the same however these are cut into pieces. (Whether it is
// said that what follows is no HTTP is not: of a head without an end Beast may know it, or wait.)
// The first byte is the size of the pieces, the second what the handler does: whether it reads the
// body, whether its reply is a stream.
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "server/http_session.hpp"

using namespace ankiwire;
using namespace ankiwire::server;

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr std::uint8_t leaves_the_body = 1;
constexpr std::uint8_t streams_the_reply = 2;

class TextStream final : public ReplyBody {
public:
    explicit TextStream(std::string text) : text_(std::move(text)) {}
    asio::awaitable<Result<std::string>> next() override { co_return std::exchange(text_, {}); }

private:
    std::string text_;
};

// Answers with what it was asked.
class Echo final : public RequestHandler {
public:
    explicit Echo(std::uint8_t mode) : mode_(mode) {}

    asio::awaitable<Reply> handle(const RequestHead& head, RequestBody& body,
                                  RequestNotes& notes) override {
        notes.method = "echo";
        Reply reply;
        auto& text =
            requests.emplace_back(head.path + '\n' + head.query + '\n' +
                                  head.sync_header.value_or("") + '\n' + head.content_type + '\n');
        text += std::to_string(static_cast<int>(head.verb));
        bytes += head.path.size();
        while ((mode_ & leaves_the_body) == 0) {
            const auto piece = co_await body.next();
            if (!piece) {
                reply.status = 400;
                text += "it broke off";
                break;
            }
            if (piece->empty()) {
                break;
            }
            CHECK(piece->size() <= body_piece_bytes_max);
            bytes += piece->size();
            text += *piece;
        }
        reply.body = text;
        if ((mode_ & streams_the_reply) != 0) {
            reply.stream = std::make_unique<TextStream>(std::exchange(reply.body, {}));
        }
        co_return reply;
    }

    std::vector<std::string> requests;  // as they were told
    std::size_t bytes = 0;              // of paths and bodies

private:
    std::uint8_t mode_;
};

struct Heard {
    std::vector<std::string> requests;
    std::string replies;
};

class Peer {
public:
    Peer() {
        CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data()) ==
              0);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() { ::close(ends_[0]); }

    // For the session, which closes it.
    [[nodiscard]] int other_end() const { return ends_[1]; }

    // False: not now. The session may have closed: what it does not want is gone.
    bool send(std::string_view piece, std::size_t& sent) {
        const auto size = ::send(ends_[0], piece.data(), piece.size(), MSG_NOSIGNAL);
        sent += size < 0 ? 0 : static_cast<std::size_t>(size);
        return size >= 0;
    }
    void end() { ::shutdown(ends_[0], SHUT_WR); }
    void receive(std::string& text) {
        std::array<char, 4096> buffer{};
        for (ssize_t size = 0; (size = ::recv(ends_[0], buffer.data(), buffer.size(), 0)) > 0;) {
            text.append(buffer.data(), static_cast<std::size_t>(size));
        }
    }

private:
    std::array<int, 2> ends_{};
};

Heard talk(std::string_view bytes, std::size_t piece_bytes, std::uint8_t mode) {
    // A peer that is this quick has to wait for nothing.
    const HttpLimits limits{.header_bytes_max = 1024};
    asio::io_context io(1);
    Peer peer;
    Echo handler(mode);
    asio::ip::tcp::socket socket(io, asio::ip::tcp::v4(), peer.other_end());
    const auto session =
        HttpSession::make(std::move(socket), handler, limits, IpSource::rightmost_x_forwarded_for);
    bool ended = false;
    asio::co_spawn(io, session->run(), [&ended](const std::exception_ptr& exception) {
        CHECK(!exception);
        ended = true;
    });
    Heard heard;
    for (std::size_t sent = 0; sent < bytes.size() && !ended;) {
        peer.send(bytes.substr(sent, piece_bytes), sent);
        io.poll();
        peer.receive(heard.replies);
    }
    peer.end();
    while (!ended) {
        io.run_one();
        peer.receive(heard.replies);
    }
    peer.receive(heard.replies);
    heard.requests = std::move(handler.requests);
    CHECK(handler.bytes <= bytes.size());
    return heard;
}

void check_replies(const Heard& heard, std::string_view bytes) {
    std::size_t replies = 0;
    std::string_view rest = heard.replies;
    while (!rest.empty()) {
        http::response_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        // Its reply has a length and no body.
        const bool to_head = bytes.find("HEAD ") != bytes.npos;
        boost::system::error_code error;
        parser.eager(true);
        rest.remove_prefix(parser.put(asio::buffer(rest.data(), rest.size()), error));
        if (to_head) {
            return;
        }
        CHECK(!error || error == http::error::need_more);
        if (!parser.is_done()) {  // up to the end of the connection
            parser.put_eof(error);
            CHECK(!error && rest.empty());
        }
        const auto status = parser.get().result_int();
        CHECK(status == 100 || status == 200 || status == 400 || status == 431);
        replies += status == 100 ? 0 : 1;
    }
    CHECK(replies <= heard.requests.size() + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    spdlog::set_level(spdlog::level::off);
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto whole = talk(bytes, bytes.size() + 1, data[1]);
    const auto pieces = talk(bytes, std::size_t{data[0]} + 1, data[1]);
    check_replies(whole, bytes);
    check_replies(pieces, bytes);
    CHECK(whole.requests == pieces.requests);
    return 0;
}
