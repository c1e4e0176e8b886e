#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "backup/backup.hpp"
#include "backup/restore.hpp"
#include "backup/users_env.hpp"
#include "base/clock.hpp"
#include "server/commands.hpp"
#include "server/data_folder.hpp"

namespace ankiwire::server {
namespace {

std::string text_of(const backup::Tally& tally) {
    return fmt::format("{:.1f} MB in {} files copied, {} files linked",
                       static_cast<double>(tally.bytes_copied) / 1e6, tally.files_copied,
                       tally.files_linked);
}

// One line for each account, and one for each thing that is wrong with it.
void tell_account(const std::string& account, const Result<backup::Tally>& outcome) {
    if (!outcome) {
        fmt::print(stderr, "ankiwire: {}: NOT DONE: {}\n", account, outcome.error().context);
        return;
    }
    fmt::print("{}: {}\n", account, text_of(*outcome));
    for (const auto* left_out : {&outcome->missing, &outcome->unreadable}) {
        for (const auto& words : *left_out) {
            fmt::print(stderr, "ankiwire: {}: LEFT OUT: {}\n", account, words);
        }
    }
}

}  // namespace

int back_up(const Environment& environment, const std::string& directory, std::size_t keep) {
    const auto base = base_folder(environment);
    if (!base) {
        return report(base.error());
    }
    const auto users = backup::users_env(environment);
    const auto made = backup::back_up(
        {.accounts = *base, .directory = directory, .users_env = users, .keep = keep}, system_now(),
        tell_account);
    if (!made) {
        return report(made.error());
    }
    if (users.empty()) {
        fmt::print(stderr,
                   "ankiwire: users and passwords are not in the backup: no SYNC_USER1 … is set "
                   "here\n");
    }
    fmt::print("total of {} users: {}, in {}\n", made->accounts - made->failed,
               text_of(made->total), made->folder.string());
    if (made->failed > 0) {
        return report(fail(ErrorKind::damaged,
                           fmt::format("{} of {} users could not be saved: the backup is partial",
                                       made->failed, made->accounts)));
    }
    return made->lacks_any ? exit_status::failed : 0;
}

int restore_backup(const Environment& environment, const std::string& from,
                   const std::string& user) {
    const auto base = base_folder(environment);
    if (!base) {
        return report(base.error());
    }
    const auto lock = DataFolder::lock(*base);
    if (!lock) {
        return report(lock.error());
    }
    const auto restored = backup::restore({.from = from, .accounts = *base, .account = user},
                                          system_now(), tell_account);
    if (!restored) {
        return report(restored.error());
    }
    fmt::print("restored {} users from {}\n", restored->accounts - restored->failed,
               restored->from.string());
    if (restored->newer_partial) {
        fmt::print(stderr, "ankiwire: newer, but partial, and not taken: {}\n",
                   restored->newer_partial->string());
    }
    const auto users = restored->from / "users.env";
    std::error_code ignored;
    if (std::filesystem::exists(users, ignored)) {
        fmt::print("their names and passwords are in {}\n", users.string());
    }
    return restored->lacks_any ? exit_status::failed : 0;
}

}  // namespace ankiwire::server
