// Puts a backup into a data folder that no server is working on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "backup/backup.hpp"
#include "backup/tally.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace ankiwire::backup {

// In the data folder, while a restore runs: accounts that are not complete yet.
inline constexpr std::string_view restore_folder_name = ".ankiwire.restore";

struct RestoreOptions {
    std::filesystem::path from;      // a backup, or the folder of backups: then the newest
    std::filesystem::path accounts;  // SYNC_BASE; the caller has its lock
    std::string account;             // only this one; empty: all
};

struct Restored {
    std::filesystem::path from;
    std::optional<std::filesystem::path> newer_partial;  // a backup that was not chosen
    std::size_t accounts = 0;
    std::size_t failed = 0;
    bool lacks_any = false;  // something was left out, or an account failed
};

// Each account appears when it is complete, on disk and checked. After an error none is there, but
// for those that were in place when the disk failed, each of them whole. A device that has not
// synced since the backup goes on by normal syncs, one that has is asked (R-STORE-18).
Result<Restored> restore(const RestoreOptions& options, TimestampMs now, const TellAccount& tell);

}  // namespace ankiwire::backup
