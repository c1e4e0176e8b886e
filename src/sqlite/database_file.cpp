#include "sqlite/database_file.hpp"

#include "files/files.hpp"

namespace ankiwire::sqlite {
namespace {

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) {
    path += suffix;
    return path;
}

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

}  // namespace ankiwire::sqlite
