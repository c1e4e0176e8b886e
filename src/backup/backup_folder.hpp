// The folder that backups are made in: DIR/<UTC time as 2026-11-24T18-49-53Z>/<user>/…
// Invariants: a name of that form is a complete backup, on disk. One that lacks what could not be
// read has ".partial" at its end, one that is being made or removed is .incomplete. A name is above
// those of all earlier backups, whatever the clock does. One process at a time makes backups.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "files/files.hpp"

namespace ankiwire::backup {

// In a data folder: names that begin so are of ankiwire itself, not of accounts.
inline constexpr std::string_view own_name_prefix = ".ankiwire.";

// Oldest first.
std::vector<std::filesystem::path> complete_backups(const std::filesystem::path& folder);
std::vector<std::filesystem::path> partial_backups(const std::filesystem::path& folder);

// The folders below `folder` that are accounts, by name.
Result<std::vector<std::string>> accounts_in(const std::filesystem::path& folder);

class BackupFolder {
public:
    // Makes the folder if need be. busy: a backup is being made there. storage: it cannot be
    // written.
    static Result<BackupFolder> lock(const std::filesystem::path& folder);

    // An empty folder for a new backup; what a run that broke off has left is gone.
    Result<std::filesystem::path> begin();
    // Everything is on disk, and then has its name, which is returned. After an error it has none,
    // or may lose it with the power.
    Result<std::filesystem::path> finish(TimestampMs now, bool partial);
    void discard();

    // The newest backup that has this account; the one that is being made is none.
    [[nodiscard]] std::optional<std::filesystem::path> newest_of(const std::string& account) const;
    // Removes all but the newest `count` complete backups, at least one, and partial ones older
    // than those.
    Result<void> keep(std::size_t count);

private:
    BackupFolder(std::filesystem::path folder, files::FileDescriptor lock)
        : folder_(std::move(folder)), lock_(std::move(lock)) {}
    Result<void> remove(const std::filesystem::path& backup);

    std::filesystem::path folder_;
    files::FileDescriptor lock_;  // open all the time, so that it is told what could not be written
};

}  // namespace ankiwire::backup
