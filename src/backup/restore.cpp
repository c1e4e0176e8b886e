#include "backup/restore.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "backup/backup_folder.hpp"
#include "backup/carry.hpp"
#include "backup/media.hpp"
#include "base/fresh_usn.hpp"
#include "collection/lost_usns.hpp"
#include "files/files.hpp"
#include "sqlite/db.hpp"
#include "sqlite/live_copy.hpp"

namespace ankiwire::backup {
namespace {

namespace fs = std::filesystem;

// `folder` is in the target, `source` in the backup.
class AccountRestore {
public:
    AccountRestore(fs::path source, fs::path folder, TimestampMs now)
        : source_(std::move(source)), folder_(std::move(folder)), now_(now) {}

    Result<Tally> run() && {
        TRY(check_readable(source_));
        TRY(files::make_private_folder(folder_));
        for (const auto* name : {"collection.anki2", "ankiwire.db", collection::lost_usns_name}) {
            TRY(carry_file(source_, folder_, name, tally_));
        }
        TRY(carry_folder(source_, folder_, "versions", {}, tally_));
        if (auto raised = raise_usn_of_collection(); !raised) {
            return about("collection.anki2", std::move(raised).error());
        }
        TRY(restore_media());
        return std::move(tally_);
    }

private:
    Result<void> raise_usn_of_collection() {
        const auto path = folder_ / "collection.anki2";
        std::error_code ignored;
        if (!fs::exists(path, ignored)) {
            return {};
        }
        TRY(sqlite::check_integrity(path));
        TRY_ASSIGN(auto db, sqlite::Database::open(
                                path, {.mode = sqlite::OpenMode::read_write, .untrusted = true}));
        TRY_ASSIGN(const auto usn, db.query_int64("select usn from col"));
        TRY_ASSIGN(const auto schema_modified, db.query_int64("select scm from col"));
        TRY_ASSIGN(const auto raised, fresh_usn(usn, to_secs(now_)));
        TRY_ASSIGN(auto lost, collection::LostUsns::read(folder_, {schema_modified}));
        lost.add({static_cast<std::int32_t>(usn + 1)}, {raised - 1});
        TRY(lost.write(folder_, {schema_modified}));
        TRY(db.execute(("update col set usn = " + std::to_string(raised)).c_str()));
        return db.close();
    }

    // If the rows cannot be had, the server makes new ones of the files (R-MEDIA-24).
    Result<void> restore_media() {
        TRY(files::make_private_folder(folder_ / "media"));
        std::error_code ignored;
        if (fs::exists(source_ / "media.db", ignored)) {
            auto done = restore_media_by_rows();
            if (done || done.error().kind == ErrorKind::storage) {
                return done;
            }
            tally_.unreadable.push_back(done.error().context +
                                        "; the media files are restored without media.db");
            TRY(files::remove(folder_ / "media.db"));
        }
        return carry_folder(source_, folder_, "media", {}, tally_);
    }

    Result<void> restore_media_by_rows() {
        const auto path = folder_ / "media.db";
        TRY(carry_file(source_, folder_, "media.db", tally_));
        TRY(sqlite::check_integrity(path));
        TRY_ASSIGN(const auto wanted, live_media(path));
        MediaFiles missing;
        std::vector<std::string> names;
        for (const auto& [name, file] : wanted) {
            TRY_ASSIGN(const auto copied,
                       copy_media_file(source_ / "media", name, file, folder_ / "media" / name));
            if (copied == MediaCopy::made) {
                tally_.add_copy(static_cast<std::uint64_t>(file.size));
            } else {
                missing.emplace(name, file);
                names.push_back(name);
            }
        }
        if (!missing.empty()) {
            TRY(forget_media(path, missing));
            tally_.missing.push_back(in_words(names, "media file") +
                                     ", missing or damaged in the backup: devices that have them "
                                     "send them again");
        }
        TRY_ASSIGN(auto db, sqlite::Database::open(
                                path, {.mode = sqlite::OpenMode::read_write, .untrusted = true}));
        TRY_ASSIGN(const auto usn, db.query_int64("select last_usn from meta"));
        TRY_ASSIGN(const auto fresh, fresh_usn(usn, to_secs(now_)));
        TRY(renumber_media(db, fresh));
        return db.close();
    }

