#include "protocol/account.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "files/files.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"
#include "wire/sync_header.hpp"

namespace ankiwire::protocol {

namespace {

constexpr std::size_t metas_remembered_max = 8;

// `mod` never stands still or goes back, whatever the clock does: equal stamps mean "no changes"
// (R-META-06).
TimestampMs stamp_after(TimestampMs old, TimestampMs now) {
    return std::max(now, TimestampMs{old.value + 1});
}

bool is_spoken(std::int32_t version, bool is_form) {
    return is_form ? version >= wire::form_version_oldest && version <= wire::form_version_newest
                   : version == 11;
}

// Clients keep it in 31 bits (R-FINISH-03).
Result<void> raise_usn(collection::CollectionState& state) {
    if (state.usn.value == INT32_MAX) {
        return fail(ErrorKind::inconsistent_data, "the usn cannot grow any more");
    }
    state.usn.value += 1;
    return {};
}

}  // namespace

Account::Account(std::filesystem::path folder, const IdleLimits& idle)
    : folder_(std::move(folder)), idle_(idle) {}

SessionState Account::state_for(const SessionKey& key) const {
    if (!session_) {
        return SessionState::idle;
    }
    return session_->key == key ? SessionState::running : SessionState::other_running;
}

Result<std::string> Account::step(const Request& request, TimestampMs now) {
    using enum wire::Method;
    last_used_ = now;
    switch (request.method) {
        case meta:
            return this->meta(request, now);
        case start:
            return this->start(request, now);
        case apply_graves:
            return this->apply_graves(request, now);
        case apply_changes:
            return this->apply_changes(request, now);
        case chunk:
            return this->chunk(request, now);
        case apply_chunk:
            return this->apply_chunk(request, now);
        case sanity_check:
            return this->sanity_check(request, now);
        case finish:
            return this->finish(request, now);
        case abort:
            return this->abort(request);
        case host_key:
        case upload:
        case download:
        case begin:
        case media_changes:
        case upload_changes:
        case download_files:
        case media_sanity:
            break;
    }
    return fail(ErrorKind::internal, "not a step of a normal sync");
}

Result<std::string> Account::meta(const Request& request, TimestampMs now) {
    TRY_ASSIGN(auto message, wire::decode_meta_request(request.json));
    if (!is_spoken(message.version, request.is_form)) {  // R-META-04, R-LEG-32
        return fail(ErrorKind::unsupported_version, "meta of an unsupported protocol version");
    }
    TRY(ensure_open(now));
    const auto& state = store_->committed();
    TRY_ASSIGN(const auto refusal, refusal_of(message.version));
    remember_meta(request.session_key, std::move(message.client));
    return wire::encode_meta_response({.modified = state.modified,
                                       .schema_modified = state.schema_modified,
                                       .usn = state.usn,
                                       .server_time = to_secs(now),
                                       .message = std::string(refusal),
                                       .may_continue = refusal.empty(),
                                       .empty = state.empty,
                                       .media_usn = request.media_usn});
}

// What such a client would do wrong with this collection; empty: nothing. One without cards refuses
// nobody: it has nothing that could be hurt, and the client's own takes its place (R-LEG-35).
Result<std::string_view> Account::refusal_of(std::int32_t version) {
    constexpr std::int32_t knows_scheduler_2 = 9;
    constexpr std::int32_t knows_new_days = 10;
    if (version >= knows_new_days || store_->committed().empty) {
        return std::string_view();
    }
    TRY_ASSIGN(const auto scheduling, session_ && session_->scheduling
                                          ? Result<collection::Scheduling>(*session_->scheduling)
                                          : store_->scheduling());
    if (version < knows_scheduler_2 && scheduling.version == 2) {  // R-LEG-13
        return std::string_view(
            "This collection has the newer scheduler, which this version of Anki does not know.");
    }
    return scheduling.has_new_days  // R-LEG-14
               ? std::string_view(
                     "This collection counts days in a way that this version of Anki does not "
                     "know.")
               : std::string_view();
}

std::string Account::client_of(const SessionKey& key) const {
    const auto seen = std::ranges::find(metas_, key, &MetaSeen::key);
    return seen == metas_.end() ? std::string() : seen->client;
}

void Account::remember_meta(const SessionKey& key, std::string client) {
    std::erase_if(metas_, [&](const MetaSeen& seen) { return seen.key == key; });
    if (metas_.size() == metas_remembered_max) {
        metas_.erase(metas_.begin());
    }
    metas_.push_back({key, store_->committed().schema_modified, std::move(client)});
}

Result<std::string> Account::start(const Request& request, TimestampMs now) {
    if (request.session_key.text.empty()) {
        return fail(ErrorKind::malformed, "a sync without a session key");
    }
    TRY_ASSIGN(const auto message, wire::decode_start_request(request.json));
    TRY(ensure_open(now));
    const auto schema_modified = store_->committed().schema_modified;
    const auto seen = std::ranges::find(metas_, request.session_key, &MetaSeen::key);
    if (seen != metas_.end() && seen->schema_modified != schema_modified) {  // R-SESS-02
        return fail(ErrorKind::session_conflict, "the collection was replaced since meta");
    }

    end_session();  // R-SESS-03
    TRY(store_->begin());
    const auto server_usn = store_->committed().usn;
    session_ = Session{.key = request.session_key,
                       .context = {.server_usn = server_usn,  // R-START-02
                                   .client_usn = message.client_usn,
                                   .now = to_secs(now)},
                       .scheduling = {},
                       .client_is_newer = message.client_is_newer,
                       .client_is_ahead = message.client_usn > server_usn ||
                                          lost_usns_.contains(message.client_usn),
                       .last_used = now,
                       .cursor = {}};
    return in_session(request, now, [&](Session& session) -> Result<std::string> {
        TRY(store_->roll_over_day(to_secs(now)));  // R-START-04
        // The server's graves are read first, so that the client's own are not echoed (R-START-03).
        TRY_ASSIGN(const auto graves, store_->graves_since(session.context.client_usn));
        if (message.graves) {
            TRY(store_->apply_graves(*message.graves, session.context.server_usn));
        }
        return wire::encode_graves_response(graves);
    });
}

template <class Op>
Result<std::string> Account::in_session(const Request& request, TimestampMs now, Op&& op) {
    if (request.session_key.text.empty()) {  // R-SESS-08
        return fail(ErrorKind::malformed, "a sync without a session key");
    }
    const Rule* rule = find_rule(request.method, state_for(request.session_key));
    CHECK(rule != nullptr);
    if (!rule->next) {  // R-SESS-07
        return fail(ErrorKind::session_conflict, "no running sync with this session key");
    }
    session_->last_used = now;
    session_->context.now = to_secs(now);
    auto reply = op(*session_);
    if (!reply) {
        end_session();  // R-SESS-04
    }
    return reply;
}

Result<std::string> Account::apply_graves(const Request& request, TimestampMs now) {
    TRY_ASSIGN(const auto graves, wire::decode_apply_graves_request(request.json));
    return in_session(request, now, [&](Session& session) -> Result<std::string> {
        TRY(store_->apply_graves(graves, session.context.server_usn));
        return wire::encode_null_response();
    });
}

Result<std::string> Account::apply_changes(const Request& request, TimestampMs now) {
    TRY_ASSIGN(const auto incoming, wire::decode_apply_changes_request(request.json));
    return in_session(request, now, [&](Session& session) -> Result<std::string> {
        TRY(store_->win_ties(incoming, session.context));
        TRY_ASSIGN(const auto outgoing,  // R-CHANGES-02
                   store_->changes_since(session.context.client_usn, !session.client_is_newer));
        if (incoming.config && !session.scheduling) {
            TRY_ASSIGN(session.scheduling, store_->scheduling());
        }
        TRY(store_->apply_changes(incoming, session.context));
        return wire::encode_changes_response(outgoing);
    });
}

Result<std::string> Account::chunk(const Request& request, TimestampMs now) {
    TRY(wire::decode_empty_request(request.json));
    return in_session(request, now, [&](Session& session) -> Result<std::string> {
        if (!session.cursor) {
            session.cursor.emplace(session.context.client_usn);  // R-CHUNK-05
        }
        TRY_ASSIGN(const auto rows, store_->next_chunk(*session.cursor));
        return wire::encode_chunk_response(rows);
    });
}

Result<std::string> Account::apply_chunk(const Request& request, TimestampMs now) {
    TRY_ASSIGN(const auto rows, wire::decode_apply_chunk_request(request.json));
    return in_session(request, now, [&](Session& session) -> Result<std::string> {
        TRY(store_->apply_chunk(rows, session.context));
        return wire::encode_null_response();
    });
}

Result<std::string> Account::sanity_check(const Request& request, TimestampMs now) {
    TRY_ASSIGN(auto message, wire::decode_sanity_check_request(request.json));
    auto reply = in_session(request, now, [&](const Session& session) -> Result<std::string> {
        wire::SanityCheckResponse response{.ok = false, .client = message.client, .server = {}};
        TRY_ASSIGN(const bool pending, store_->has_pending_rows());
        if (!pending) {
            TRY_ASSIGN(auto server, store_->counts());
            server.due = {};
            server.graves = 0;
            if (auto* client = std::get_if<SanityCounts>(&response.client)) {
                client->due = {};  // R-SANITY-02
                client->graves = 0;
                response.ok = *client == server && !session.client_is_ahead;
            }
            response.server = server;
        }
        if (!response.ok) {
            end_session();  // R-SANITY-03
        }
        return wire::encode_sanity_check_response(response);
    });
    return reply;
}

Result<std::string> Account::finish(const Request& request, TimestampMs now) {
    TRY(wire::decode_empty_request(request.json));
    return in_session(request, now, [&](const Session& session) -> Result<std::string> {
        if (session.client_is_ahead) {  // R-START-05
            return fail(ErrorKind::session_conflict, "the device is ahead of a restored backup");
        }
        TRY_ASSIGN(auto state, store_->state());
        state.modified = stamp_after(state.modified, now);
        state.last_sync = state.modified;
        TRY(raise_usn(state));  // R-FINISH-01
        TRY(store_->commit(state));
        session_.reset();
        return wire::encode_finish_response(state.modified);
    });
}

Result<std::string> Account::abort(const Request& request) {
    TRY(wire::decode_empty_request(request.json));
    if (state_for(request.session_key) == SessionState::running) {  // R-ABORT-02
        end_session();
    }
    return wire::encode_null_response();  // R-ABORT-01
}

Result<void> Account::ensure_open(TimestampMs now) {
    last_used_ = now;
    if (store_) {
        return {};
    }
    TRY(files::make_folders(folder_));
    TRY_ASSIGN(auto store,
               collection::CollectionStore::open(folder_ / "collection.anki2", now, known_rows_));
    TRY_ASSIGN(lost_usns_, collection::LostUsns::read(folder_, store.committed().schema_modified));
    store_ = std::move(store);
    return {};
}

void Account::end_session() {
    if (session_) {
        store_->rollback();
        session_.reset();
    }
}

Result<void> Account::copy_for_download(const std::filesystem::path& target, TimestampMs now) {
    TRY(ensure_open(now));
    if (!session_) {  // R-FULL-12
        TRY(edit([](collection::CollectionStore&, Usn) { return Result<void>(); }, now,
                 {.raise_usn = true}));
    }
    return store_->copy_to(target);
}

Result<collection::CollectionState> Account::copy_committed(const std::filesystem::path& target,
                                                            TimestampMs now) {
    TRY(ensure_open(now));
    TRY(store_->copy_to(target));
    return store_->committed();
}

Result<bool> Account::install_upload(const std::filesystem::path& file,
                                     const collection::CollectionState& copied, TimestampMs now) {
    TRY(ensure_open(now));
    if (store_->committed() != copied) {  // every commit moves `mod`
        return false;
    }
    end_session();  // R-FULL-13
    if (auto replaced = store_->replace_with(file, now); !replaced) {
        // Which of the two files is there now, and whether it is open, the next step finds out.
        static_cast<void>(close());
        return std::move(replaced).error();
    }
    lost_usns_ = {};
    // Were it to stay, it would not be of the new schema stamp.
    static_cast<void>(collection::LostUsns::remove(folder_));
    return true;
}

Result<void> Account::edit(const Edit& fn, TimestampMs now, const EditOptions& options) {
    if (session_) {
        return fail(ErrorKind::busy, "a sync is running");
    }
    TRY(ensure_open(now));
    TRY(store_->begin());
    const auto before = store_->committed();
    auto result = [&]() -> Result<void> {
        TRY(fn(*store_, before.usn));
        TRY_ASSIGN(auto state, store_->state());
        if (state.schema_modified != before.schema_modified && !options.may_change_schema) {
            return fail(ErrorKind::inconsistent_data, "an edit that forces a full sync");
        }
        state.modified = stamp_after(before.modified, now);
        if (options.raise_usn) {
            TRY(raise_usn(state));
        }
        return store_->commit(state);
    }();
    if (!result) {
        store_->rollback();
        return result;
    }
    return {};
}

void Account::tick(TimestampMs now) {
    if (session_ && now.value - session_->last_used.value >= idle_.session_ms) {
        end_session();
    }
    if (store_ && !session_ && now.value - last_used_.value >= idle_.account_ms) {
        // A failed checkpoint leaves a WAL file that the next opening recovers.
        static_cast<void>(close());
    }
}

Result<void> Account::close() {
    end_session();
    if (!store_) {
        return {};
    }
    auto result = store_->close();
    known_rows_ = store_->known_rows();
    store_.reset();
    return result;
}

std::optional<collection::CollectionState> Account::committed() const {
    return store_ ? std::optional(store_->committed()) : std::nullopt;
}

}  // namespace ankiwire::protocol
