#include "media/media_db.hpp"

#include <algorithm>
#include <utility>

#include "base/hex.hpp"
#include "files/files.hpp"
#include "sqlite/database_file.hpp"

namespace ankiwire::media {
namespace {

constexpr std::int64_t form_newest = 4;

constexpr auto create_form_4 = R"sql(
begin exclusive;
create table media (
    fname text not null primary key,
    csum blob not null,
    size int not null,  -- 0: the file was deleted
    usn int not null,
    mtime int not null
);
create index ix_usn on media (usn);
create table meta (
    last_usn int not null,
    total_bytes int not null,
    total_nonempty_files int not null
);
insert into meta values (0, 0, 0);
pragma user_version = 4;
commit;
)sql";

// In form 3 a deletion had no checksum, and is lost: clients that have seen it have no use for it,
// and the official server drops it, too.
constexpr auto form_3_to_4 = R"sql(
begin exclusive;
alter table media rename to media_of_form_3;
drop index ix_usn;
create table media (
    fname text not null primary key,
    csum blob not null,
    size int not null,
    usn int not null,
    mtime int not null
);
create index ix_usn on media (usn);
insert into media select fname, csum, sz, usn, deleted from media_of_form_3
    where csum is not null;
drop table media_of_form_3;
alter table meta rename to meta_of_form_3;
create table meta (
    last_usn int not null,
    total_bytes int not null,
    total_nonempty_files int not null
);
insert into meta select max(coalesce(max(usn), 0), (select max(usn) from meta_of_form_3)),
    coalesce(sum(size), 0), count(case when size > 0 then 1 end) from media;
drop table meta_of_form_3;
pragma user_version = 4;
commit;
)sql";

constexpr std::string_view select_counters =
    "select last_usn, total_bytes, total_nonempty_files from meta";
constexpr std::string_view update_counters =
    "update meta set last_usn = ?, total_bytes = ?, total_nonempty_files = ?";
constexpr std::string_view select_row = "select csum, size, usn from media where fname = ?";
constexpr std::string_view upsert_row =
    "insert or replace into media (fname, csum, size, usn, mtime) values (?, ?, ?, ?, ?)";
constexpr std::string_view delete_row = "delete from media where fname = ?";
constexpr std::string_view select_changes =
    "select fname, usn, case when size > 0 then csum end from media "
    "where usn > ? order by usn limit ?";

}  // namespace

Result<MediaDb> MediaDb::open(const std::filesystem::path& path) {
    const auto existing = files::identity_of(path);
    if (!existing && existing.error().kind == ErrorKind::not_found) {
        sqlite::remove_logs(path);  // of one that was moved away
    }
    TRY_ASSIGN(auto database,
               sqlite::Database::open(
                   path, {.mode = sqlite::OpenMode::create, .cache_kib = 512, .exclusive = true}));
    MediaDb db(std::move(database));
    // The official server locks it in the same way: neither opens what the other one has open.
    TRY(db.db_->lock());
    TRY(db.bring_up_to_date());
    TRY_ASSIGN(const auto counters, db.read_counters());
    db.last_usn_ = counters.last_usn;
    return db;
}

Result<void> MediaDb::bring_up_to_date() {
    TRY_ASSIGN(const auto form, db_->query_int64("pragma user_version"));
    if (form > form_newest) {
        return fail(ErrorKind::damaged, "media.db is of a newer form");
    }
    if (form == form_newest) {
        return {};
    }
    const auto done = db_->execute(form == 3 ? form_3_to_4 : create_form_4);
    if (!done && db_->in_transaction()) {
        static_cast<void>(db_->execute("rollback"));
    }
    return done;
}

Result<MediaDb::Counters> MediaDb::read_counters() {
    TRY_ASSIGN(auto query, statements_.query(*db_, select_counters));
    TRY_ASSIGN(const auto* row, query.bind().next_row());
    if (row == nullptr) {
        return fail(ErrorKind::damaged, "media.db has lost its counters");
    }
    return Counters{.last_usn = {static_cast<std::int32_t>(row->int64(0))},
                    .bytes = row->int64(1),
                    .files = row->int64(2)};
}

