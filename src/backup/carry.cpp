#include "backup/carry.hpp"

#include <utility>

#include "files/files.hpp"

namespace ankiwire::backup {

Error about(const std::string& name, Error error) {
    error.context = name + ": " + error.context;
    return error;
}

Error unreadable(const std::string& name, Error error) {
    error.kind = ErrorKind::damaged;
    return about(name, std::move(error));
}

Result<bool> carry_file(const std::filesystem::path& source, const std::filesystem::path& target,
                        const std::filesystem::path& name, Tally& tally) {
    const auto file = files::open_for_reading(source / name);
    if (!file) {
        return file.error().kind == ErrorKind::not_found ? Result(false)
                                                         : unreadable(name.string(), file.error());
    }
    TRY(files::copy_file(*file, target / name));
    TRY_ASSIGN(const auto size, files::size_of(target / name));
    tally.add_copy(size);
    return true;
}

}  // namespace ankiwire::backup
