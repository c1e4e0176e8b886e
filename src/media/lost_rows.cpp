#include "media/lost_rows.hpp"

#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fresh_usn.hpp"
#include "base/limits.hpp"
#include "files/files.hpp"
#include "media/sha1.hpp"
#include "model/names.hpp"

namespace ankiwire::media {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> names_of_files(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        auto name = entry->path().filename().string();
        if (is_nfc(name)) {  // R-MEDIA-09
            names.push_back(std::move(name));
        }
    }
    if (error) {
        return fail(ErrorKind::storage, "reading the media folder: " + error.message());
    }
    return names;
}

// Nothing: it is none that a client may have.
Result<std::optional<MediaRow>> row_of(const fs::path& path) {
    TRY_ASSIGN(const auto file, files::open_for_reading(path));
    TRY_ASSIGN(const auto bytes, files::size_of(file));
    if (!files::is_regular_file(file) || bytes == 0 || bytes > limits::media_file_bytes_max) {
        return std::optional<MediaRow>();
    }
    TRY_ASSIGN(auto sha1, sha1_of(file));
    return std::optional(
        MediaRow{.sha1 = std::move(sha1), .bytes = static_cast<std::int64_t>(bytes), .usn = {}});
}

Result<std::size_t> make_rows(MediaDb& db, const fs::path& folder,
                              const std::vector<std::string>& names, TimestampSecs now) {
    TRY_ASSIGN(const auto usn, fresh_usn(0, now));
    TRY(db.begin());
    db.begin_after({usn});
    std::size_t unreadable = 0;
    for (const auto& name : names) {
        const auto row = row_of(folder / name);
        if (row && *row) {
            TRY(db.put(name, **row, now));
        }
        unreadable += row ? 0U : 1U;
    }
    TRY(db.commit());
    return unreadable;
}

}  // namespace

Result<std::size_t> make_lost_rows(MediaDb& db, const fs::path& files_folder, TimestampSecs now) {
    if (db.last_usn().value != 0) {
        return std::size_t{0};
    }
    TRY_ASSIGN(const auto names, names_of_files(files_folder));
    if (names.empty()) {
        return std::size_t{0};
    }
    auto made = make_rows(db, files_folder, names, now);
    db.rollback();  // of what did not commit
    return made;
}

}  // namespace ankiwire::media
