#include "sqlite/database_file.hpp"

#include <fcntl.h>

#include "files/files.hpp"

namespace ankiwire::sqlite {
namespace {

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
    path += suffix;
    return path;
}

constexpr off_t lock_bytes_begin = 0x4000'0000;
constexpr off_t lock_bytes = 512;

}  // namespace

std::filesystem::path log_path(const std::filesystem::path& database) {
    return with_suffix(database, "-wal");
}

void remove_logs(const std::filesystem::path& database) {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        static_cast<void>(files::remove(with_suffix(database, suffix)));
    }
}

Result<void> move_into_place(const std::filesystem::path& from, const std::filesystem::path& to) {
    TRY(files::sync_to_disk(from));
    remove_logs(to);
    TRY(files::rename(from, to));
    return files::sync_to_disk(to.has_parent_path() ? to.parent_path() : ".");
}

Result<bool> is_locked_by_another(const std::filesystem::path& database) {
    const auto file = files::open_for_reading(database);
    if (!file) {
        return file.error().kind == ErrorKind::not_found ? Result<bool>(false) : file.error();
    }
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = lock_bytes_begin;
    lock.l_len = lock_bytes;
    if (::fcntl(file->get(), F_GETLK, &lock) != 0) {
        return fail(ErrorKind::storage, "asking for the locks of a database");
    }
    return lock.l_type != F_UNLCK;
}

}  // namespace ankiwire::sqlite
