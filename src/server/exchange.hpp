// What passes between the HTTP side and the service: requests with a body that is read piece by
// piece, replies with a body that may be made piece by piece. No HTTP library in sight.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "server/packing.hpp"

namespace ankiwire::server {

inline constexpr std::size_t body_piece_bytes_max = std::size_t{64} * 1024;

enum class Verb { get, post, other };

struct RequestHead {
    Verb verb = Verb::other;
    std::string path;
    std::string query;                       // what follows `?`
    std::optional<std::string> sync_header;  // `anki-sync`
    std::string content_type;
    std::string address;  // the client's
};

class RequestBody {
public:
    RequestBody() = default;
    RequestBody(const RequestBody&) = delete;
    RequestBody& operator=(const RequestBody&) = delete;
    virtual ~RequestBody() = default;
    // The next piece, which lives until the next call; empty at the end. An error is final.
    virtual boost::asio::awaitable<Result<std::string_view>> next() = 0;
    [[nodiscard]] virtual Packing packing() const { return Packing::zstd; }
    // Of the reply to it.
    [[nodiscard]] Packing reply_packing() const {
        return packing() == Packing::zstd ? Packing::zstd : Packing::none;
    }
};

class ReplyBody {
public:
    ReplyBody() = default;
    ReplyBody(const ReplyBody&) = delete;
    ReplyBody& operator=(const ReplyBody&) = delete;
    virtual ~ReplyBody() = default;
    // The next piece; empty at the end. After an error the connection can only be broken off.
    virtual boost::asio::awaitable<Result<std::string>> next() = 0;
};

struct Reply {
    int status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::vector<std::pair<std::string_view, std::string>> headers;
    std::string body;
    std::unique_ptr<ReplyBody> stream;  // if set, instead of `body`
};

// What a request is known by in the log, as far as it was understood.
struct RequestNotes {
    std::string method;
    std::string user;
    std::string client;
    std::string session;
    std::string problem;
    bool quiet = false;  // not worth a line
    // To be called as soon as the sender is: until then its connection may be given up for another.
    std::function<void()> sender_is_known = [] {};
};

class RequestHandler {
public:
    RequestHandler() = default;
    RequestHandler(const RequestHandler&) = delete;
    RequestHandler& operator=(const RequestHandler&) = delete;
    virtual ~RequestHandler() = default;
    virtual boost::asio::awaitable<Reply> handle(const RequestHead& head, RequestBody& body,
                                                 RequestNotes& notes) = 0;
};

}  // namespace ankiwire::server
