#include "collection/full_sync.hpp"

#include <string>

#include "collection/schema.hpp"
#include "collection/upload_checks.hpp"
#include "files/files.hpp"
#include "sqlite/database_file.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::collection {

namespace {

// The disk's failures stay what they are; all else is the file's fault, SQL that does not fit its
// tables as well.
Error as_corrupt(Error error) {
    if (error.kind != ErrorKind::storage && error.kind != ErrorKind::busy) {
        error.kind = ErrorKind::corrupt_upload;
    }
    return error;
}

// Counts stay 0 where the file is too damaged to be counted: that is no reason not to keep it.
Result<ContentCounts> or_unknown(Result<ContentCounts> counts) {
    const bool damaged = !counts && counts.error().kind == ErrorKind::damaged;
    return damaged ? ContentCounts{} : std::move(counts);
}

Result<ContentCounts> prepare(sqlite::Database& db, TimestampSecs now) {
    TRY(db.execute("pragma temp_store = file"));
    TRY_ASSIGN(const int version, schema_version(db));
    TRY(check_structure(db));
    TRY(upgrade_to_newest(db, version, now));
    TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
    TRY(check_contents(db));
    TRY(clamp_rows(db));
    TRY(repair_usns(db));
    TRY(ensure_indexes(db));
    TRY(clear_older_columns(db));
    TRY(transaction.commit());
    return count_contents(db);
}

}  // namespace

Result<ContentCounts> validate_upload(const std::filesystem::path& file, TimestampSecs now) {
    TRY_ASSIGN(const auto size, files::size_of(file));
    if (size == 0) {
        return fail(ErrorKind::corrupt_upload, "an empty file");
    }
    auto counts = [&]() -> Result<ContentCounts> {
        TRY_ASSIGN(auto db, sqlite::Database::open(
                                file, {.mode = sqlite::OpenMode::read_write, .untrusted = true}));
        // No log: the checked file is one file. Exclusive, so that none is shared in memory either.
        TRY(db.execute("pragma locking_mode = exclusive; pragma journal_mode = delete"));
        TRY_ASSIGN(const auto result, prepare(db, now));
        TRY(db.close());
        return result;
    }();
    sqlite::remove_logs(file);
    if (!counts) {
        return as_corrupt(std::move(counts).error());
    }
    TRY(files::sync_to_disk(file));
    return counts;
}

Result<void> make_current(const std::filesystem::path& file, TimestampSecs now) {
    TRY_ASSIGN(auto db, sqlite::Database::open(
                            file, {.mode = sqlite::OpenMode::read_write, .untrusted = true}));
    TRY_ASSIGN(const int version, schema_version(db));
    TRY(upgrade_to_newest(db, version, now));
    TRY(repair_usns(db));
    return ensure_indexes(db);
}

Result<std::uint64_t> finish_snapshot(const std::filesystem::path& copy) {
    {
        TRY_ASSIGN(auto db, sqlite::Database::open(copy, {.mode = sqlite::OpenMode::read_write}));
        TRY(db.execute("pragma locking_mode = exclusive"));
        TRY(db.query_int64("pragma wal_checkpoint(truncate)"));
        TRY(db.close());
    }
    sqlite::remove_logs(copy);
    return files::size_of(copy);
}

Result<void> date_as_replacement(const std::filesystem::path& file, TimestampMs now) {
    TRY_ASSIGN(auto db, sqlite::Database::open(file, {.mode = sqlite::OpenMode::read_write}));
    TRY_ASSIGN(auto update, db.prepare("update col set mod = ?1, scm = ?1"));
    update.bind(1, now.value);
    return update.run();
}

Result<ContentCounts> count_contents(const std::filesystem::path& file) {
    TRY_ASSIGN(auto db, sqlite::Database::open(file, {.mode = sqlite::OpenMode::read_write}));
    return or_unknown(count_contents(db));
}

Result<ContentCounts> lost_contents(const std::filesystem::path& before,
                                    const std::filesystem::path& after) {
    TRY_ASSIGN(auto db, sqlite::Database::open(before, {.mode = sqlite::OpenMode::read_write}));
    TRY_ASSIGN(auto attach, db.prepare("attach ? as after"));
    attach.bind_text(1, after.native());
    TRY(attach.run());
    const auto lost = [&](const std::string& table) {
        return db.query_int64("select count(*) from main." + table +
                              " as kept where not exists (select 1 from after." + table +
                              " as other where other.id = kept.id)");
    };
    const auto all = [&]() -> Result<ContentCounts> {
        TRY_ASSIGN(const auto notes, lost("notes"));
        TRY_ASSIGN(const auto cards, lost("cards"));
        TRY_ASSIGN(const auto reviews, lost("revlog"));
        return ContentCounts{.notes = notes, .cards = cards, .reviews = reviews};
    };
    return or_unknown(all());
}

}  // namespace ankiwire::collection
