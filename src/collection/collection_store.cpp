#include "collection/collection_store.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/check.hpp"
#include "collection/schema.hpp"
#include "collection/store_impl.hpp"

namespace ankiwire::collection {
namespace {

// While rows come and go: their indexes are in the order of something else. What more than
// kept_cache_bytes it takes then is given back between syncs.
constexpr int cache_kib = 8 * 1024;
constexpr std::size_t kept_cache_bytes = std::size_t{2} * 1024 * 1024;

// Where a file is made that then becomes the collection.
std::filesystem::path draft_path(std::filesystem::path path) {
    path += ".new";
    return path;
}

void remove_draft(const std::filesystem::path& path) {
    const auto draft = draft_path(path);
    sqlite::remove_logs(draft);
    ::unlink(draft.c_str());
}

Result<void> checkpoint(sqlite::Database& db) {
    TRY_ASSIGN(const auto blocked, db.query_int64("pragma wal_checkpoint(truncate)"));
    if (blocked != 0) {
        return fail(ErrorKind::storage, "the log could not be written back");
    }
    return {};
}

// The file may be an upload, or come from a server that checks uploads less.
Result<LockedFile> open_locked(const std::filesystem::path& path) {
    TRY_ASSIGN(auto db, sqlite::Database::open(path, {.mode = sqlite::OpenMode::read_write,
                                                      .cache_kib = cache_kib,
                                                      .untrusted = true,
                                                      .exclusive = true}));
    TRY(db.lock());
    TRY_ASSIGN(auto descriptor, files::open_for_reading(path));
    return LockedFile{std::move(descriptor), std::move(db)};
}

Result<void> create_file(const std::filesystem::path& path, TimestampMs now) {
    const auto draft = draft_path(path);
    TRY_ASSIGN(auto db, sqlite::Database::open(draft, {.mode = sqlite::OpenMode::create}));
    TRY(db.execute("pragma page_size = 4096"));
    TRY(create_collection(db, now));
    TRY(db.close());
    return sqlite::move_into_place(draft, path);
}

// Replaces the file by an upgraded copy of it; `old` is closed.
Result<void> upgrade_file(const std::filesystem::path& path, LockedFile old, int version,
                          TimestampMs now) {
    const auto draft = draft_path(path);
    TRY(checkpoint(old.db));
    TRY(files::copy_file(old.descriptor, draft));
    TRY_ASSIGN(auto db, sqlite::Database::open(draft, {.mode = sqlite::OpenMode::read_write}));
    TRY(upgrade_to_newest(db, version, to_secs(now)));
    TRY(db.close());
    TRY(old.db.close());
    return sqlite::move_into_place(draft, path);
}

// Rows that a foreign program left pending become the collection's, which is dated so that clients
// look.
Result<void> adopt_foreign_rows(sqlite::Database& db, TimestampMs now) {
    TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
    TRY_ASSIGN(const auto repaired, repair_usns(db));
    if (repaired == 0) {
        return {};
    }
    const auto sql = "update col set mod = max(mod + 1, " + std::to_string(now.value) + ")";
    TRY(db.execute(sql.c_str()));
    return transaction.commit();
}

// What is wrong with a stored file is never the peer's fault. SQLite does not say why it cannot
// make files of its own beside it.
Error as_stored(Error error, const std::filesystem::path& path) {
    if (error.kind == ErrorKind::busy) {
        error.context = "another program has the collection open";
    }
    if (::access(path.parent_path().c_str(), W_OK | X_OK) != 0) {
        error.context +=
            "; the folder cannot be written: " + std::generic_category().message(errno);
    }
    if (error.kind != ErrorKind::busy && error.kind != ErrorKind::storage) {
        error.kind = ErrorKind::damaged;
    }
    return error;
}

}  // namespace

Result<void> CollectionStore::Impl::open(TimestampMs now) {
    const auto identity = files::identity_of(path);
    const bool missing = !identity && identity.error().kind == ErrorKind::not_found;
    if (!identity && !missing) {
        return identity.error();
    }
    TRY_ASSIGN(const auto log_size, files::size_of(sqlite::log_path(path)));
    const bool is_known = known_rows && identity && *identity == known_rows->file && log_size == 0;
    kept_counts.begin_with(is_known ? std::optional(known_rows->counts) : std::nullopt);
    known_rows.reset();
    if (missing || (identity->size == 0 && log_size == 0)) {
        TRY(create_file(path, now));
    }
    TRY_ASSIGN(auto locked, open_locked(path));
    TRY_ASSIGN(const int version, schema_version(locked.db));
    if (version == schema_newest) {
        file.emplace(std::move(locked));
    } else {
        TRY(upgrade_file(path, std::move(locked), version, now));
        TRY_ASSIGN(auto upgraded, open_locked(path));
        file.emplace(std::move(upgraded));
    }
    if (!is_known) {  // else nobody else has written to it
        TRY(adopt_foreign_rows(file->db, now));
    }
    file->db.watch_rows(kept_counts);
    return {};
}

Result<void> CollectionStore::Impl::close() {
    statements.clear();
    notetype_shapes.clear();
    if (!file) {
        return {};
    }
    if (file->db.in_transaction()) {
        TRY(file->db.execute("rollback"));
    }
    auto written_back = checkpoint(file->db);
    auto closed = file->db.close();
    file.reset();
    TRY(std::move(written_back));
    TRY(std::move(closed));
    TRY_ASSIGN(const auto left, files::size_of(sqlite::log_path(path)));
    if (left != 0) {
        return fail(ErrorKind::storage, "a log is left");
    }
    if (kept_counts.now()) {
        TRY_ASSIGN(const auto identity, files::identity_of(path));
        known_rows = {.file = identity, .counts = *kept_counts.now()};
    }
    return {};
}

Result<sqlite::Database*> CollectionStore::Impl::database() {
    if (!file) {
        return fail(ErrorKind::storage, "the collection is closed");
    }
    return &file->db;
}

Result<Query> CollectionStore::Impl::query(std::string_view sql) {
    TRY_ASSIGN(auto* const db, database());
    return statements.query(*db, sql);
}

QuerySource CollectionStore::Impl::query_source() {
    return [this](std::string_view sql) { return query(sql); };
}

Result<void> CollectionStore::Impl::expect_transaction() {
    TRY_ASSIGN(auto* const db, database());
    if (!db->in_transaction()) {
        return fail(ErrorKind::storage, "there is no transaction");
    }
    return {};
}

Result<CollectionStore> CollectionStore::open(const std::filesystem::path& path, TimestampMs now,
                                              const std::optional<KnownRows>& known) {
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->known_rows = known;
    remove_draft(path);
    if (auto opened = impl->open(now); !opened) {
        remove_draft(path);
        return as_stored(std::move(opened).error(), path);
    }
    CollectionStore store(std::move(impl));
    TRY_ASSIGN(store.impl_->committed, store.state());
    return store;
}

CollectionStore::CollectionStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CollectionStore::CollectionStore(CollectionStore&&) noexcept = default;
CollectionStore& CollectionStore::operator=(CollectionStore&&) noexcept = default;
CollectionStore::~CollectionStore() = default;

const CollectionState& CollectionStore::committed() const { return impl_->committed; }

bool CollectionStore::in_transaction() const {
    return impl_->file && impl_->file->db.in_transaction();
}

const std::filesystem::path& CollectionStore::path() const { return impl_->path; }

Result<void> CollectionStore::begin() {
    TRY_ASSIGN(auto* const db, impl_->database());
    return db->execute("begin immediate");
}

Result<void> CollectionStore::commit() {
    TRY(impl_->expect_transaction());
    auto next = state();
    auto done = next ? impl_->file->db.execute("commit") : Result<void>(next.error());
    if (!done) {
        rollback();
        return done;
    }
    impl_->committed = *next;
    impl_->kept_counts.commit();
    impl_->file->db.trim_cache(kept_cache_bytes);
    return {};
}

void CollectionStore::rollback() {
    impl_->notetype_shapes.clear();
    if (in_transaction()) {
        // It can only fail if SQLite has rolled back already.
        (void)impl_->file->db.execute("rollback");
        impl_->file->db.trim_cache(kept_cache_bytes);
    }
}

Result<CollectionState> CollectionStore::state() {
    TRY_ASSIGN(auto query, impl_->query("select mod, scm, usn, ls, crt, "
                                        "not exists (select 1 from cards) from col"));
    TRY_ASSIGN(const auto* const row, query.next_row());
    if (row == nullptr) {
        return fail(ErrorKind::storage, "table col has no row");
    }
    return CollectionState{.modified = {row->int64(0)},
                           .schema_modified = {row->int64(1)},
                           .usn = {std::max(clamp_to<std::int32_t>(row->int64(2)), 0)},
                           .last_sync = {row->int64(3)},
                           .created = {row->int64(4)},
                           .empty = row->int64(5) != 0};
}

Result<void> CollectionStore::commit(const CollectionState& state) {
    TRY(set_state(state));
    return commit();
}

Result<void> CollectionStore::set_state(const CollectionState& state) {
    TRY(impl_->expect_transaction());
    TRY_ASSIGN(auto query,
               impl_->query("update col set mod = ?, scm = ?, usn = ?, ls = ?, crt = ?"));
    return query.run(state.modified, state.schema_modified, state.usn, state.last_sync,
                     state.created);
}

Result<void> CollectionStore::copy_to(const std::filesystem::path& target) {
    TRY_ASSIGN(auto* const db, impl_->database());
    if (!db->in_transaction()) {
        (void)checkpoint(*db);  // saves a copy of the log; whatever stays in it is copied
    }
    TRY(files::copy_file(impl_->file->descriptor, target));
    // Frames of a running transaction lie behind the last commit record: whoever opens the copy
    // recovers the log up to that record.
    const auto log = sqlite::log_path(impl_->path);
    auto copied = [&]() -> Result<void> {
        TRY_ASSIGN(const auto size, files::size_of(log));
        if (size == 0) {
            return {};
        }
        TRY_ASSIGN(const auto source, files::open_for_reading(log));
        return files::copy_file(source, sqlite::log_path(target));
    }();
    if (!copied) {
        ::unlink(target.c_str());
    }
    return copied;
}

Result<void> CollectionStore::replace_with(const std::filesystem::path& upload, TimestampMs now) {
    CHECK(!in_transaction());
    auto usable = [&]() -> Result<void> {
        TRY_ASSIGN(auto replacement, open_locked(upload));
        TRY_ASSIGN(const int version, schema_version(replacement.db));
        if (version != schema_newest) {
            return fail(ErrorKind::internal, "the replacement is not upgraded");
        }
        TRY(checkpoint(replacement.db));
        return replacement.db.close();
    }();
    if (!usable) {  // it was, when it was checked
        return as_stored(std::move(usable).error(), upload);
    }
    auto replaced = impl_->close();
    if (replaced) {
        replaced = sqlite::move_into_place(upload, impl_->path);
    }
    if (auto opened = impl_->open(now); !opened) {
        return as_stored(std::move(opened).error(), impl_->path);
    }
    TRY_ASSIGN(impl_->committed, state());
    return replaced;
}

Result<void> CollectionStore::close() { return impl_->close(); }

const std::optional<KnownRows>& CollectionStore::known_rows() const { return impl_->known_rows; }

}  // namespace ankiwire::collection
