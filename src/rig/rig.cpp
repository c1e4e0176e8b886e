#include "rig/rig.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/check.hpp"
#include "server/sync_service.hpp"
#include "server/temp_file.hpp"
#include "wire/sync_header.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::rig {
namespace {

namespace asio = boost::asio;
using server::Lanes;

constexpr std::size_t budget_bytes = 256 * limits::mib;
constexpr std::size_t upload_bytes_max = 64 * limits::mib;

// Anybody who gives a name as the key.
class EachNameIsAUser final : public server::UserDirectory {
public:
    explicit EachNameIsAUser(std::filesystem::path base) : base_(std::move(base)) {}

    asio::awaitable<Result<Login>> authenticate(std::string name, Password /*password*/,
                                                std::string /*client*/, std::string /*address*/,
                                                server::Deadline /*deadline*/) override {
        co_return Login{user(name), HostKey(name)};
    }
    asio::awaitable<Result<server::User>> resolve(HostKey key,
                                                  server::Deadline /*deadline*/) override {
        co_return user(key.reveal());
    }

private:
    [[nodiscard]] server::User user(const std::string& name) const {
        return {.account = {static_cast<std::int64_t>(std::hash<std::string>{}(name))},
                .name = name,
                .folder = Rig::folder_of(base_, name)};
    }
    std::filesystem::path base_;
};

class BodyInMemory final : public server::RequestBody {
public:
    BodyInMemory(std::string_view bytes, const Pace& pace) : bytes_(bytes), pace_(pace) {}

    asio::awaitable<Result<std::string_view>> next() override {
        for (int pause = 0; pause < pace_.pauses; ++pause) {
            co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
        }
        if (pace_.breaks_after && sent_ >= *pace_.breaks_after) {
            co_return fail(ErrorKind::malformed, "the connection broke");
        }
        const auto end = std::min(bytes_.size(), pace_.breaks_after.value_or(bytes_.size()));
        const auto piece = bytes_.substr(sent_, std::min(pace_.piece_bytes, end - sent_));
        sent_ += piece.size();
        co_return piece;
    }

private:
    std::string_view bytes_;
    Pace pace_;
    std::size_t sent_ = 0;
};

}  // namespace

std::string path_of(wire::Method method) {
    const bool is_of_media = method >= wire::Method::begin;
    return (is_of_media ? "/msync/" : "/sync/") + std::string(wire::method_name(method));
}

server::RequestHead head_of_11(std::string_view user, wire::Method method,
                               std::string_view session_key) {
    return {.verb = server::Verb::post,
            .path = path_of(method),
            .query = {},
            .sync_header = wire::encode_sync_header({.version = 11,
                                                     .host_key = HostKey(std::string(user)),
                                                     .client = "26.09.3,sim,linux",
                                                     .session_key = {std::string(session_key)}}),
            .content_type = "application/octet-stream",
            .address = {}};
}

struct Rig::Parts {
    explicit Parts(const std::filesystem::path& base)
        : lanes{&in_place,         io.get_executor(), io.get_executor(), io.get_executor(),
                io.get_executor(), io.get_executor(), io.get_executor(), io.get_executor()},
          bodies(budget_bytes, "too much is being received"),
          users(base),
          actors(lanes, bodies, {}),
          service(users, actors, lanes, bodies,
                  {.full_sync = {.packed_bytes_max = upload_bytes_max,
                                 .unpacked_bytes_max = upload_bytes_max,
                                 .retention = {}},
                   .folder = base}) {}

    // Until nothing is left to do.
    void run() {
        io.restart();
        io.run();
    }

    asio::awaitable<void> answer(const Request& request, Answer& answer) {
        BodyInMemory body(request.body, request.pace);
        server::RequestNotes notes;
        auto reply = co_await service.handle(request.head, body, notes);
        answer.problem = notes.problem;
        while (reply.stream) {
            auto piece = co_await reply.stream->next();
            if (!piece) {
                co_return;  // the connection is broken off
            }
            if (piece->empty()) {
                break;
            }
            reply.body += *piece;
        }
        const bool is_packed = std::ranges::any_of(
            reply.headers, [](const auto& header) { return header.first == "anki-original-size"; });
        if (is_packed) {
            auto plain = zstd::unpack(reply.body, upload_bytes_max);
            CHECK(plain);
            reply.body = std::move(plain).value();
        }
        answer.status = reply.status;
        answer.body = std::move(reply.body);
    }

    asio::io_context io{1};
    server::Budget in_place{0, "each step waits, so that others come between"};
    Lanes lanes;
    server::Budget bodies;
    EachNameIsAUser users;
    server::AccountActors actors;
    server::SyncService service;
};

Rig::Rig(const std::filesystem::path& base) {
    server::remove_stale_temp_files(base);
    std::error_code error;  // of a disk that fails: as the program, it goes on
    for (std::filesystem::directory_iterator entry(base, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            server::remove_stale_temp_files_of_account(entry->path());
        }
    }
    parts_ = std::make_unique<Parts>(base);
}

Rig::~Rig() {
    for (const auto& actor : parts_->actors.all()) {
        actor->close([] {});
    }
    parts_->run();
}

std::vector<Answer> Rig::post(std::span<const Request> requests) {
    std::vector<Answer> answers(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        asio::co_spawn(parts_->io, parts_->answer(requests[i], answers[i]),
                       [](const std::exception_ptr& exception) { CHECK(!exception); });
    }
    parts_->run();
    return answers;
}

void Rig::tick() {
    for (const auto& actor : parts_->actors.all()) {
        actor->tick();
    }
    parts_->run();
}

std::filesystem::path Rig::folder_of(const std::filesystem::path& base, std::string_view user) {
    return base / user;
}

}  // namespace ankiwire::rig
