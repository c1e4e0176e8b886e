// The folder of all accounts (SYNC_BASE), owned by one process at a time.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "files/files.hpp"

namespace ankiwire::server {

inline constexpr std::string_view data_folder_lock_name = ".ankiwire.lock";

// Holds the folder's lock file for as long as it lives.
class DataFolder {
public:
    // Makes the folder if need be. busy: another ankiwire has it. storage: it cannot be written.
    static Result<DataFolder> lock(const std::filesystem::path& base);

    // busy: a program other than ankiwire has a database of an account open, such as the official
    // server. Before the process opens any of them itself.
    static Result<void> check_unused(const std::filesystem::path& base,
                                     std::span<const std::string> accounts);

    // What keeps this process from working in accounts' folders that exist, in words.
    static std::vector<std::string> unusable(const std::filesystem::path& base,
                                             std::span<const std::string> accounts);

    // Why lock() could not make or write the folder; empty if it could. Changes nothing.
    static std::string problem(const std::filesystem::path& base);

private:
    explicit DataFolder(files::FileDescriptor file) : file_(std::move(file)) {}
    files::FileDescriptor file_;
};

}  // namespace ankiwire::server
