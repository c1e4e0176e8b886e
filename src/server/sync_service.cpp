#include "server/sync_service.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "server/body.hpp"
#include "server/home_page.hpp"
#include "server/http_status.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"
#include "wire/form.hpp"

namespace ankiwire::server {
namespace {

constexpr std::string_view retry_after_seconds = "5";

Reply text_reply(int status, std::string text) {
    return {.status = status, .headers = {}, .body = std::move(text), .stream = nullptr};
}

Reply error_reply(const Error& error) {
    auto reply = text_reply(http_status(error.kind), error_text(error));
    if (error.kind == ErrorKind::busy) {  // R-ERR-04
        reply.headers.emplace_back("Retry-After", retry_after_seconds);
    }
    return reply;
}

Reply replied(Result<Reply> result, RequestNotes& notes) {
    if (!result) {
        notes.problem = result.error().context;
        return error_reply(result.error());
    }
    return std::move(result).value();
}

// R-LEG-01; of the methods only `begin` may be a GET (R-MEDIA-04).
bool is_form(const RequestHead& head, wire::Method method) {
    return head.verb == Verb::get ? method == wire::Method::begin
                                  : head.verb == Verb::post && !head.sync_header &&
                                        wire::is_form_type(head.content_type);
}

// R-LEG-08, R-LEG-09
wire::SyncHeader header_of(const wire::FormValues& values) {
    const auto value = [&values](const char* name) {
        const auto found = values.find(name);
        return found == values.end() ? std::string() : found->second;
    };
    return {.version = wire::form_version_newest,
            .host_key = HostKey(value(values.contains("k") ? "k" : "sk")),
            .client = value("v"),
            .session_key = {value("s")}};
}

Result<wire::SyncHeader> parse_header(const RequestHead& head) {
    if (!head.sync_header) {
        return fail(ErrorKind::malformed, "the anki-sync header is missing");
    }
    auto header = wire::parse_sync_header(*head.sync_header);
    // In a header an unknown version is malformed; only the one in `meta` tells clients to update
    // (R-ERR-03).
    if (!header && header.error().kind == ErrorKind::unsupported_version) {
        return fail(ErrorKind::malformed, header.error().context);
    }
    return header;
}

SyncOutcome outcome_of(wire::Method method, bool succeeded) {
    if (!succeeded) {
        return SyncOutcome::failed;
    }
    switch (method) {
        case wire::Method::finish:
            return SyncOutcome::synced;
        case wire::Method::sanity_check:
            return SyncOutcome::sanity_failed;
        default:
            return SyncOutcome::aborted;
    }
}

}  // namespace

SyncService::SyncService(UserDirectory& users, AccountActors& actors, const Lanes& lanes,
                         Budget& bodies, const Options& options)
    : users_(users),
      actors_(actors),
      lanes_(lanes),
      options_(options),
      bodies_(bodies),
      full_sync_(lanes, options.full_sync),
      media_sync_(lanes),
      forms_(lanes, bodies, options.folder) {}

Deadline SyncService::deadline() const {
    return std::chrono::steady_clock::now() + options_.directory_time;
}

asio::awaitable<Reply> SyncService::handle(const RequestHead& head, RequestBody& body,
                                           RequestNotes& notes) {
    if (head.verb == Verb::get && head.path == "/health") {  // R-TRANS-13
        notes.quiet = true;
        co_return text_reply(200, "OK");
    }
    const auto method = wire::method_from_path(head.path);
    if (!method && head.verb == Verb::get && (head.path.empty() || head.path.ends_with('/'))) {
        co_return home_page();  // R-TRANS-14
    }
    if (!method) {
        notes.problem = "no such path: " + head.path;
        co_return text_reply(404, "404: no such path");
    }
    notes.method = wire::method_name(*method);
    if (is_form(head, *method)) {
        co_return replied(co_await answer_form(head, *method, body, notes), notes);
    }
    if (head.verb != Verb::post) {
        auto reply = text_reply(405, "405: use POST");
        reply.headers.emplace_back("Allow", "POST");
        co_return reply;
    }
    auto header = parse_header(head);
    Result<Reply> reply = fail(ErrorKind::internal, {});
    if (header) {
        const Call call{*method, std::move(header).value(), false, head.address};
        notes.client = call.header.client;
        notes.session = call.header.session_key.text;
        reply = co_await answer(call, body, notes);
    } else {
        reply = header.error();
    }
    co_return replied(std::move(reply), notes);
}

std::size_t SyncService::form_data_bytes_max(wire::Method method) const {
    switch (method) {
        case wire::Method::upload:
            return options_.full_sync.packed_bytes_max;
        case wire::Method::upload_changes:
            return limits::media_zip_bytes_max;
        default:
            return packed_bytes_max(unpacked_bytes_max(method));
    }
}

asio::awaitable<Result<Reply>> SyncService::answer_form(const RequestHead& head,
                                                        wire::Method method, RequestBody& body,
                                                        RequestNotes& notes) {
    auto form = co_await forms_.receive(head, body, method, form_data_bytes_max(method));
    if (!form) {
        const bool is_told =
            method == wire::Method::upload && form.error().kind == ErrorKind::too_large;
        if (!is_told) {
            co_return std::move(form).error();
        }
        notes.problem = form.error().context;
        co_return reply_with(upload_too_large_text, Packing::none);
    }
    const Call call{method, header_of(form->values), true, head.address};
    notes.client = call.header.client;
    notes.session = call.header.session_key.text;
    auto reply = co_await answer(call, *form->data, notes);
    auto release = [&form] { return form->data.reset(), true; };  // its file goes
    co_await run_on(lanes_.media_files, std::move(release));
    co_return reply;
}

asio::awaitable<Result<Reply>> SyncService::answer(const Call& call, RequestBody& body,
                                                   RequestNotes& notes) {
    if (call.method == wire::Method::host_key) {
        co_return co_await log_in(call, body, notes);
    }
    CO_TRY_ASSIGN(const auto user, co_await users_.resolve(call.header.host_key, deadline()));
    notes.user = user.name;
    notes.sender_is_known();
    const auto actor = actors_.actor_of(user);
    switch (call.method) {
        case wire::Method::upload:
            co_return co_await upload(call, actor, body, notes);
        case wire::Method::download:
            co_return co_await download(call, actor, body);
        case wire::Method::begin:
            if (call.is_form && !call.header.client.empty()) {  // R-LEG-30
                co_return co_await media_sync_.begin_by_form(call.header.host_key, actor);
            }
            [[fallthrough]];
        case wire::Method::media_changes:
        case wire::Method::upload_changes:
        case wire::Method::download_files:
        case wire::Method::media_sanity:
            co_return co_await media_sync_.answer(call.method, call.header.host_key, actor, body);
        default:
            co_return co_await step(call, actor, body);
    }
}

asio::awaitable<Result<Reply>> SyncService::log_in(const Call& call, RequestBody& body,
                                                   RequestNotes& notes) {
    CO_TRY_ASSIGN(auto packed, co_await read_body(call.method, bodies_, body));
    auto decode = [&packed]() -> Result<wire::HostKeyRequest> {
        TRY_ASSIGN(const auto json, unpack(packed));
        return wire::decode_host_key_request(json);
    };
    CO_TRY_ASSIGN(auto request, co_await run_short(lanes_, std::move(decode)));
    auto login =
        co_await users_.authenticate(std::move(request.username), std::move(request.password),
                                     call.header.client, call.address, deadline());
    if (!login) {
        if (login.error().kind == ErrorKind::busy) {
            asio::steady_timer pause(co_await asio::this_coro::executor,
                                     options_.refused_login_time);
            co_await pause.async_wait(asio::use_awaitable);
        }
        co_return std::move(login).error();
    }
    notes.user = login->user.name;
    notes.sender_is_known();
    auto encode = [&]() -> Reply {
        return reply_with(wire::encode_host_key_response({login->key}), body.reply_packing());
    };
    co_return co_await run_short(lanes_, std::move(encode));
}

asio::awaitable<Result<Reply>> SyncService::step(const Call& call,
                                                 std::shared_ptr<AccountActor> actor,
                                                 RequestBody& body) {
    CO_TRY_ASSIGN(auto packed, co_await read_body(call.method, actor->bodies(), body));
    MediaUsn media_usn;
    if (call.method == wire::Method::meta) {
        const auto known = co_await actor->media_usn();
        if (known) {
            media_usn = *known;
        } else {
            // Cards are synced all the same. A number that no client knows makes each of them ask
            // for media, and tell its user that something is wrong.
            media_usn = {INT32_MAX};
            spdlog::warn("{}: the media cannot be opened: {}{}", actor->user().name,
                         known.error().context,
                         known.error().kind == ErrorKind::damaged
                             ? "; with the server stopped, move media.db away: it is made anew"
                             : "");
        }
    }
    auto job = [&](AccountActor::Parts& parts) -> Result<Reply> {
        TRY_ASSIGN(const auto json, unpack(packed));
        const auto now = system_now();
        const bool was_syncing = parts.account.is_syncing();
        const auto reply = parts.account.step({.method = call.method,
                                               .session_key = call.header.session_key,
                                               .json = json,
                                               .media_usn = media_usn,
                                               .is_form = call.is_form},
                                              now);
        if (was_syncing && !parts.account.is_syncing()) {
            // In forms only `meta` tells it.
            const auto client = call.is_form ? parts.account.client_of(call.header.session_key)
                                             : call.header.client;
            parts.record(client, outcome_of(call.method, reply.has_value()), now);
        }
        if (!reply) {
            return reply.error();
        }
        return reply_with(*reply, body.reply_packing());
    };
    co_return co_await actor->run(std::move(job));
}

asio::awaitable<Result<Reply>> SyncService::upload(const Call& call,
                                                   std::shared_ptr<AccountActor> actor,
                                                   RequestBody& body, RequestNotes& notes) {
    const auto result = co_await full_sync_.upload(actor, call.header.client, body);
    auto text = upload_ok_text;  // R-FULL-01
    if (!result) {
        notes.problem = result.error().context;
        switch (result.error().kind) {
            case ErrorKind::corrupt_upload:
                text = upload_corrupt_text;  // R-FULL-03
                break;
            case ErrorKind::too_large:
                text = upload_too_large_text;  // R-FULL-02
                break;
            default:
                co_return result.error();
        }
    }
    auto encode = [&]() -> Reply { return reply_with(text, body.reply_packing()); };
    co_return co_await run_short(lanes_, std::move(encode));
}

asio::awaitable<Result<Reply>> SyncService::download(const Call& call,
                                                     std::shared_ptr<AccountActor> actor,
                                                     RequestBody& body) {
    CO_TRY_ASSIGN(auto packed, co_await read_body(call.method, actor->bodies(), body));
    auto decode = [&packed]() -> Result<void> {
        TRY_ASSIGN(const auto json, unpack(packed));
        return wire::decode_empty_request(json);
    };
    CO_TRY(co_await run_short(lanes_, std::move(decode)));
    co_return co_await full_sync_.download(actor, call.header.client, body.reply_packing());
}

}  // namespace ankiwire::server
