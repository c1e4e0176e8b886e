#include "backup/backup.hpp"

#include <algorithm>
#include <system_error>

#include "backup/account_backup.hpp"
#include "backup/backup_folder.hpp"
#include "files/files.hpp"

namespace ankiwire::backup {
namespace {

namespace fs = std::filesystem;

bool is_within(const fs::path& inner, const fs::path& outer) {
    std::error_code ignored;
    const auto real_inner = fs::weakly_canonical(inner, ignored);
    const auto real_outer = fs::weakly_canonical(outer, ignored);
    const auto [outer_end, inner_end] = std::ranges::mismatch(real_outer, real_inner);
    return outer_end == real_outer.end();
}

Result<void> save_users(const fs::path& folder, const std::string& users_env) {
    if (users_env.empty()) {
        return {};
    }
    TRY_ASSIGN(const auto file, files::create(folder / "users.env"));
    return files::write_all(file, users_env);
}

Result<Backup> make(const BackupOptions& options, const std::vector<std::string>& accounts,
                    BackupFolder& folder, TimestampMs now, const TellAccount& tell) {
    TRY_ASSIGN(const auto unfinished, folder.begin());
    Backup backup;
    for (const auto& account : accounts) {
        auto outcome = back_up_account(options.accounts / account, unfinished / account,
                                       folder.newest_of(account));
        if (!outcome && outcome.error().kind == ErrorKind::storage) {
            return fail(ErrorKind::storage, options.directory.string() +
                                                " cannot be written: " + outcome.error().context);
        }
        ++backup.accounts;
        if (outcome) {
            backup.total.bytes_copied += outcome->bytes_copied;
            backup.total.files_copied += outcome->files_copied;
            backup.total.files_linked += outcome->files_linked;
            backup.is_partial |= !outcome->unreadable.empty();
            backup.lacks_any |= !outcome->missing.empty();
        } else {
            ++backup.failed;
            backup.is_partial = true;
            TRY(files::remove_folder(unfinished / account));
        }
        tell(account, outcome);
    }
    if (backup.failed == backup.accounts) {
        return fail(ErrorKind::damaged, "no account could be saved");
    }
    TRY(save_users(unfinished, options.users_env));
    backup.lacks_any |= backup.is_partial;
    TRY_ASSIGN(backup.folder, folder.finish(now, backup.is_partial));
    return backup;
}

}  // namespace

Result<Backup> back_up(const BackupOptions& options, TimestampMs now, const TellAccount& tell) {
    TRY_ASSIGN(const auto accounts, accounts_in(options.accounts));
    if (accounts.empty()) {
        return fail(ErrorKind::not_found,
                    "there is no account in " + options.accounts.string() + "; is SYNC_BASE set?");
    }
    if (is_within(options.directory, options.accounts)) {
        return fail(ErrorKind::malformed, "a backup cannot be made inside of the data folder " +
                                              options.accounts.string());
    }
    TRY_ASSIGN(auto folder, BackupFolder::lock(options.directory));
    auto backup = make(options, accounts, folder, now, tell);
    if (!backup) {
        folder.discard();
        return backup;
    }
    if (options.keep > 0 && !backup->lacks_any) {  // an older one may have it
        if (auto kept = folder.keep(options.keep); !kept) {
            return fail(ErrorKind::storage,
                        "the backup is complete, but old ones could not be "
                        "removed: " +
                            kept.error().context);
        }
    }
    return backup;
}

}  // namespace ankiwire::backup
