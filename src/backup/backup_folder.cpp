#include "backup/backup_folder.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <system_error>

namespace ankiwire::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view pattern = "0000-00-00T00-00-00Z";
constexpr const char* name_format = "%Y-%m-%dT%H-%M-%SZ";
constexpr std::string_view partial_ending = ".partial";
constexpr const char* unfinished_name = ".incomplete";
constexpr const char* lock_name = ".ankiwire-backup.lock";

std::string name_of(TimestampMs time) {
    const auto seconds = static_cast<std::time_t>(to_secs(time).value);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 32> text{};
    const auto size = std::strftime(text.data(), text.size(), name_format, &utc);
    return {text.data(), size};
}

// Precondition: a name of a backup.
TimestampMs time_of(const std::string& name) {
    std::tm utc{};
    ::strptime(name.c_str(), name_format, &utc);
    return {std::int64_t{1000} * ::timegm(&utc)};
}

bool is_name_of_a_time(std::string_view name) {
    return std::ranges::equal(name, pattern, [](char c, char expected) {
        return expected == '0' ? c >= '0' && c <= '9' : c == expected;
    });
}

bool is_name_of_a_partial(std::string_view name) {
    return name.ends_with(partial_ending) &&
           is_name_of_a_time(name.substr(0, name.size() - partial_ending.size()));
}

bool is_name_of_a_backup(std::string_view name) {
    return is_name_of_a_time(name) || is_name_of_a_partial(name);
}

std::vector<fs::path> folders_in(const fs::path& folder, std::error_code& error) {
    std::vector<fs::path> found;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_directory(ignored)) {
            found.push_back(entry->path());
        }
    }
    std::ranges::sort(found);
    return found;
}

std::vector<fs::path> folders_named(const fs::path& folder, bool (*is_wanted)(std::string_view)) {
    std::error_code ignored;
    auto found = folders_in(folder, ignored);
    std::erase_if(found,
                  [&](const fs::path& path) { return !is_wanted(path.filename().native()); });
    return found;
}

// Also what cannot be looked into, so that it is told and not left out in silence.
bool may_be_account(const fs::directory_entry& entry) {
    std::error_code error;
    if (!entry.is_directory(error)) {
        return entry.is_symlink(error) && !entry.exists(error);  // a disk that is not there?
    }
    for (const auto* name : {"collection.anki2", "media.db", "versions"}) {
        if (fs::exists(entry.path() / name, error) || error) {
            return true;
        }
    }
    const auto media = entry.path() / "media";
    return fs::exists(media, error) && (!fs::is_empty(media, error) || error);
}

Error unusable(const fs::path& folder, const std::string& why) {
    return fail(ErrorKind::storage, folder.string() + " cannot be written: " + why);
}

}  // namespace

std::vector<fs::path> complete_backups(const fs::path& folder) {
    return folders_named(folder, is_name_of_a_time);
}

std::vector<fs::path> partial_backups(const fs::path& folder) {
    return folders_named(folder, is_name_of_a_partial);
}

Result<std::vector<std::string>> accounts_in(const fs::path& folder) {
    std::vector<std::string> accounts;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        auto name = entry->path().filename().native();
        if (!name.starts_with(own_name_prefix) && may_be_account(*entry)) {
            accounts.push_back(std::move(name));
        }
    }
    if (error) {
        return fail(ErrorKind::not_found, folder.string() + " cannot be read: " + error.message());
    }
    std::ranges::sort(accounts);
    return accounts;
}

Result<BackupFolder> BackupFolder::lock(const fs::path& folder) {
    if (auto made = files::make_folders(folder); !made) {
        return unusable(folder, made.error().context);
    }
    auto file = files::lock(folder / lock_name);
    if (!file && file.error().kind == ErrorKind::busy) {
        return fail(ErrorKind::busy, "another backup is being made in " + folder.string());
    }
    if (!file) {
        return unusable(folder, file.error().context);
    }
    return BackupFolder(folder, std::move(file).value());
}

Result<fs::path> BackupFolder::begin() {
    auto path = folder_ / unfinished_name;
    auto made = files::remove_folder(path);
    if (made) {
        made = files::make_private_folder(path);
    }
    if (!made) {
        return unusable(folder_, made.error().context);
    }
    return path;
}

Result<fs::path> BackupFolder::finish(TimestampMs now, bool partial) {
    if (const auto earlier = folders_named(folder_, is_name_of_a_backup); !earlier.empty()) {
        now = std::max(now, TimestampMs{time_of(earlier.back().filename()).value + 1000});
    }
    const auto path =
        folder_ / (name_of(now) + (partial ? std::string(partial_ending) : std::string()));
    const auto done = [&]() -> Result<void> {
        TRY(files::sync_file_system(lock_));
        TRY(files::rename(folder_ / unfinished_name, path));
        return files::sync_to_disk(folder_);
    }();
    if (!done) {
        return unusable(folder_, done.error().context);
    }
    return path;
}

void BackupFolder::discard() {
    // What cannot be removed now is removed by the next run.
    static_cast<void>(files::remove_folder(folder_ / unfinished_name));
}

std::optional<fs::path> BackupFolder::newest_of(const std::string& account) const {
    std::error_code ignored;
    std::optional<fs::path> newest;
    for (const auto& path : folders_named(folder_, is_name_of_a_backup)) {
        if (fs::exists(path / account, ignored)) {
            newest = path / account;
        }
    }
    return newest;
}

// Half of a backup must not have its name, not even after a power cut.
Result<void> BackupFolder::remove(const fs::path& backup) {
    const auto unfinished = folder_ / unfinished_name;
    TRY(files::rename(backup, unfinished));
    TRY(files::sync_to_disk(folder_));
    return files::remove_folder(unfinished);
}

Result<void> BackupFolder::keep(std::size_t count) {
    const auto complete = complete_backups(folder_);
    if (complete.size() <= count) {
        return {};
    }
    const auto& oldest_kept = complete[complete.size() - count];
    for (const auto& path : folders_named(folder_, is_name_of_a_backup)) {
        if (path < oldest_kept) {
            TRY(remove(path));
        }
    }
    return {};
}

}  // namespace ankiwire::backup
