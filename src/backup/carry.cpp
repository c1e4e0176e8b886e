#include "backup/carry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "files/files.hpp"

namespace ankiwire::backup {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t listed_names_max = 20;

Result<bool> link_if_equal(const fs::path& source, const fs::path& base, const fs::path& target,
                           Tally& tally) {
    const auto equal = files::have_equal_bytes(source, base);
    if (!equal || !*equal) {
        return false;
    }
    TRY_ASSIGN(const bool linked, files::hard_link(base, target));
    tally.files_linked += linked ? 1 : 0;
    return linked;
}

}  // namespace

Error about(const std::string& name, Error error) {
    error.context = name + ": " + error.context;
    return error;
}

Error unreadable(const std::string& name, Error error) {
    error.kind = ErrorKind::damaged;
    return about(name, std::move(error));
}

Result<void> check_readable(const fs::path& account_folder) {
    std::error_code error;
    const fs::directory_iterator entries(account_folder, error);
    return error ? fail(ErrorKind::damaged, "its folder cannot be read: " + error.message())
                 : Result<void>();
}

Result<bool> carry_file(const fs::path& source, const fs::path& target, const fs::path& name,
                        Tally& tally) {
    const auto file = files::open_for_reading(source / name);
    if (!file) {
        return file.error().kind == ErrorKind::not_found ? Result(false)
                                                         : unreadable(name.string(), file.error());
    }
    if (auto copied = files::copy_file(*file, target / name); !copied) {
        return about(name.string(), std::move(copied).error());
    }
    TRY_ASSIGN(const auto size, files::size_of(target / name));
    tally.add_copy(size);
    return true;
}

Result<void> carry_folder(const fs::path& source, const fs::path& target, const std::string& name,
                          const std::optional<fs::path>& base, Tally& tally) {
    std::error_code error;
    fs::directory_iterator entry(source / name, error);
    if (error == std::errc::no_such_file_or_directory) {
        return {};
    }
    TRY(files::make_folders(target / name));
    std::vector<std::string> unreadable;
    for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
        const auto file = name / entry->path().filename();
        std::error_code ignored;
        if (!entry->is_regular_file(ignored) || fs::exists(target / file, ignored)) {
            continue;
        }
        if (base) {
            TRY_ASSIGN(const bool linked,
                       link_if_equal(source / file, *base / file, target / file, tally));
            if (linked) {
                continue;
            }
        }
        const auto carried = carry_file(source, target, file, tally);
        if (!carried && carried.error().kind == ErrorKind::storage) {
            return carried.error();
        }
        if (!carried) {
            unreadable.push_back(file.filename().string());
        }
    }
    if (error) {
        tally.unreadable.push_back("the folder " + name + ": " + error.message());
    }
    if (!unreadable.empty()) {
        tally.unreadable.push_back(in_words(unreadable, "file") + " of the folder " + name);
    }
    return {};
}

std::string in_words(const std::vector<std::string>& names, const std::string& what) {
    auto words = fmt::format("{} {}{} (", names.size(), what, names.size() == 1 ? "" : "s");
    const auto listed = std::min(names.size(), listed_names_max);
    for (std::size_t i = 0; i < listed; ++i) {
        words += fmt::format("{}{:?}", i == 0 ? "" : ", ", names[i]);
    }
    if (listed < names.size()) {
        words += fmt::format(" and {} more", names.size() - listed);
    }
    return words + ")";
}

}  // namespace ankiwire::backup
