// The protocol state machine of one account: which calls are legal now, and what each changes.
// Invariants:
//  - At most one sync runs; it is one SQLite transaction, committed at finish (R-SESS-01).
//  - What is legal is decided by session_table.hpp alone; a refused call changes nothing.
//  - An operation that fails ends the running sync and rolls it back; JSON that does not parse
//    leaves it alone (R-SESS-04, R-SESS-09).
//  - `meta` answers from committed state and disturbs nobody (R-META-01, R-META-09).
//  - No clock, no thread, no socket: times are arguments; one thread at a time (the actor).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "collection/collection_store.hpp"
#include "collection/lost_usns.hpp"
#include "protocol/session_table.hpp"
#include "wire/messages.hpp"

namespace ankiwire::protocol {

struct Request {
    wire::Method method;
    SessionKey session_key;
    std::string_view json;  // the unpacked body
    MediaUsn media_usn{};   // what `meta` says of the account's media (R-MEDIA-01)
    bool is_form = false;   // of protocol 8 to 10
};

// How long an account may rest before tick() acts; ms.
struct IdleLimits {
    std::int64_t session_ms = limits::session_idle_ms_max;
    std::int64_t account_ms = limits::account_idle_ms_max;
};

struct EditOptions {
    bool may_change_schema = false;  // else an edit that moves `scm` is refused and rolled back
    bool raise_usn = false;          // as the official download does
};

class Account {
public:
    // The folder that holds collection.anki2; made at first use. Nothing is opened yet.
    explicit Account(std::filesystem::path folder, const IdleLimits& idle = {});

    // One method call of a normal sync (not hostKey, upload, download); returns the JSON of the
    // reply.
    Result<std::string> step(const Request& request, TimestampMs now);

    // Full download, first half: raises usn and mod if no sync is running (OBSERVED, R-FULL-12),
    // and copies the committed collection to `target`. The caller finishes the copy off the actor.
    Result<void> copy_for_download(const std::filesystem::path& target, TimestampMs now);

    // Full upload, on the actor, in two steps, so that the replaced collection can be packed
    // between them off the actor. copy_committed copies the committed collection to `target` and
    // returns its state; install_upload swaps `file` (validated) in and ends a running sync, or
    // returns false and does nothing if the committed state is no longer `copied`.
    Result<collection::CollectionState> copy_committed(const std::filesystem::path& target,
                                                       TimestampMs now);
    Result<bool> install_upload(const std::filesystem::path& file,
                                const collection::CollectionState& copied, TimestampMs now);

    // Changes made on the server itself: runs fn(store, server_usn) in a transaction and dates the
    // collection, so that each client gets them by a normal sync. busy: a sync is running.
    using Edit = std::function<Result<void>(collection::CollectionStore&, Usn server_usn)>;
    Result<void> edit(const Edit& fn, TimestampMs now, const EditOptions& options = {});

    // Called every few seconds: rolls an idle sync back, closes an idle collection (IdleLimits).
    void tick(TimestampMs now);
    // Rolls back and closes.
    Result<void> close();

    [[nodiscard]] bool is_open() const { return store_.has_value(); }
    [[nodiscard]] bool is_syncing() const { return session_.has_value(); }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
    // As it called itself in one of the last calls of `meta`; empty: in none.
    [[nodiscard]] std::string client_of(const SessionKey& key) const;
    // Of the last commit; nullopt while the collection is closed.
    [[nodiscard]] std::optional<collection::CollectionState> committed() const;

private:
    struct Session {
        SessionKey key;
        collection::SyncContext context;
        // What was committed, once this sync may have changed it.
        std::optional<collection::Scheduling> scheduling;
        bool client_is_newer = false;
        bool client_is_ahead = false;  // it knows a state that a restore has undone (R-START-05)
        TimestampMs last_used;
        std::optional<collection::ChunkCursor> cursor;  // made by the first `chunk`
    };
    // What a session key was told by `meta`, for the check at `start` (R-SESS-02), and who it is.
    struct MetaSeen {
        SessionKey key;
        TimestampMs schema_modified;
        std::string client;
    };

    [[nodiscard]] SessionState state_for(const SessionKey& key) const;
    Result<void> ensure_open(TimestampMs now);
    void end_session();
    Result<std::string_view> refusal_of(std::int32_t version);
    void remember_meta(const SessionKey& key, std::string client);

    Result<std::string> meta(const Request& request, TimestampMs now);
    Result<std::string> start(const Request& request, TimestampMs now);
    // Runs op on the running session of the request's key; a failure ends the session.
    template <class Op>
    Result<std::string> in_session(const Request& request, TimestampMs now, Op&& op);
    Result<std::string> apply_graves(const Request& request, TimestampMs now);
    Result<std::string> apply_changes(const Request& request, TimestampMs now);
    Result<std::string> chunk(const Request& request, TimestampMs now);
    Result<std::string> apply_chunk(const Request& request, TimestampMs now);
    Result<std::string> sanity_check(const Request& request, TimestampMs now);
    Result<std::string> finish(const Request& request, TimestampMs now);
    Result<std::string> abort(const Request& request);

    std::filesystem::path folder_;
    IdleLimits idle_;
    std::optional<collection::CollectionStore> store_;
    std::optional<collection::KnownRows> known_rows_;  // of when it was closed
    collection::LostUsns lost_usns_;                   // while it is open
    std::optional<Session> session_;
    std::vector<MetaSeen> metas_;  // the newest few
    TimestampMs last_used_;
};

}  // namespace ankiwire::protocol
