// The system calls of this program, and of the libraries in it, by which files are changed or read:
// they take the place of the C library's. What is not on a Disk goes to the kernel as ever.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "base/check.hpp"
#include "sim/clock.hpp"
#include "sim/disk_state.hpp"

namespace {

using ankiwire::sim::Call;
using ankiwire::sim::current_disk;
using ankiwire::sim::Disk;
using ankiwire::sim::NameChange;
using ankiwire::sim::Node;
using ankiwire::sim::NodePtr;

using Lock = std::unique_lock<std::mutex>;

template <class... Arguments>
long kernel(long number, Arguments... arguments) {
    return ::syscall(number, arguments...);
}

int fail_with(int error) {
    errno = error;
    return -1;
}

NodePtr new_node(bool is_folder) {
    auto node = std::make_shared<Node>();
    node->is_folder = is_folder;
    return node;
}

// Asks for leave to change something; `note` says what, for a change that the power cut meets.
template <class Note>
int refusal(Disk::State& disk, Call call, Lock& lock, Note note) {
    const bool was_on = !disk.is_off;
    const int error = disk.refusal(call, lock);
    if (was_on && disk.is_off) {
        note();
    }
    return error;
}

// A change of names: `kernel_call` makes it, `change` tells it.
template <class KernelCall, class Change>
int change_names(Disk::State& disk, Lock& lock, KernelCall kernel_call, Change change) {
    if (const int error = refusal(disk, Call::name, lock, [&] { disk.note_names(change()); });
        error != 0) {
        return fail_with(error);
    }
    const auto result = static_cast<int>(kernel_call());
    if (result >= 0) {
        disk.note_names(change());
    }
    return result;
}

int open_at(int folder, const char* path, int flags, mode_t mode) {
    auto* disk = current_disk();
    const auto in_kernel = [&] {
        return static_cast<int>(kernel(SYS_openat, folder, path, flags, mode));
    };
    if (disk == nullptr) {
        return in_kernel();
    }
    Lock lock(disk->mutex);
    const auto place = disk->find(folder, path);
    if (!place) {
        const int fd = in_kernel();
        disk->open.erase(fd);  // of a file that was closed behind our back
        return fd;
    }
    if (disk->is_off) {
        return fail_with(EIO);
    }
    NodePtr node = place->node;
    int fd = -1;
    if (!node && (flags & O_CREAT) != 0 && place->folder) {
        node = new_node(false);
        fd = change_names(*disk, lock, in_kernel,
                          [&] { return NameChange{{{place->folder, place->name, node}}}; });
    } else if (node && (flags & O_TRUNC) != 0 && (flags & O_EXCL) == 0) {
        const auto note = [&] {
            disk->note_write(node, {.offset = 0, .bytes = {}, .is_size = true});
        };
        if (const int error = refusal(*disk, Call::write, lock, note); error != 0) {
            return fail_with(error);
        }
        fd = in_kernel();
        if (fd >= 0) {
            note();
        }
    } else {
        if (const int error = node ? disk->refusal_of_reading() : 0; error != 0) {
            return fail_with(error);
        }
        fd = in_kernel();
    }
    if (fd >= 0) {
        disk->open[fd] = {.node = node};
    }
    return fd;
}

// `kernel_call` writes so many of `bytes`, which begin at `offset`, and returns how many it has
// written. Of what is too much for a full disk half is written.
template <class KernelCall>
ssize_t write_bytes(Disk::State& disk, Lock& lock, const NodePtr& node, std::uint64_t offset,
                    std::string_view bytes, KernelCall kernel_call) {
    const auto note = [&](std::size_t size) {
        disk.note_write(node, {.offset = offset, .bytes = std::string(bytes.substr(0, size))});
    };
    const int error = refusal(disk, Call::write, lock, [&] { note(bytes.size()); });
    const bool is_short = error == ENOSPC && bytes.size() > 1;
    if (error != 0 && !is_short) {
        return fail_with(error);
    }
    const auto written =
        static_cast<ssize_t>(kernel_call(is_short ? bytes.size() / 2 : bytes.size()));
    if (written > 0) {
        note(static_cast<std::size_t>(written));
    }
    return written;
}

ssize_t write_at(int fd, const void* data, std::size_t size, off_t offset) {
    const auto in_kernel = [&](std::size_t part) {
        return kernel(SYS_pwrite64, fd, data, part, offset);
    };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return in_kernel(size);
    }
    Lock lock(disk->mutex);
    const auto node = disk->node_of(fd);
    return node ? write_bytes(*disk, lock, node, static_cast<std::uint64_t>(offset),
                              {static_cast<const char*>(data), size}, in_kernel)
                : in_kernel(size);
}

// Reading: only whether it may fail.
template <class KernelCall>
ssize_t read_from(int fd, KernelCall kernel_call) {
    if (auto* disk = current_disk(); disk != nullptr) {
        const Lock lock(disk->mutex);
        if (disk->node_of(fd)) {
            if (const int error = disk->refusal_of_reading(); error != 0) {
                return fail_with(error);
            }
        }
    }
    return static_cast<ssize_t>(kernel_call());
}

