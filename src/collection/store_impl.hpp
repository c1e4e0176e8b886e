// What the parts of CollectionStore share: the locked file and its prepared statements.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "collection/collection_store.hpp"
#include "collection/object_rows.hpp"
#include "files/files.hpp"
#include "sqlite/database_file.hpp"
#include "sqlite/query.hpp"

namespace ankiwire::collection {

using sqlite::Query;

enum class GraveKind : std::uint8_t { card = 0, note = 1, deck = 2 };

// The connection, and a descriptor for kernel copies. It is opened after SQLite has its locks and
// closed after the connection has gone (see FileDescriptor), hence the order of the members.
struct LockedFile {
    files::FileDescriptor descriptor;
    sqlite::Database db;
};

// What the text of a note is checked against.
struct NotetypeShape {
    std::size_t field_count;
    std::size_t sort_field_idx;
};

// Once they are known, they follow what statements do, and what becomes of it.
class KeptCounts final : public sqlite::RowWatcher {
public:
    // Of a file that nobody has begun to change; nullopt: they are not known.
    void begin_with(const std::optional<ContentCounts>& counts) { now_ = committed_ = counts; }
    void learn(const ContentCounts& counts) { now_ = counts; }
    void commit() { committed_ = now_; }
    [[nodiscard]] const std::optional<ContentCounts>& now() const { return now_; }

    void row_added(std::string_view table) override { add(table, 1); }
    void row_removed(std::string_view table) override { add(table, -1); }
    void rolled_back() override { now_ = committed_; }

private:
    void add(std::string_view table, int count) {
        if (!now_) {
            return;
        }
        now_->cards += table == "cards" ? count : 0;
        now_->notes += table == "notes" ? count : 0;
        now_->reviews += table == "revlog" ? count : 0;
    }

    std::optional<ContentCounts> now_;
    std::optional<ContentCounts> committed_;
};

struct CollectionStore::Impl {
    KeptCounts kept_counts;  // outlives the connection
    std::filesystem::path path;
    std::optional<LockedFile> file;  // nullopt: closed
    sqlite::StatementCache statements;
    std::unordered_map<NotetypeId, NotetypeShape> notetype_shapes;  // those met so far
    CollectionState committed;
    std::optional<KnownRows> known_rows;  // of the closed file

    Result<void> open(TimestampMs now);
    // Every change is in the file itself afterwards, or the log is still there and it is an error.
    Result<void> close();

    // These two: an error if the store is closed.
    Result<sqlite::Database*> database();
    // `sql` must live as long as the store.
    Result<Query> query(std::string_view sql);
    Result<ContentCounts> counts_of_rows();
    [[nodiscard]] QuerySource query_source();
    // An error outside a transaction, also if SQLite ended it (disk full): what follows would
    // otherwise be committed piece by piece.
    Result<void> expect_transaction();

    // An object that comes back has no grave (R-GRAVES-04).
    Result<bool> has_graves();
    Result<void> remove_grave(GraveKind kind, std::int64_t id);

    // inconsistent_data: there is no such notetype.
    Result<NotetypeShape> notetype_shape(NotetypeId id);
};

}  // namespace ankiwire::collection
