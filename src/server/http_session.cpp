#include "server/http_session.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <mutex>
#include <string>

#include "server/request_log.hpp"
#include "server/timed_socket.hpp"

namespace ankiwire::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr unsigned http_1_1 = 11;
constexpr std::size_t header_read_bytes = 2048;
constexpr std::size_t first_piece_bytes = std::size_t{4} * 1024;

using Parser = http::request_parser<http::buffer_body>;
using Clock = TimedSocket::Clock;

Verb verb_of(http::verb verb) {
    switch (verb) {
        case http::verb::get:
        case http::verb::head:
            return Verb::get;
        case http::verb::post:
            return Verb::post;
        default:
            return Verb::other;
    }
}

RequestHead head_of(const Parser::value_type& request) {
    const std::string target(request.target());
    const auto path_end = std::min(target.find('?'), target.size());
    RequestHead head{.verb = verb_of(request.method()),
                     .path = target.substr(0, path_end),
                     .query = target.substr(std::min(path_end + 1, target.size())),
                     .sync_header = std::nullopt,
                     .content_type = std::string(request[http::field::content_type]),
                     .address = {}};
    if (const auto found = request.find("anki-sync"); found != request.end()) {
        head.sync_header = std::string(found->value());
    }
    return head;
}

spdlog::level::level_enum level_of(int status) {
    if (status == 503) {
        return spdlog::level::warn;
    }
    return status >= 500 ? spdlog::level::err : spdlog::level::info;
}

class Session final : public HttpSession, private RequestBody {
public:
    Session(asio::ip::tcp::socket socket, RequestHandler& handler, const HttpLimits& limits,
            IpSource ip_source)
        : connection_(std::move(socket)),
          handler_(handler),
          limits_(limits),
          ip_source_(ip_source) {}

    asio::awaitable<void> run() override {
        const auto self = shared_from_this();
        while (co_await read_header(limits_.idle_time)) {
            if (!begin_answer()) {
                break;
            }
            const bool keep = co_await answer();
            if (!keep) {
                co_await linger();
            }
            if (!end_answer() || !keep) {
                break;
            }
        }
        connection_.close();  // now, whoever still holds this session
    }

    asio::awaitable<void> refuse() override {
        const auto self = shared_from_this();
        if (co_await read_header(limits_.linger_time)) {
            Reply reply{.status = 503,
                        .headers = {{"Retry-After", "5"}},
                        .body = "503: too many connections",
                        .stream = nullptr};
            co_await write(reply, /*keep_alive=*/false);
            spdlog::warn("a connection too many from {}", connection_.peer_address());
            co_await linger();
        }
        connection_.close();
    }

    [[nodiscard]] std::optional<Clock::time_point> waiting_since() const override {
        const auto since = waiting_since_.load();
        return since == Clock::time_point::max() ? std::nullopt : std::optional(since);
    }

    void give_up() override {
        waiting_since_ = Clock::time_point::max();
        abort();
    }

    void give_up_if_late(Clock::time_point now) override { connection_.break_off_if_late(now); }

    void stop() override {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        if (!answering_) {
            connection_.break_off();
        }
    }

    void abort() override { connection_.break_off(); }

private:
    // False: the server stops.
    bool begin_answer() {
        const std::lock_guard lock(mutex_);
        answering_ = !stopping_;
        return answering_;
    }
    bool end_answer() {
        const std::lock_guard lock(mutex_);
        answering_ = false;
        return !stopping_;
    }
    bool is_stopping() {
        const std::lock_guard lock(mutex_);
        return stopping_;
    }

    asio::awaitable<beast::error_code> fill(std::size_t bytes_max, Clock::time_point until) {
        return connection_.read_some(buffer_, bytes_max, until);
    }
    // Gives the parser what there is; need_more: that is not enough.
    beast::error_code parse() {
        beast::error_code error = http::error::need_more;
        if (buffer_.size() > 0) {
            const auto bytes = parser_->put(buffer_.data(), error);
            buffer_.consume(bytes);
            parsed_bytes_ += bytes;
        }
        return error;
    }

