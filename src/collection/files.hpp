// Files of a collection as the kernel sees them: copies, and replacements that survive a crash.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>

#include "base/result.hpp"

namespace ankiwire::collection {

// Owns a descriptor. Beware: closing any descriptor of a file drops all of the process's POSIX
// locks on it, SQLite's included, so one of a database must be closed after the connection to it.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    ~FileDescriptor();
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_ = -1;
};

Result<FileDescriptor> open_for_reading(const std::filesystem::path& path);

// Copies all of `source` to the new file `target`: a reflink if the file system can, else in the
// kernel, else through a small buffer. After an error there is no `target`.
Result<void> copy_file(const FileDescriptor& source, const std::filesystem::path& target);

// fsync of a file or a folder.
Result<void> sync_to_disk(const std::filesystem::path& path);

// 0 if there is no such file.
Result<std::uint64_t> size_of(const std::filesystem::path& path);

// The write-ahead log of a database.
std::filesystem::path log_path(const std::filesystem::path& database);
// Removes what SQLite may have left beside a database that nobody has open.
void remove_logs(const std::filesystem::path& database);

// Makes the closed, self-contained database `from` the database `to`, for good when it returns.
Result<void> move_into_place(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace ankiwire::collection
