#include "files/files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace ankiwire::files {
namespace {

Error system_failure(const char* what, int error) {
    return fail(ErrorKind::storage,
                std::string(what) + ": " + std::generic_category().message(error));
}

Error missing_or_failure(const char* what, int error) {
    auto failure = system_failure(what, error);
    failure.kind = error == ENOENT ? ErrorKind::not_found : failure.kind;
    return failure;
}

Result<void> done_unless(const char* what, const std::error_code& error) {
    return error ? fail(ErrorKind::storage, std::string(what) + ": " + error.message())
                 : Result<void>();
}

// Calls again what a signal interrupted.
template <class Call>
auto retried(Call&& call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

Identity identity_from(const struct stat& info) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    return {.device = info.st_dev,
            .inode = info.st_ino,
            .size = static_cast<std::uint64_t>(info.st_size),
            .modified_ns = info.st_mtim.tv_sec * second_ns + info.st_mtim.tv_nsec,
            .changed_ns = info.st_ctim.tv_sec * second_ns + info.st_ctim.tv_nsec};
}

Result<void> copy_through_buffer(int source, int target) {
    std::array<char, std::size_t{64} * 1024> buffer;
    for (off_t offset = 0;;) {
        const auto got =
            retried([&] { return pread(source, buffer.data(), buffer.size(), offset); });
        if (got < 0) {
            auto failure = system_failure("read", errno);
            failure.kind = ErrorKind::damaged;
            return failure;
        }
        if (got == 0) {
            return {};
        }
        for (ssize_t done = 0; done < got;) {
            const auto put = retried([&] {
                return pwrite(target, buffer.data() + done, static_cast<std::size_t>(got - done),
                              offset + done);
            });
            if (put < 0) {
                return system_failure("write", errno);
            }
            done += put;
        }
        offset += got;
    }
}

Result<void> copy_in_kernel(int source, int target) {
    if (ioctl(target, FICLONE, source) == 0) {
        return {};
    }
    constexpr std::size_t step = std::size_t{1} << 30;
    off_t from = 0;
    off_t to = 0;
    for (;;) {
        const auto copied =
            retried([&] { return copy_file_range(source, &from, target, &to, step, 0); });
        if (copied < 0 && errno == ENOSPC) {
            return system_failure("copy", errno);
        }
        if (copied < 0 || (copied == 0 && from == 0)) {
            // Some file systems cannot, some claim to have copied nothing; and this call does not
            // tell which of the two files failed.
            return copy_through_buffer(source, target);
        }
        if (copied == 0) {
            return {};
        }
    }
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

FileDescriptor::~FileDescriptor() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

Result<FileDescriptor> open_for_reading(const std::filesystem::path& path) {
    const int fd = retried([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
    if (fd < 0) {
        return missing_or_failure("open", errno);
    }
    return FileDescriptor(fd);
}

Result<FileDescriptor> create(const std::filesystem::path& path) {
    const int fd = retried(
        [&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); });
    if (fd < 0) {
        return system_failure("create", errno);
    }
    return FileDescriptor(fd);
}

Result<void> write_all(const FileDescriptor& file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = retried([&] { return ::write(file.get(), bytes.data(), bytes.size()); });
        if (put < 0) {
            return system_failure("write", errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

Result<std::size_t> read_at(const FileDescriptor& file, std::uint64_t offset, char* buffer,
                            std::size_t size) {
    std::size_t filled = 0;
    while (filled < size) {
        const auto got = retried([&] {
            return pread(file.get(), buffer + filled, size - filled,
                         static_cast<off_t>(offset + filled));
        });
        if (got < 0) {
            return system_failure("read", errno);
        }
        if (got == 0) {
            break;
        }
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

Result<Identity> identity_of(const FileDescriptor& file) {
    struct stat info{};
    if (::fstat(file.get(), &info) != 0) {
        return system_failure("stat", errno);
    }
    return identity_from(info);
}

Result<Identity> identity_of(const std::filesystem::path& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) {
        return missing_or_failure("stat", errno);
    }
    return identity_from(info);
}

Result<std::uint64_t> size_of(const FileDescriptor& file) {
    TRY_ASSIGN(const auto identity, identity_of(file));
    return identity.size;
}

Result<std::uint64_t> size_of(const std::filesystem::path& path) {
    const auto identity = identity_of(path);
    if (!identity && identity.error().kind != ErrorKind::not_found) {
        return identity.error();
    }
    return identity ? identity->size : 0;
}

bool is_regular_file(const FileDescriptor& file) {
    struct stat info{};
    return ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode);
}

Result<bool> have_equal_bytes(const std::filesystem::path& a, const std::filesystem::path& b) {
    TRY_ASSIGN(const auto first, open_for_reading(a));
    TRY_ASSIGN(const auto second, open_for_reading(b));
    std::string bytes_a(std::size_t{256} * 1024, '\0');
    std::string bytes_b(bytes_a.size(), '\0');
    for (std::uint64_t offset = 0;;) {
        TRY_ASSIGN(const auto size_a, read_at(first, offset, bytes_a.data(), bytes_a.size()));
        TRY_ASSIGN(const auto size_b, read_at(second, offset, bytes_b.data(), bytes_b.size()));
        const std::string_view piece_a(bytes_a.data(), size_a);
        if (piece_a != std::string_view(bytes_b.data(), size_b)) {
            return false;
        }
        if (piece_a.empty()) {
            return true;
        }
        offset += size_a;
    }
}

Result<void> copy_file(const FileDescriptor& source, const std::filesystem::path& target) {
    TRY_ASSIGN(const auto file, create(target));
    auto copied = copy_in_kernel(source.get(), file.get());
    if (!copied) {
        ::unlink(target.c_str());
    }
    return copied;
}

Result<bool> hard_link(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::link(from.c_str(), to.c_str()) == 0) {
        return true;
    }
    switch (errno) {
        case EPERM:
        case EOPNOTSUPP:
        case ENOSYS:
        case EMLINK:
        case EXDEV:
            return false;
        default:
            return system_failure("link", errno);
    }
}

Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return system_failure("rename", errno);
    }
    return {};
}

Result<void> move(const std::filesystem::path& from, const std::filesystem::path& to,
                  const std::filesystem::path& draft) {
    if (::rename(from.c_str(), to.c_str()) == 0) {
        return {};
    }
    if (errno != EXDEV) {
        return system_failure("rename", errno);
    }
    TRY(files::remove(draft));
    TRY_ASSIGN(const auto file, open_for_reading(from));
    TRY(copy_file(file, draft));
    TRY(sync_to_disk(draft));
    TRY(files::rename(draft, to));
    return files::remove(from);
}

Result<void> remove(const std::filesystem::path& path) {
    // A name that is too long for the file system is that of no file.
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENAMETOOLONG) {
        return system_failure("remove", errno);
    }
    return {};
}

Result<void> make_folders(const std::filesystem::path& path) {
    std::error_code error;
    if (path.empty() || std::filesystem::is_directory(path, error)) {
        return {};
    }
    const auto parent = path.parent_path();
    TRY(make_folders(parent));
    const bool is_new = std::filesystem::create_directory(path, error);
    TRY(done_unless("making a folder", error));
    const auto synced_by = parent.empty() ? std::filesystem::path(".") : parent;
    // Where one may write and not read, there is nothing to sync by.
    return is_new && ::access(synced_by.c_str(), R_OK) == 0 ? sync_to_disk(synced_by)
                                                            : Result<void>();
}

Result<void> make_private_folder(const std::filesystem::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0) {
        return system_failure("making a folder", errno);
    }
    return {};
}

Result<void> remove_folder(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return done_unless("remove", error);
}

Result<FileDescriptor> lock(const std::filesystem::path& path) {
    FileDescriptor file(
        retried([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }));
    if (file.get() < 0) {
        return fail(ErrorKind::storage, std::generic_category().message(errno));
    }
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(ErrorKind::busy, "another process has it");
    }
    return file;
}

bool is_file_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

Result<void> write_again(const std::filesystem::path& path) {
    const FileDescriptor file(retried([&] { return ::open(path.c_str(), O_RDWR | O_CLOEXEC); }));
    if (file.get() < 0) {
        return system_failure("open", errno);
    }
    TRY_ASSIGN(const auto size, size_of(file));
    if (size == 0) {
        return {};
    }
    TRY(copy_through_buffer(file.get(), file.get()));
    return sync_to_disk(file);
}

Result<void> sync_to_disk(const std::filesystem::path& path) {
    TRY_ASSIGN(const auto file, open_for_reading(path));
    return sync_to_disk(file);
}

Result<void> sync_to_disk(const FileDescriptor& file) {
    if (retried([&] { return fsync(file.get()); }) != 0) {
        return system_failure("fsync", errno);
    }
    return {};
}

Result<void> sync_file_system(const FileDescriptor& file) {
    if (::syncfs(file.get()) != 0) {
        return system_failure("syncfs", errno);
    }
    return {};
}

}  // namespace ankiwire::files