    // False: there is no further request.
    asio::awaitable<bool> read_header(std::chrono::milliseconds first_byte_time) {
        if (buffer_.size() == 0) {
            buffer_.shrink_to_fit();
            const auto error = co_await fill(header_read_bytes, Clock::now() + first_byte_time);
            if (error) {
                co_return false;
            }
        }
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
        parser_->body_limit(boost::none);  // the handler has limits of its own
        parsed_bytes_ = 0;
        const auto until = Clock::now() + limits_.header_time;
        auto error = parse();
        while (error == http::error::need_more) {
            error = co_await fill(header_read_bytes, until);
            if (error) {
                co_return false;
            }
            error = parse();
        }
        // Beast takes a longer one if it has all of it at once.
        if (!error && parsed_bytes_ > limits_.header_bytes_max) {
            error = http::error::header_limit;
        }
        if (error == http::error::header_limit) {
            co_await refuse_header(431, "431: the header is too large");
        } else if (error) {
            co_await refuse_header(400, "400: not HTTP");
        }
        co_return !error;
    }

    asio::awaitable<void> refuse_header(int status, std::string text) {
        RequestNotes notes;
        notes.problem = text;
        Reply reply{.status = status, .headers = {}, .body = std::move(text), .stream = nullptr};
        co_await write(reply, /*keep_alive=*/false);
        spdlog::info("{}", request_line(notes, {.status = status,
                                                .took = {},
                                                .address = connection_.peer_address()}));
        co_await linger();
    }

    // False: the connection cannot be used any more.
    asio::awaitable<bool> answer() {
        bytes_in_ = bytes_out_ = 0;
        const auto started = Clock::now();
        body_started_ = started;
        waiting_since_ = started;
        drain_until_ = Clock::time_point::max();
        const auto& request = parser_->get();
        continue_expected_ = beast::iequals(request[http::field::expect], "100-continue");
        auto head = head_of(request);
        head.address =
            client_address(ip_source_, address_header_value(request), connection_.peer_address());
        RequestOutcome outcome;
        outcome.address = head.address;

        RequestNotes notes;
        notes.sender_is_known = [this] { waiting_since_ = Clock::time_point::max(); };
        Reply reply = co_await handle(head, notes);
        const bool drained = co_await drain();
        const bool keep = drained && parser_->keep_alive() && !is_stopping();
        const bool written = co_await write(reply, keep);
        reply.stream.reset();
        piece_.reset();

        outcome.status = reply.status;
        outcome.took = Clock::now() - started;
        outcome.bytes_in = bytes_in_;
        outcome.bytes_out = bytes_out_;
        if (!written && notes.problem.empty()) {
            notes.problem = "the reply broke off";
        }
        if (!notes.quiet) {
            spdlog::log(level_of(outcome.status), "{}", request_line(notes, outcome));
        }
        waiting_since_ = Clock::now();
        co_return keep&& written;
    }

    // The last line of that name: the nearest proxy's own.
    [[nodiscard]] std::string address_header_value(const Parser::value_type& request) const {
        std::string value;
        const auto lines = request.equal_range(to_beast(address_header(ip_source_)));
        for (auto line = lines.first; line != lines.second; ++line) {
            value = std::string(line->value());
        }
        return value;
    }

    // What is thrown (no memory) ends this request alone.
    asio::awaitable<Reply> handle(const RequestHead& head, RequestNotes& notes) {
        try {
            co_return co_await handler_.handle(head, *this, notes);
        } catch (const std::exception& exception) {
            notes.problem = exception.what();
        }
        co_return Reply{
            .status = 500, .headers = {}, .body = "500: the server failed", .stream = nullptr};
    }

    // Until when the next bytes of the body have to come.
    [[nodiscard]] Clock::time_point body_deadline() const {
        const std::chrono::seconds earned(bytes_in_ / limits_.body_bytes_per_second_min);
        const auto started = std::min(Clock::now(), body_started_ + earned);
        return std::min(started + limits_.body_stall_time, drain_until_);
    }