    // Each device looks at the whole list: one that is ahead would otherwise never hear of what
    // differs (R-MEDIA-26).
    static Result<void> renumber_media(sqlite::Database& db, std::int32_t above) {
        const auto number = std::to_string(above);
        TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
        TRY(db.execute(("update media set usn = " + number +
                        " + place from (select rowid as id, row_number() over (order by usn) as "
                        "place from media) where id = media.rowid")
                           .c_str()));
        TRY(db.execute(
            ("update meta set last_usn = " + number + " + (select count(*) from media)").c_str()));
        return transaction.commit();
    }

    fs::path source_;
    fs::path folder_;
    TimestampMs now_;
    Tally tally_;
};

Result<fs::path> backup_of(const fs::path& from) {
    if (const auto complete = complete_backups(from); !complete.empty()) {
        return complete.back();
    }
    if (const auto partial = partial_backups(from); !partial.empty()) {
        return fail(ErrorKind::not_found, from.string() + " has only partial backups, such as " +
                                              partial.back().string() + "; name the one to take");
    }
    if (from.filename() == ".incomplete" ||
        (!from.has_filename() && from.parent_path().filename() == ".incomplete")) {
        return fail(ErrorKind::not_found, from.string() + " was not finished");
    }
    return from;
}

Result<std::vector<std::string>> accounts_to_restore(const fs::path& from,
                                                     const RestoreOptions& options) {
    TRY_ASSIGN(auto accounts, accounts_in(from));
    if (accounts.empty()) {
        return fail(ErrorKind::not_found, "there is no backup in " + from.string());
    }
    if (!options.account.empty()) {
        if (std::ranges::find(accounts, options.account) == accounts.end()) {
            return fail(ErrorKind::not_found, from.string() + " has nothing of " + options.account);
        }
        accounts = {options.account};
    }
    for (const auto& account : accounts) {
        const auto target = options.accounts / account;
        std::error_code error;
        if (fs::exists(target, error) && !fs::is_empty(target, error)) {
            return fail(ErrorKind::busy, target.string() + " exists; move it away first");
        }
    }
    return accounts;
}

// `opened` is the folder `prepared`, from before anything was written there.
Result<void> put_in_place(const RestoreOptions& options, const std::vector<std::string>& accounts,
                          const fs::path& prepared, const files::FileDescriptor& opened) {
    TRY(files::sync_file_system(opened));
    for (const auto& account : accounts) {
        TRY(files::rename(prepared / account, options.accounts / account));
    }
    return files::sync_to_disk(options.accounts);
}

}  // namespace

Result<Restored> restore(const RestoreOptions& options, TimestampMs now, const TellAccount& tell) {
    Restored restored;
    TRY_ASSIGN(restored.from, backup_of(options.from));
    if (const auto partial = partial_backups(options.from);
        !partial.empty() && partial.back() > restored.from) {
        restored.newer_partial = partial.back();
    }
    TRY_ASSIGN(const auto accounts, accounts_to_restore(restored.from, options));
    const auto prepared = options.accounts / restore_folder_name;
    auto done = [&]() -> Result<void> {
        TRY(files::remove_folder(prepared));
        TRY(files::make_private_folder(prepared));
        TRY_ASSIGN(const auto opened, files::open_for_reading(prepared));
        std::vector<std::string> good;
        for (const auto& account : accounts) {
            const auto outcome =
                AccountRestore(restored.from / account, prepared / account, now).run();
            if (!outcome && outcome.error().kind == ErrorKind::storage) {
                return outcome.error();
            }
            tell(account, outcome);
            if (outcome) {
                good.push_back(account);
                restored.lacks_any |= !outcome->missing.empty() || !outcome->unreadable.empty();
            }
        }
        restored.accounts = accounts.size();
        restored.failed = accounts.size() - good.size();
        restored.lacks_any |= restored.failed > 0;
        return put_in_place(options, good, prepared, opened);
    }();
    static_cast<void>(files::remove_folder(prepared));  // else the next one does
    if (!done) {
        return fail(done.error().kind,
                    options.accounts.string() + " cannot be written: " + done.error().context);
    }
    return restored;
}

}  // namespace ankiwire::backup
