#include "collection/files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace ankiwire::collection {
namespace {

Error system_failure(const char* what, int error) {
    return fail(ErrorKind::storage,
                std::string(what) + ": " + std::generic_category().message(error));
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

Result<void> copy_through_buffer(int source, int target) {
    std::array<char, std::size_t{64} * 1024> buffer;
    for (off_t offset = 0;;) {
        const auto got =
            retried([&] { return pread(source, buffer.data(), buffer.size(), offset); });
        if (got < 0) {
            return system_failure("read", errno);
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
            // Some file systems cannot, some claim to have copied nothing.
            return copy_through_buffer(source, target);
        }
        if (copied == 0) {
            return {};
        }
    }
}

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
    path += suffix;
    return path;
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
    const int fd = retried([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
    if (fd < 0) {
        return system_failure("open", errno);
    }
    return FileDescriptor(fd);
}

Result<void> copy_file(const FileDescriptor& source, const std::filesystem::path& target) {
    const int fd = retried(
        [&] { return ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); });
    if (fd < 0) {
        return system_failure("create", errno);
    }
    const FileDescriptor owner(fd);
    auto copied = copy_in_kernel(source.get(), fd);
    if (!copied) {
        ::unlink(target.c_str());
    }
    return copied;
}

Result<void> sync_to_disk(const std::filesystem::path& path) {
    TRY_ASSIGN(const FileDescriptor file, open_for_reading(path));
    if (retried([&] { return fsync(file.get()); }) != 0) {
        return system_failure("fsync", errno);
    }
    return {};
}

Result<std::uint64_t> size_of(const std::filesystem::path& path) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) {
        if (errno == ENOENT) {
            return std::uint64_t{0};
        }
        return system_failure("stat", errno);
    }
    return static_cast<std::uint64_t>(info.st_size);
}

std::filesystem::path log_path(const std::filesystem::path& database) {
    return with_suffix(database, "-wal");
}

void remove_logs(const std::filesystem::path& database) {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        ::unlink(with_suffix(database, suffix).c_str());
    }
}

Result<void> move_into_place(const std::filesystem::path& from, const std::filesystem::path& to) {
    TRY(sync_to_disk(from));
    remove_logs(to);
    if (::rename(from.c_str(), to.c_str()) != 0) {
        return system_failure("rename", errno);
    }
    return sync_to_disk(to.has_parent_path() ? to.parent_path() : ".");
}

}  // namespace ankiwire::collection
