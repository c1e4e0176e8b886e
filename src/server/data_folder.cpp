#include "server/data_folder.hpp"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "sqlite/database_file.hpp"

namespace ankiwire::server {

Result<DataFolder> DataFolder::lock(const std::filesystem::path& base) {
    if (const auto made = files::make_folders(base); !made) {
        return fail(ErrorKind::storage, "the data folder " + base.string() +
                                            " cannot be made: " + made.error().context);
    }
    auto file = files::lock(base / data_folder_lock_name);
    if (!file && file.error().kind == ErrorKind::busy) {
        return fail(ErrorKind::busy, "the data folder " + base.string() +
                                         " is in use by another ankiwire; stop that one first");
    }
    if (!file) {
        return fail(ErrorKind::storage, "the data folder " + base.string() +
                                            " cannot be written: " + file.error().context);
    }
    return DataFolder(std::move(file).value());
}

Result<void> DataFolder::check_unused(const std::filesystem::path& base,
                                      std::span<const std::string> accounts) {
    for (const auto& account : accounts) {
        for (const auto* name : {"media.db", "collection.anki2"}) {
            // What cannot be read cannot be used here either: unusable() tells of it.
            const auto locked = sqlite::is_locked_by_another(base / account / name);
            if (locked && *locked) {
                return fail(ErrorKind::busy,
                            (base / account / name).string() +
                                " is in use by another program, perhaps by the official sync "
                                "server; stop that one first");
            }
        }
    }
    return {};
}

std::vector<std::string> DataFolder::unusable(const std::filesystem::path& base,
                                              std::span<const std::string> accounts) {
    std::vector<std::string> problems;
    for (const auto& account : accounts) {
        const auto folder = base / account;
        for (const auto& path : {folder, folder / "collection.anki2", folder / "media.db"}) {
            const int wanted = path == folder ? R_OK | W_OK | X_OK : R_OK | W_OK;
            if (::access(path.c_str(), wanted) != 0 && errno != ENOENT) {
                problems.push_back(path.string() + ": " + std::generic_category().message(errno));
                break;
            }
        }
    }
    return problems;
}

std::string DataFolder::problem(const std::filesystem::path& base) {
    std::error_code error;
    auto existing = base;
    while (!std::filesystem::exists(existing, error) && existing.has_relative_path()) {
        existing = existing.parent_path();
    }
    if (!std::filesystem::is_directory(existing, error)) {
        return existing.string() + " is not a folder";
    }
    if (::access(existing.c_str(), W_OK | X_OK) != 0) {
        return existing.string() + " cannot be written";
    }
    return {};
}

}  // namespace ankiwire::server