    asio::awaitable<Result<std::string_view>> next() override {
        if (parser_->is_done()) {
            co_return std::string_view();
        }
        if (broken_) {
            co_return fail(ErrorKind::malformed, "the connection broke off");
        }
        if (std::exchange(continue_expected_, false)) {
            static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
            const TimedSocket::Limit limit(connection_, body_deadline());
            co_await asio::async_write(connection_.socket(), asio::buffer(line), as_result);
        }
        make_room_for_piece();
        auto& body = parser_->get().body();
        std::size_t filled = 0;
        while (!parser_->is_done() && filled < piece_bytes_) {
            body.data = piece_.get() + filled;
            body.size = piece_bytes_ - filled;
            auto error = parse();
            const auto more = piece_bytes_ - body.size - filled;
            filled += more;
            bytes_in_ += more;
            if (error == http::error::need_more) {
                error = co_await fill(body_read_bytes(), body_deadline());
            }
            if (error && error != http::error::need_buffer) {
                broken_ = true;
                co_return fail(ErrorKind::malformed, "the body broke off: " + error.message());
            }
        }
        co_return std::string_view(piece_.get(), filled);
    }

    // Most bodies are short; of a long one pieces and reads are long.
    void make_room_for_piece() {
        if (piece_ && piece_bytes_ == body_piece_bytes_max) {
            return;
        }
        if (piece_) {
            buffer_.reserve(body_piece_bytes_max);
        }
        piece_bytes_ = piece_ ? body_piece_bytes_max : first_piece_bytes;
        piece_ = std::make_unique_for_overwrite<char[]>(piece_bytes_);
    }
    [[nodiscard]] std::size_t body_read_bytes() const {
        return std::max(header_read_bytes, buffer_.capacity() - buffer_.size());
    }

    // Reads what the handler has left of the body. True: the connection can be used further.
    asio::awaitable<bool> drain() {
        drain_until_ = Clock::now() + limits_.linger_time;
        for (std::size_t drained = 0; !parser_->is_done();) {
            if (broken_ || continue_expected_ || drained > limits_.drain_bytes_max) {
                co_return false;
            }
            const auto piece = co_await next();
            drained += piece ? piece->size() : 0;
        }
        co_return true;
    }

    // Closes so that a peer which still sends gets to read the reply: a plain close would make
    // its kernel throw the reply away.
    asio::awaitable<void> linger() {
        connection_.end_sending();
        const auto until = Clock::now() + limits_.linger_time;
        for (beast::error_code error; !error;) {
            buffer_.clear();
            error = co_await fill(header_read_bytes, until);
        }
    }

    template <class Body>
    http::response<Body> response_for(const Reply& reply, bool keep_alive) const {
        http::response<Body> response;
        response.version(parser_->get().version() < http_1_1 ? 10 : http_1_1);
        response.result(static_cast<unsigned>(reply.status));
        response.set(http::field::content_type, to_beast(reply.content_type));
        for (const auto& [name, value] : reply.headers) {
            response.set(to_beast(name), value);
        }
        response.keep_alive(keep_alive);
        return response;
    }

    static beast::string_view to_beast(std::string_view text) { return {text.data(), text.size()}; }

    // False: the connection is broken.
    asio::awaitable<bool> write(Reply& reply, bool keep_alive) {
        if (reply.stream) {
            co_return co_await write_stream(reply, keep_alive);
        }
        if (reply.body.size() > body_piece_bytes_max) {
            co_return co_await write_in_pieces(reply, keep_alive);
        }
        auto response = response_for<http::string_body>(reply, keep_alive);
        response.content_length(reply.body.size());
        if (parser_->get().method() != http::verb::head) {
            response.body() = std::move(reply.body);
        }
        bytes_out_ = response.body().size();
        http::response_serializer<http::string_body> serializer(response);
        beast::error_code error;
        // Most replies fit into the socket's buffer.
        http::write(connection_.socket(), serializer, error);
        if (error == asio::error::would_block) {
            const TimedSocket::Limit limit(connection_, stall_deadline());
            const auto [late_error, size] =
                co_await http::async_write(connection_.socket(), serializer, as_result);
            error = late_error;
        }
        co_return !error;
    }