Result<std::int64_t> MediaDb::file_count() {
    TRY_ASSIGN(const auto counters, read_counters());
    return counters.files;
}

Result<std::vector<MediaChange>> MediaDb::changes_after(MediaUsn usn, std::size_t changes_max) {
    std::vector<MediaChange> changes;
    TRY_ASSIGN(auto query, statements_.query(*db_, select_changes));
    TRY(query.bind(usn, changes_max).for_each([&](const sqlite::Statement& row) -> Result<void> {
        changes.push_back({.name = std::string(row.text(0)),
                           .usn = {static_cast<std::int32_t>(row.int64(1))},
                           .sha1_hex = hex_of(row.blob(2))});
        return {};
    }));
    return changes;
}

Result<std::optional<MediaRow>> MediaDb::find(std::string_view name) {
    TRY_ASSIGN(auto query, statements_.query(*db_, select_row));
    TRY_ASSIGN(const auto* row, query.bind(name).next_row());
    if (row == nullptr) {
        return std::optional<MediaRow>();
    }
    return std::optional(MediaRow{.sha1 = Sha1(row->blob(0)),
                                  .bytes = row->int64(1),
                                  .usn = {static_cast<std::int32_t>(row->int64(2))}});
}

Result<void> MediaDb::begin() {
    TRY(db_->execute("begin immediate"));
    auto counters = read_counters();
    if (!counters) {
        rollback();
        return std::move(counters).error();
    }
    counters_ = *counters;
    return {};
}

Result<void> MediaDb::commit() {
    {
        TRY_ASSIGN(auto query, statements_.query(*db_, update_counters));
        // Never negative, even if a foreign hand took rows away: the official server could not read
        // that.
        TRY(query.run(counters_.last_usn, std::max<std::int64_t>(counters_.bytes, 0),
                      std::max<std::int64_t>(counters_.files, 0)));
    }
    has_failed_commit_ = true;
    TRY(db_->execute("commit"));
    has_failed_commit_ = false;
    last_usn_ = counters_.last_usn;
    return {};
}

Result<void> MediaDb::bury_failed_commit() {
    if (!has_failed_commit_) {
        return {};
    }
    // Takes its place in the log: a pragma writes its page even if it changes nothing.
    const auto sql = "pragma user_version = " + std::to_string(form_newest);
    TRY(db_->execute(sql.c_str()));
    has_failed_commit_ = false;
    return {};
}

void MediaDb::rollback() {
    if (db_->in_transaction()) {
        static_cast<void>(db_->execute("rollback"));
    }
}

Result<void> MediaDb::take_usn() {
    if (counters_.last_usn.value == INT32_MAX) {
        return fail(ErrorKind::inconsistent_data, "the media usn cannot grow any more");
    }
    ++counters_.last_usn.value;
    return {};
}

Result<void> MediaDb::write_row(std::string_view name, const MediaRow& row, TimestampSecs now) {
    TRY(take_usn());
    TRY_ASSIGN(auto query, statements_.query(*db_, upsert_row));
    return query.run(name, sqlite::Blob{row.sha1}, row.bytes, counters_.last_usn, now);
}

Result<void> MediaDb::put(std::string_view name, const MediaRow& row, TimestampSecs now) {
    TRY_ASSIGN(const auto old, find(name));
    if (old && old->is_live()) {
        counters_.bytes -= old->bytes;
        --counters_.files;
    }
    counters_.bytes += row.bytes;
    ++counters_.files;
    return write_row(name, row, now);
}

Result<void> MediaDb::remove(std::string_view name, const MediaRow& old, TimestampSecs now) {
    counters_.bytes -= old.bytes;
    --counters_.files;
    return write_row(name, {.sha1 = old.sha1, .bytes = 0}, now);
}

Result<void> MediaDb::forget(std::string_view name, const MediaRow& old) {
    TRY(take_usn());
    counters_.bytes -= old.bytes;
    --counters_.files;
    TRY_ASSIGN(auto query, statements_.query(*db_, delete_row));
    return query.run(name);
}

Result<void> MediaDb::close() {
    statements_.clear();
    return db_->close();
}

}  // namespace ankiwire::media
