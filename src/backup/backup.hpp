// A backup of a whole data folder while a server may be working on it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "backup/tally.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace ankiwire::backup {

struct BackupOptions {
    std::filesystem::path accounts;   // SYNC_BASE
    std::filesystem::path directory;  // gets one folder more
    std::string users_env;            // becomes the file users.env, if not empty
    std::size_t keep = 0;             // complete backups that stay if nothing is left out; 0: all
};

struct Backup {
    std::filesystem::path folder;
    std::size_t accounts = 0;
    std::size_t failed = 0;   // of them: those that could not be saved
    bool is_partial = false;  // something could not be read
    bool lacks_any = false;   // or is missing in the data folder itself
    Tally total;              // without what is left out
};

// Told as each account is done.
using TellAccount = std::function<void(const std::string& account, const Result<Tally>& outcome)>;

// An error: the older backups are as they were, but for those that were to be removed; a new one,
// if there is one, is whole.
Result<Backup> back_up(const BackupOptions& options, TimestampMs now, const TellAccount& tell);

}  // namespace ankiwire::backup
