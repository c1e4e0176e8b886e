// One account's open collection: the only owner of the connection to collection.anki2.
// Invariants:
//  - The stored file is always schema 18. While it is open the file is locked: a foreign opener
//  gets
//    SQLite's lock error (R-STORE-04).
//  - Writes happen inside begin() … commit(). Anything else leaves the file as before begin().
//  - committed() describes the last commit, also while a transaction runs.
//  - Rows at usn -1 that a foreign program left in the file get the collection's usn when it is
//    opened (R-STORE-06).
// Used by one thread at a time (the account's actor). No clock inside: times are arguments.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "collection/content_counts.hpp"
#include "files/files.hpp"
#include "model/changes.hpp"

namespace ankiwire::collection {

// The row of table `col`, and whether there are cards.
struct CollectionState {
    TimestampMs modified;
    TimestampMs schema_modified;
    Usn usn;
    TimestampMs last_sync;
    TimestampSecs created;
    bool empty = true;  // no card
    friend bool operator==(const CollectionState&, const CollectionState&) = default;
};

// Where the chunks of one sync have got to: where the next row of each table is looked for. Holds
// no list of ids, so that memory does not grow with the collection, and a row that is deleted under
// a running `chunk` is simply not met again (R-CHUNK-04).
struct ChunkCursor {
    // By id alone, from the client's usn on; or by (usn, id).
    enum class Order : std::uint8_t { by_id, by_usn };
    struct Position {
        Usn usn;
        std::optional<Order> order = std::nullopt;  // the first `chunk` that comes to it decides
        std::int64_t id = INT64_MIN;
        bool exhausted = false;  // stays so: rows that the client sends are not echoed
    };
    Position revlog;
    Position cards;
    Position notes;
    explicit ChunkCursor(Usn client_usn)
        : revlog{client_usn}, cards{client_usn}, notes{client_usn} {}
};

// What applies to one sync, fixed at `start`.
struct SyncContext {
    Usn server_usn;  // stored with every incoming object (R-CHUNK-06)
    Usn client_usn;  // objects at or above it are new to the client
    TimestampSecs now;
};

// Those of a file that was closed, for whoever opens it again; nothing, if it has changed since.
struct KnownRows {
    files::Identity file;
    ContentCounts counts;
};

// What older clients have to know of the collection's config (R-LEG-13, R-LEG-14).
struct Scheduling {
    std::int64_t version = 1;  // of the scheduler
    bool has_new_days = false;
};

class CollectionStore {
public:
    // Opens, creating a new collection if the file does not exist, and upgrading an older schema
    // (in a copy that then replaces the file). busy: a foreign program holds it. storage: not a
    // usable collection. `now` dates a new collection and repaired rows. What is known of its rows
    // need not be counted.
    static Result<CollectionStore> open(const std::filesystem::path& path, TimestampMs now,
                                        const std::optional<KnownRows>& known = std::nullopt);
    CollectionStore(CollectionStore&&) noexcept;
    CollectionStore& operator=(CollectionStore&&) noexcept;
    ~CollectionStore();

    [[nodiscard]] const CollectionState& committed() const;
    [[nodiscard]] bool in_transaction() const;
    [[nodiscard]] const std::filesystem::path& path() const;

    Result<void> begin();
    Result<void> commit();
    Result<void> commit(const CollectionState& state);  // after set_state
    void rollback();

    // --- inside a transaction ---------------------------------------------------------------
    // The current row of `col` (uncommitted changes included), and its replacement.
    Result<CollectionState> state();
    Result<void> set_state(const CollectionState& state);  // `empty` is ignored

    // Unburies cards if a new day has begun for the user (R-STORE-17).
    Result<void> roll_over_day(TimestampSecs now);

    Result<Graves> graves_since(Usn client_usn);
    Result<void> apply_graves(const Graves& graves, Usn server_usn);

    // What changes_since will tell is dated a second later if the client's is as old: so it is
    // newer to every client, of which some keep their own in a tie (R-CHANGES-05).
    Result<void> win_ties(const UnchunkedChanges& changes, const SyncContext& context);
    // `with_config`: the server is the newer side, so config and creation stamp are included.
    Result<UnchunkedChanges> changes_since(Usn client_usn, bool with_config);
    Result<void> apply_changes(const UnchunkedChanges& changes, const SyncContext& context);

    // Revlog first, then cards, then notes, within limits::chunk_objects_max rows and about
    // limits::chunk_text_bytes_max of text; advances `cursor`.
    Result<Chunk> next_chunk(ChunkCursor& cursor);
    Result<void> apply_chunk(const Chunk& chunk, const SyncContext& context);

    // True if any row that the sanity check looks at is at usn -1.
    Result<bool> has_pending_rows();
    // Those of the rows are counted once, and kept.
    Result<SanityCounts> counts();

    // --- in a transaction or outside of one -----------------------------------------------------
    Result<Scheduling> scheduling();

    // --- outside a transaction --------------------------------------------------------------
    // Copies the committed state to `target` (which must not exist) by a kernel copy, so that it
    // can be read without this store. Also allowed while a transaction runs: its changes are not
    // copied. finish_snapshot (full_sync.hpp) makes the copy one self-contained file.
    Result<void> copy_to(const std::filesystem::path& target);

    // Replaces the file by `upload` (same file system, validated, self-contained) and opens it.
    // After an error the old collection is still in place and open; should no file open any more
    // (I/O, a foreign program was quicker), the store is closed and every call is an error.
    Result<void> replace_with(const std::filesystem::path& upload, TimestampMs now);

    // Checkpoints and closes, so that the file is self-contained. An error: it is closed, but its
    // log holds changes that the next open writes back.
    Result<void> close();
    // Behind close(); nullopt if it failed, or if nobody has counted.
    [[nodiscard]] const std::optional<KnownRows>& known_rows() const;

    struct Impl;  // store_impl.hpp

private:
    explicit CollectionStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ankiwire::collection