// Cuts or extends a file.
template <class KernelCall>
int resize(const NodePtr& node, Disk::State& disk, Lock& lock, off_t size, KernelCall kernel_call) {
    const auto note = [&] {
        disk.note_write(node,
                        {.offset = static_cast<std::uint64_t>(size), .bytes = {}, .is_size = true});
    };
    if (const int error = refusal(disk, Call::write, lock, note); error != 0) {
        return fail_with(error);
    }
    const auto result = static_cast<int>(kernel_call());
    if (result == 0) {
        note();
    }
    return result;
}

// What a sync promises is noted instead of waited for.
int sync_file(int fd, bool is_of_all) {
    auto* disk = current_disk();
    const auto number = is_of_all ? SYS_syncfs : SYS_fsync;
    if (disk == nullptr) {
        return static_cast<int>(kernel(number, fd));
    }
    Lock lock(disk->mutex);
    const auto node = disk->node_of(fd);
    if (!node) {
        return static_cast<int>(kernel(number, fd));
    }
    if (const int error = disk->refusal(Call::sync, lock); error != 0) {
        if (!disk->is_off) {
            disk->note_failed_sync(fd, is_of_all);
        }
        return fail_with(error);
    }
    if (is_of_all) {
        disk->note_sync_of_all();
        if (std::exchange(disk->open.at(fd).is_to_be_told, false)) {
            return fail_with(EIO);
        }
    } else {
        disk->note_sync(node);
    }
    return 0;
}

int rename_at(int old_folder, const char* old_path, int new_folder, const char* new_path) {
    const auto in_kernel = [&] {
        return kernel(SYS_renameat, old_folder, old_path, new_folder, new_path);
    };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return static_cast<int>(in_kernel());
    }
    Lock lock(disk->mutex);
    const auto from = disk->find(old_folder, old_path);
    const auto to = disk->find(new_folder, new_path);
    CHECK(from.has_value() == to.has_value());  // no file comes in or leaves by its name
    if (!from || !from->node) {
        return static_cast<int>(in_kernel());
    }
    return change_names(*disk, lock, in_kernel, [&] {
        return NameChange{
            {{from->folder, from->name, nullptr}, {to->folder, to->name, from->node}}};
    });
}

int link_at(const char* old_path, const char* new_path) {
    const auto in_kernel = [&] {
        return kernel(SYS_linkat, AT_FDCWD, old_path, AT_FDCWD, new_path, 0);
    };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return static_cast<int>(in_kernel());
    }
    Lock lock(disk->mutex);
    const auto from = disk->find(AT_FDCWD, old_path);
    const auto to = disk->find(AT_FDCWD, new_path);
    if (!from || !from->node || !to) {
        return static_cast<int>(in_kernel());
    }
    return change_names(*disk, lock, in_kernel,
                        [&] { return NameChange{{{to->folder, to->name, from->node}}}; });
}

int unlink_at(int folder, const char* path, int flags) {
    const auto in_kernel = [&] { return kernel(SYS_unlinkat, folder, path, flags); };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return static_cast<int>(in_kernel());
    }
    Lock lock(disk->mutex);
    const auto place = disk->find(folder, path);
    if (!place || !place->node) {
        return static_cast<int>(in_kernel());
    }
    return change_names(*disk, lock, in_kernel,
                        [&] { return NameChange{{{place->folder, place->name, nullptr}}}; });
}

int make_folder(const char* path, mode_t mode) {
    const auto in_kernel = [&] { return kernel(SYS_mkdirat, AT_FDCWD, path, mode); };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return static_cast<int>(in_kernel());
    }
    Lock lock(disk->mutex);
    const auto place = disk->find(AT_FDCWD, path);
    if (!place || place->node || !place->folder) {
        return static_cast<int>(in_kernel());
    }
    const auto node = new_node(true);
    return change_names(*disk, lock, in_kernel,
                        [&] { return NameChange{{{place->folder, place->name, node}}}; });
}

// Between two files of the disk, or from one to elsewhere; what is copied in is read again.
ssize_t copy_range(int in, off64_t* in_offset, int out, off64_t* out_offset, std::size_t size,
                   unsigned flags) {
    const auto in_kernel = [&] {
        return kernel(SYS_copy_file_range, in, in_offset, out, out_offset, size, flags);
    };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return in_kernel();
    }
    Lock lock(disk->mutex);
    const auto node = disk->node_of(out);
    if (!node) {
        return in_kernel();
    }
    const auto position = [](int fd, const off64_t* offset) {
        return offset != nullptr ? *offset : kernel(SYS_lseek, fd, 0, SEEK_CUR);
    };
    std::string bytes(std::min<std::size_t>(size, std::size_t{1} << 20U), '\0');
    const auto found = kernel(SYS_pread64, in, bytes.data(), bytes.size(), position(in, in_offset));
    if (found <= 0) {
        return found;
    }
    bytes.resize(static_cast<std::size_t>(found));
    const auto start = static_cast<std::uint64_t>(position(out, out_offset));
    return write_bytes(*disk, lock, node, start, bytes, [&](std::size_t part) {
        return kernel(SYS_copy_file_range, in, in_offset, out, out_offset, part, flags);
    });
}

