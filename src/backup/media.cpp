#include "backup/media.hpp"

#include "base/limits.hpp"
#include "files/files.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::backup {
namespace {

namespace fs = std::filesystem;

Result<media::Sha1> sha1_of(const fs::path& path) {
    TRY_ASSIGN(const auto file, files::open_for_reading(path));
    media::Sha1Sum sum;
    std::string buffer(256 * limits::kib, '\0');
    for (std::uint64_t offset = 0;;) {
        TRY_ASSIGN(const auto got, files::read_at(file, offset, buffer.data(), buffer.size()));
        if (got == 0) {
            return sum.finish();
        }
        sum.update({buffer.data(), got});
        offset += got;
    }
}

}  // namespace

Result<MediaFiles> live_media(const fs::path& media_db) {
    TRY_ASSIGN(auto db, sqlite::Database::open(
                            media_db, {.mode = sqlite::OpenMode::read_only, .untrusted = true}));
    TRY_ASSIGN(auto rows, db.prepare("select fname, csum, size from media where size > 0"));
    MediaFiles found;
    for (;;) {
        TRY_ASSIGN(const bool row, rows.step());
        if (!row) {
            return found;
        }
        found.emplace(rows.text(0),
                      MediaFile{.sha1 = std::string(rows.blob(1)), .size = rows.int64(2)});
    }
}

Result<void> forget_media(const fs::path& media_db, const MediaFiles& gone) {
    TRY_ASSIGN(auto db, sqlite::Database::open(
                            media_db, {.mode = sqlite::OpenMode::read_write, .untrusted = true}));
    TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
    {
        TRY_ASSIGN(auto remove, db.prepare("delete from media where fname = ?"));
        for (const auto& [name, file] : gone) {
            remove.bind_text(1, name);
            TRY(remove.run());
        }
    }
    TRY(
        db.execute("update meta set "
                   "total_bytes = (select ifnull(sum(size), 0) from media where size > 0), "
                   "total_nonempty_files = (select count(*) from media where size > 0)"));
    return transaction.commit();
}

Result<bool> copy_media_file(const fs::path& media_folder, const std::string& name,
                             const MediaFile& file, const fs::path& target) {
    if (!files::is_file_name(name) || name.size() > limits::media_name_bytes_max) {
        return false;
    }
    const auto source = files::open_for_reading(media_folder / name);
    if (!source) {
        if (source.error().kind == ErrorKind::not_found) {
            return false;
        }
        return fail(ErrorKind::damaged, "a media file cannot be read: " + source.error().context);
    }
    TRY(files::copy_file(*source, target));
    TRY_ASSIGN(const auto sha1, sha1_of(target));
    if (sha1 != file.sha1) {
        TRY(files::remove(target));
        return false;
    }
    return true;
}

}  // namespace ankiwire::backup
