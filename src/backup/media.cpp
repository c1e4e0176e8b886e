#include "backup/media.hpp"

#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "files/files.hpp"
#include "media/staged_batch.hpp"
#include "media/upload_zip.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::backup {

namespace fs = std::filesystem;

namespace {

// False: the zip has another content, or it cannot be read.
Result<bool> copy_from_zip(const media::UploadZip& zip, const zip::Entry& entry,
                           const MediaFile& file, const fs::path& target) {
    TRY_ASSIGN(const auto copy, files::create(target));
    Result<void> written;
    const auto sha1 = zip.read(
        entry, [&](std::string_view piece) { return written = files::write_all(copy, piece); });
    if (!written) {
        return written.error();
    }
    if (sha1 && *sha1 == file.sha1) {
        return true;
    }
    TRY(files::remove(target));
    return false;
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

Result<MediaCopy> copy_media_file(const fs::path& media_folder, const std::string& name,
                                  const MediaFile& file, const fs::path& target) {
    if (!files::is_file_name(name) || name.size() > limits::media_name_bytes_max) {
        return MediaCopy::missing;
    }
    const auto source = files::open_for_reading(media_folder / name);
    if (!source) {
        return source.error().kind == ErrorKind::not_found ? MediaCopy::missing
                                                           : MediaCopy::unreadable;
    }
    if (const auto copied = files::copy_file(*source, target); !copied) {
        return copied.error().kind == ErrorKind::damaged ? Result(MediaCopy::unreadable)
                                                         : copied.error();
    }
    TRY_ASSIGN(const auto copy, files::open_for_reading(target));
    TRY_ASSIGN(const auto sha1, media::sha1_of(copy));
    if (sha1 != file.sha1) {
        TRY(files::remove(target));
        return MediaCopy::missing;
    }
    return MediaCopy::made;
}

Result<MediaFiles> copy_staged_media(const fs::path& account_folder, const MediaFiles& wanted,
                                     const fs::path& target_folder) {
    MediaFiles copied;
    const auto paths = media::staged_zips(media::staging_folder(account_folder));
    for (const auto& path : paths ? *paths : std::vector<fs::path>()) {
        const auto opened = files::open_for_reading(path);
        if (!opened) {
            continue;
        }
        const auto zip = media::UploadZip::open(*opened, limits::media_name_bytes_max);
        if (!zip) {
            continue;
        }
        for (const auto& [name, content] : zip->changes()) {
            const auto found = wanted.find(name);
            if (found == wanted.end() || copied.contains(name) || !content ||
                !std::cmp_equal(content->bytes, found->second.size)) {
                continue;
            }
            TRY_ASSIGN(const bool is_copied,
                       copy_from_zip(*zip, *content, found->second, target_folder / name));
            if (is_copied) {
                copied.insert(*found);
            }
        }
    }
    return copied;
}

}  // namespace ankiwire::backup