mode_t mode_of(int flags, std::va_list& arguments) {
    return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, int)) : mode_t{0};
}

}  // namespace

void ankiwire::sim::Clock::set_ms(std::int64_t now) { now_ms_ = now; }

void ankiwire::sim::take_system_calls() {}

// The names that libraries call them by.
extern "C" {

int open(const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
    std::va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_at(folder, path, flags, mode);
}

int close(int fd) {
    if (auto* disk = current_disk(); disk != nullptr) {
        const Lock lock(disk->mutex);
        disk->open.erase(fd);
    }
    return static_cast<int>(kernel(SYS_close, fd));
}

int closedir(DIR* folder) {
    using Function = int (*)(DIR*);
    static const auto next = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "closedir"));
    if (auto* disk = current_disk(); disk != nullptr) {
        const Lock lock(disk->mutex);
        disk->open.erase(::dirfd(folder));
    }
    return next(folder);
}

ssize_t write(int fd, const void* data, std::size_t size) {
    const auto in_kernel = [&](std::size_t part) { return kernel(SYS_write, fd, data, part); };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return in_kernel(size);
    }
    Lock lock(disk->mutex);
    const auto node = disk->node_of(fd);
    if (!node) {
        lock.unlock();  // a pipe may have to wait
        return in_kernel(size);
    }
    const auto at = static_cast<std::uint64_t>(kernel(SYS_lseek, fd, 0, SEEK_CUR));
    return write_bytes(*disk, lock, node, at, {static_cast<const char*>(data), size}, in_kernel);
}

ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
    return write_at(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t offset) {
    return write_at(fd, data, size, offset);
}

ssize_t read(int fd, void* data, std::size_t size) {
    return read_from(fd, [&] { return kernel(SYS_read, fd, data, size); });
}

ssize_t pread(int fd, void* data, std::size_t size, off_t offset) {
    return read_from(fd, [&] { return kernel(SYS_pread64, fd, data, size, offset); });
}

ssize_t pread64(int fd, void* data, std::size_t size, off64_t offset) {
    return read_from(fd, [&] { return kernel(SYS_pread64, fd, data, size, offset); });
}

int ftruncate(int fd, off_t size) noexcept {
    const auto in_kernel = [&] { return kernel(SYS_ftruncate, fd, size); };
    auto* disk = current_disk();
    if (disk == nullptr) {
        return static_cast<int>(in_kernel());
    }
    Lock lock(disk->mutex);
    const auto node = disk->node_of(fd);
    return node ? resize(node, *disk, lock, size, in_kernel) : static_cast<int>(in_kernel());
}

int ftruncate64(int fd, off64_t size) noexcept { return ftruncate(fd, size); }

int fsync(int fd) { return sync_file(fd, false); }
int fdatasync(int fd) { return sync_file(fd, false); }
int syncfs(int fd) noexcept { return sync_file(fd, true); }

int rename(const char* old_path, const char* new_path) noexcept {
    return rename_at(AT_FDCWD, old_path, AT_FDCWD, new_path);
}

int link(const char* old_path, const char* new_path) noexcept {
    return link_at(old_path, new_path);
}

int unlink(const char* path) noexcept { return unlink_at(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlink_at(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int folder, const char* path, int flags) noexcept {
    return unlink_at(folder, path, flags);
}

int remove(const char* path) noexcept {
    const int removed = unlink(path);
    return removed != 0 && (errno == EISDIR || errno == EPERM) ? rmdir(path) : removed;
}

int mkdir(const char* path, mode_t mode) noexcept { return make_folder(path, mode); }

ssize_t copy_file_range(int in, off64_t* in_offset, int out, off64_t* out_offset, std::size_t size,
                        unsigned flags) {
    return copy_range(in, in_offset, out, out_offset, size, flags);
}

// A copy that shares its blocks with `in` would be made behind the disk's back.
int ioctl(int fd, unsigned long request, ...) noexcept {
    std::va_list arguments;
    va_start(arguments, request);
    void* argument = va_arg(arguments, void*);
    va_end(arguments);
    if (auto* disk = current_disk(); disk != nullptr && request == FICLONE) {
        const Lock lock(disk->mutex);
        if (disk->node_of(fd)) {
            return fail_with(EOPNOTSUPP);
        }
    }
    return static_cast<int>(kernel(SYS_ioctl, fd, request, argument));
}

int nanosleep(const timespec* time, timespec* left) {
    if (ankiwire::sim::Clock::now_ms() < 0) {
        return static_cast<int>(kernel(SYS_nanosleep, time, left));
    }
    ankiwire::sim::Clock::advance_ms(time->tv_sec * 1000 + time->tv_nsec / 1'000'000);
    return 0;
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const auto now = ankiwire::sim::Clock::now_ms();
    if (clock != CLOCK_REALTIME || now < 0) {
        return static_cast<int>(kernel(SYS_clock_gettime, clock, time));
    }
    time->tv_sec = now / 1000;
    time->tv_nsec = now % 1000 * 1'000'000;
    return 0;
}

}  // extern "C"
