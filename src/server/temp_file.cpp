#include "server/temp_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <random>
#include <regex>
#include <string>
#include <system_error>

#include "media/media_store.hpp"
#include "sqlite/database_file.hpp"

namespace ankiwire::server {

TempFile::TempFile(const std::filesystem::path& folder, std::string_view purpose) {
    std::random_device random;
    path_ = folder / fmt::format("{}-{:08x}{:08x}.tmp", purpose, random(), random());
}

void TempFile::remove() {
    if (!path_.empty()) {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
        sqlite::remove_logs(path_);
        path_.clear();
    }
}

void remove_stale_temp_files(const std::filesystem::path& folder) {
    static const std::regex pattern("[a-z]+-[0-9a-f]{16}\\.tmp.*");
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (std::regex_match(entry->path().filename().string(), pattern)) {
            std::error_code ignored;
            std::filesystem::remove(entry->path(), ignored);
        }
    }
}

void remove_stale_temp_files_of_account(const std::filesystem::path& account_folder) {
    remove_stale_temp_files(account_folder);
    remove_stale_temp_files(media::staging_folder(account_folder));
}

}  // namespace ankiwire::server