    // Of one piece of a reply.
    [[nodiscard]] Clock::time_point stall_deadline() const {
        return Clock::now() + limits_.body_stall_time;
    }

    template <class Body>
    asio::awaitable<beast::error_code> write_head(http::response<Body>& response) {
        http::response_serializer<Body> serializer(response);
        const TimedSocket::Limit limit(connection_, stall_deadline());
        const auto [error, size] =
            co_await http::async_write_header(connection_.socket(), serializer, as_result);
        co_return error;
    }

    // A long body: the peer has the time limit for each piece anew.
    asio::awaitable<bool> write_in_pieces(const Reply& reply, bool keep_alive) {
        auto response = response_for<http::empty_body>(reply, keep_alive);
        response.content_length(reply.body.size());
        auto error = co_await write_head(response);
        for (std::string_view rest = reply.body; !rest.empty() && !error;) {
            const auto piece = rest.substr(0, body_piece_bytes_max);
            const TimedSocket::Limit limit(connection_, stall_deadline());
            const auto [piece_error, size] =
                co_await asio::async_write(connection_.socket(), asio::buffer(piece), as_result);
            error = piece_error;
            bytes_out_ += size;
            rest.remove_prefix(piece.size());
        }
        co_return !error;
    }

    // In chunks; to a peer of HTTP/1.0 up to the end of the connection.
    asio::awaitable<bool> write_stream(Reply& reply, bool keep_alive) {
        const bool chunked = parser_->get().version() >= http_1_1;
        auto response = response_for<http::empty_body>(reply, keep_alive && chunked);
        response.chunked(chunked);
        const auto head_error = co_await write_head(response);
        if (head_error) {
            co_return false;
        }
        while (true) {
            const auto piece = co_await reply.stream->next();
            if (!piece) {
                spdlog::warn("a reply broke off: {}", piece.error().context);
                abort();
                co_return false;
            }
            const bool last = piece->empty();
            const auto error = co_await write_piece(*piece, chunked);
            if (error || last) {
                co_return !error && chunked;
            }
            bytes_out_ += piece->size();
        }
    }

    asio::awaitable<beast::error_code> write_piece(const std::string& piece, bool chunked) {
        const TimedSocket::Limit limit(connection_, stall_deadline());
        const auto bytes = asio::buffer(piece);
        if (!chunked) {
            const auto [error, size] =
                co_await asio::async_write(connection_.socket(), bytes, as_result);
            co_return error;
        }
        if (piece.empty()) {
            const auto [error, size] = co_await asio::async_write(
                connection_.socket(), http::make_chunk_last(), as_result);
            co_return error;
        }
        const auto [error, size] =
            co_await asio::async_write(connection_.socket(), http::make_chunk(bytes), as_result);
        co_return error;
    }

    TimedSocket connection_;
    RequestHandler& handler_;
    const HttpLimits& limits_;
    IpSource ip_source_;

    beast::flat_buffer buffer_{body_piece_bytes_max * 2};
    std::optional<Parser> parser_;
    std::unique_ptr<char[]> piece_;
    std::size_t piece_bytes_ = 0;
    Clock::time_point body_started_;
    Clock::time_point drain_until_;
    std::atomic<Clock::time_point> waiting_since_ = Clock::now();  // max: it does not
    std::uint64_t parsed_bytes_ = 0;                               // of the request
    std::uint64_t bytes_in_ = 0;
    std::uint64_t bytes_out_ = 0;
    bool continue_expected_ = false;
    bool broken_ = false;

    std::mutex mutex_;  // for what follows
    bool answering_ = false;
    bool stopping_ = false;
};

}  // namespace

std::shared_ptr<HttpSession> HttpSession::make(asio::ip::tcp::socket socket,
                                               RequestHandler& handler, const HttpLimits& limits,
                                               IpSource ip_source) {
    return std::make_shared<Session>(std::move(socket), handler, limits, ip_source);
}

}  // namespace ankiwire::server
