// A file of a transfer on its way, in the account's folder so that it can be moved into place.
// Invariant: it is gone, with what SQLite left beside it, when its owner is.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

namespace ankiwire::server {

class TempFile {
public:
    // Only chooses the name: <folder>/<purpose>-<random>.tmp.
    TempFile(const std::filesystem::path& folder, std::string_view purpose);
    TempFile(TempFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    TempFile& operator=(TempFile&&) = delete;
    ~TempFile() { remove(); }

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    // At once, for callers on a thread that may wait for the disk.
    void remove();

private:
    std::filesystem::path path_;
};

// What a crash left in a folder. Precondition: no TempFile there is alive.
void remove_stale_temp_files(const std::filesystem::path& folder);
// The same, in all folders of an account in which there may be any.
void remove_stale_temp_files_of_account(const std::filesystem::path& account_folder);

}  // namespace ankiwire::server
