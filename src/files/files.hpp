// Files as the kernel sees them: copies, and replacements that survive a crash. All errors are
// `storage`, but not_found where a function says so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace ankiwire::files {

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

// not_found: there is no such file. A folder or a pipe is opened, too, without waiting.
Result<FileDescriptor> open_for_reading(const std::filesystem::path& path);
// A new file, for its owner alone; an error if there is one of that name.
Result<FileDescriptor> create(const std::filesystem::path& path);

Result<void> write_all(const FileDescriptor& file, std::string_view bytes);
// Fills `buffer` from `offset` on, up to the end of the file; returns how much that was.
Result<std::size_t> read_at(const FileDescriptor& file, std::uint64_t offset, char* buffer,
                            std::size_t size);
Result<std::uint64_t> size_of(const FileDescriptor& file);
// 0 if there is no such file.
Result<std::uint64_t> size_of(const std::filesystem::path& path);

bool is_regular_file(const FileDescriptor& file);

// What tells whether a file is still the same one, and unchanged.
struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
};
Result<Identity> identity_of(const FileDescriptor& file);
// not_found: there is no such file.
Result<Identity> identity_of(const std::filesystem::path& path);

Result<bool> have_equal_bytes(const std::filesystem::path& a, const std::filesystem::path& b);

// Copies all of `source` to the new file `target`: a reflink if the file system can, else in the
// kernel, else through a small buffer. damaged: the source cannot be read; storage: the target
// cannot be written. After an error there is no `target`.
Result<void> copy_file(const FileDescriptor& source, const std::filesystem::path& target);

// Gives the file `from` the new name `to` as well. False: this file system cannot, or not once
// more.
Result<bool> hard_link(const std::filesystem::path& from, const std::filesystem::path& to);

// Replaces `to`, if there is one, in one step.
Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to);
// The same from another file system, where a rename cannot go: `from` becomes `draft`, a file
// beside `to` that may be there already, is synced to disk, and takes the name.
Result<void> move(const std::filesystem::path& from, const std::filesystem::path& to,
                  const std::filesystem::path& draft);
// It is no error if there is no such file.
Result<void> remove(const std::filesystem::path& path);
// A folder with those above it, each of which survives a crash.
Result<void> make_folders(const std::filesystem::path& path);
// A new folder, for its owner alone; an error if there is one of that name.
Result<void> make_private_folder(const std::filesystem::path& path);
// A folder with all that is in it. It is no error if there is none.
Result<void> remove_folder(const std::filesystem::path& path);

// Locks a file, made if need be, for as long as the descriptor lives. busy: another process has it.
// storage: the context is the system's reason alone.
Result<FileDescriptor> lock(const std::filesystem::path& path);

// Whether a path that ends in it stays in its folder: not empty, no `.` or `..`, without `/` and
// NUL.
bool is_file_name(std::string_view name);

// Writes what a file holds once more, where it is, and syncs it. For a file that an earlier process
// may have failed to sync: the kernel takes what it could not write then for written. An empty one
// is left as it is.
Result<void> write_again(const std::filesystem::path& path);

// fsync of a file or a folder.
Result<void> sync_to_disk(const std::filesystem::path& path);
Result<void> sync_to_disk(const FileDescriptor& file);
// Everything of the file system that an open file or folder is on; an error since it was opened is
// told, too.
Result<void> sync_file_system(const FileDescriptor& file);

}  // namespace ankiwire::files
