// The folder of all accounts (SYNC_BASE), owned by one process at a time.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "files/files.hpp"

namespace ankiwire::server {

inline constexpr std::string_view data_folder_lock_name = ".ankiwire.lock";

// Holds the folder's lock file for as long as it lives.
class DataFolder {
public:
    // Makes the folder if need be. busy: another ankiwire has it. storage: it cannot be written.
    static Result<DataFolder> lock(const std::filesystem::path& base);

    // Why lock() could not make or write the folder; empty if it could. Changes nothing.
    static std::string problem(const std::filesystem::path& base);

private:
    explicit DataFolder(files::FileDescriptor file) : file_(std::move(file)) {}
    files::FileDescriptor file_;
};

}  // namespace ankiwire::server
