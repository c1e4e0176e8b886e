#include "media/media_store.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "base/limits.hpp"
#include "media/lost_rows.hpp"
#include "media/media_db.hpp"
#include "sqlite/database_file.hpp"

namespace ankiwire::media {
namespace {

namespace fs = std::filesystem;

// In the media folder, if that is another disk. Not in the form NFC: no media file has such a name.
constexpr const char* draft_name = ".ankiwire-a\u0308";

fs::path database_path(const fs::path& account_folder) { return account_folder / "media.db"; }

// Of several changes of one name only the last one counts for the file.
template <class Change>
std::map<std::string_view, Change*> last_of_each_name(std::span<Change> changes) {
    std::map<std::string_view, Change*> last;
    for (auto& change : changes) {
        last[change.name] = &change;
    }
    return last;
}

}  // namespace

struct MediaStore::Impl {
    Impl(const fs::path& account_folder, files::FileDescriptor folder, MediaDb opened,
         std::size_t unreadable)
        : files_folder(account_folder / "media"),
          staging(staging_folder(account_folder)),
          database(database_path(account_folder)),
          db(std::move(opened)),
          opened_folder(std::move(folder)),
          unreadable_files(unreadable) {}

    [[nodiscard]] fs::path path_of(std::string_view name) const { return files_folder / name; }

    // A folder in the place of a file, made by a foreign hand, would be in the way for ever: it
    // goes aside. False: there is none.
    Result<bool> move_folder_aside(const fs::path& path) {
        std::error_code ignored;
        if (!fs::is_directory(path, ignored)) {
            return false;
        }
        TRY_ASSIGN(const auto folder, files::identity_of(path));
        TRY(files::rename(path, staging / ("folder-" + std::to_string(folder.inode))));
        return true;
    }

    Result<void> put_in_place(const fs::path& file, std::string_view name) {
        auto moved = files::move(file, path_of(name), path_of(draft_name));
        if (moved) {
            return moved;
        }
        TRY_ASSIGN(const bool made_way, move_folder_aside(path_of(name)));
        return made_way ? files::move(file, path_of(name), path_of(draft_name)) : moved;
    }

    Result<void> remove_file(std::string_view name) {
        auto removed = files::remove(path_of(name));
        if (removed) {
            return removed;
        }
        TRY_ASSIGN(const bool moved, move_folder_aside(path_of(name)));
        return moved ? Result<void>() : removed;
    }

    // Whatever a crash or a failed disk left half done is done, or discarded. Every public function
    // begins with it.
    Result<void> be_whole() {
        if (!needs_repair) {
            return {};
        }
        TRY(db.bury_failed_commit());
        staged.clear();
        staged_bytes = 0;
        TRY_ASSIGN(const auto zips, staged_zips(staging));
        for (const auto& path : zips) {
            TRY_ASSIGN(const bool readable, redo(path));
            if (!readable) {  // it was whole: the disk has damaged it, and a person may look at it
                auto aside = path;
                aside += ".damaged";
                TRY(files::rename(path, aside));
                continue;
            }
            TRY_ASSIGN(const auto bytes, files::size_of(path));
            staged.push_back(path);
            staged_bytes += bytes;
        }
        needs_repair = false;
        return checkpoint();
    }

    // Brings the files in line with the rows, as far as the zip says: a content is put in place if
    // it is that of its row, a file is removed if its row is a deletion. So a zip whose rows did
    // not commit changes nothing, and redoing one twice is harmless. False: it is damaged; what can
    // be read of it is done.
    Result<bool> redo(const fs::path& path) {
        TRY_ASSIGN(const auto file, files::open_for_reading(path));
        auto upload = UploadZip::open(file, limits::media_name_bytes_max);
        if (!upload) {
            return upload.error().kind == ErrorKind::malformed ? Result<bool>(false)
                                                               : upload.error();
        }
        bool readable = true;
        for (const auto& [name, change] : last_of_each_name(std::span(upload->changes()))) {
            TRY_ASSIGN(const auto row, db.find(name));
            auto redone = row ? redo_change(*upload, *change, *row) : Result<void>();
            if (!redone && redone.error().kind != ErrorKind::malformed) {
                return std::move(redone).error();
            }
            readable = readable && redone;
        }
        return readable;
    }

    Result<void> redo_change(const UploadZip& upload, const UploadedChange& change,
                             const MediaRow& row) {
        if (!change.content) {
            return row.is_live() ? Result<void>() : remove_file(change.name);
        }
        if (static_cast<std::uint64_t>(row.bytes) != change.content->bytes) {
            return {};
        }
        const auto draft = staging / "redone";
        TRY(files::remove(draft));
        TRY_ASSIGN(const auto sum, extract(upload, *change.content, draft));
        return sum == row.sha1 ? put_in_place(draft, change.name) : files::remove(draft);
    }

    // The rows of one change; true if there was something to change (R-MEDIA-12).
    Result<bool> register_change(const StagedChange& change, TimestampSecs now) {
        TRY_ASSIGN(const auto row, db.find(change.name));
        const bool live = row && row->is_live();
        if (change.is_deletion()) {
            if (live) {
                TRY(db.remove(change.name, *row, now));
            }
            return live;
        }
        if (live && row->sha1 == change.sha1) {
            return false;
        }
        TRY(db.put(change.name,
                   {.sha1 = change.sha1, .bytes = static_cast<std::int64_t>(change.bytes)}, now));
        return true;
    }

    Result<bool> register_all(const StagedBatch& batch, TimestampSecs now) {
        bool changed = false;
        for (const auto& change : batch.changes()) {
            TRY_ASSIGN(const bool one, register_change(change, now));
            changed = changed || one;
        }
        return changed;
    }

    // The zip under the name from which a crash is repaired; then the rows.
    Result<void> stage_and_commit(StagedBatch& batch) {
        const auto zip = staging / (std::to_string(db.last_usn().value + 1) + staged_zip_ending);
        TRY(files::rename(batch.zip(), zip));
        staged.push_back(zip);
        staged_bytes += batch.zip_bytes();
        TRY(files::sync_to_disk(staging));
        return db.commit();
    }

    // The rows have committed.
    Result<void> put_files_in_place(StagedBatch& batch) {
        for (const auto& [name, change] : last_of_each_name(std::span(batch.changes()))) {
            if (change->is_deletion()) {
                TRY(remove_file(name));
            } else {
                TRY(put_in_place(change->file, name));
                change->file.clear();
            }
        }
        return {};
    }

    // The file, if there is one of this size.
    Result<std::optional<files::FileDescriptor>> open_if_whole(std::string_view name,
                                                               std::uint64_t bytes) {
        auto file = files::open_for_reading(path_of(name));
        if (!file && file.error().kind != ErrorKind::not_found) {
            return std::move(file).error();
        }
        std::optional<files::FileDescriptor> found;
        if (file && files::is_regular_file(*file)) {
            TRY_ASSIGN(const auto bytes_there, files::size_of(*file));
            if (bytes_there == bytes) {
                found = std::move(file).value();
            }
        }
        return found;
    }

    // Of a batch that changes no row: a file that has gone missing, or bad, meanwhile is mended.
    Result<void> replace_missing_files(const StagedBatch& batch) {
        for (const auto& change : batch.changes()) {
            if (change.is_deletion()) {
                continue;
            }
            TRY_ASSIGN(const auto file, open_if_whole(change.name, change.bytes));
            const auto sum = file ? sha1_of(*file) : Result<Sha1>(Sha1());
            if (!sum || *sum != change.sha1) {
                TRY(files::sync_to_disk(change.file));  // no zip is staged for it
                TRY(put_in_place(change.file, change.name));
            }
        }
        return files::sync_to_disk(opened_folder);  // and what a try that failed has put there
    }

    Result<void> checkpoint() {
        if (staged.empty()) {
            return {};
        }
        // After an error the system takes what it could not write as written: only the zips have
        // it.
        needs_repair = true;
        TRY(files::sync_file_system(opened_folder));
        needs_repair = false;
        for (const auto& zip : staged) {
            TRY(files::remove(zip));
        }
        staged.clear();
        staged_bytes = 0;
        return {};
    }

    Result<void> forget(const std::string& name, const MediaRow& row) {
        TRY(db.begin());
        auto forgotten = db.forget(name, row);
        if (forgotten) {
            forgotten = db.commit();
        }
        if (!forgotten) {
            db.rollback();
        }
        return forgotten;
    }

    // not_found: it is not there (any more).
    Result<OpenFile> open_file(const std::string& name) {
        TRY_ASSIGN(const auto row, db.find(name));
        if (!row || !row->is_live() || !files::is_file_name(name)) {
            return fail(ErrorKind::not_found, "a file that is not there is asked for");
        }
        const auto bytes = static_cast<std::uint64_t>(row->bytes);
        if (bytes > limits::media_zip_bytes_max) {  // put there by a foreign hand
            return fail(ErrorKind::too_large, "a file is larger than clients can take");
        }
        auto file = open_if_whole(name, bytes);
        if (!file) {
            return fail(file.error().kind, "the media file of usn " +
                                               std::to_string(row->usn.value) +
                                               " cannot be read: " + file.error().context);
        }
        if (!*file) {  // R-MEDIA-32
            TRY(forget(name, *row));
            return fail(ErrorKind::not_found, "a file has gone missing; its row is forgotten");
        }
        return OpenFile{.name = name, .file = std::move(**file), .bytes = bytes};
    }

    fs::path files_folder;
    fs::path staging;
    fs::path database;
    MediaDb db;
    std::vector<fs::path> staged;  // applied, perhaps not yet on disk
    std::uint64_t staged_bytes = 0;
    // Open from before the first write: the system tells of an error each descriptor that was.
    files::FileDescriptor opened_folder;
    std::size_t unreadable_files;
    bool needs_repair = true;
};

MediaStore::MediaStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MediaStore::MediaStore(MediaStore&&) noexcept = default;
MediaStore& MediaStore::operator=(MediaStore&&) noexcept = default;
MediaStore::~MediaStore() = default;

Result<MediaStore> MediaStore::open(const fs::path& account_folder, TimestampSecs now) {
    TRY(files::make_folders(account_folder / "media"));
    TRY(files::make_folders(staging_folder(account_folder)));
    TRY_ASSIGN(auto db, MediaDb::open(database_path(account_folder)));
    TRY_ASSIGN(const auto unreadable, make_lost_rows(db, account_folder / "media", now));
    TRY_ASSIGN(auto folder, files::open_for_reading(account_folder / "media"));
    MediaStore store(
        std::make_unique<Impl>(account_folder, std::move(folder), std::move(db), unreadable));
    TRY(store.impl_->be_whole());
    return store;
}

std::size_t MediaStore::unreadable_files() const { return impl_->unreadable_files; }

Result<MediaUsn> MediaStore::last_usn() {
    TRY(impl_->be_whole());
    return impl_->db.last_usn();
}

std::optional<MediaUsn> MediaStore::known_usn() const {
    return impl_->needs_repair ? std::nullopt : std::optional(impl_->db.last_usn());
}

Result<std::vector<MediaChange>> MediaStore::changes_after(MediaUsn usn) {
    TRY(impl_->be_whole());
    return impl_->db.changes_after(usn, limits::media_changes_max);
}

Result<std::int64_t> MediaStore::file_count() {
    TRY(impl_->be_whole());
    return impl_->db.file_count();
}

Result<MediaStore::Applied> MediaStore::apply(StagedBatch& batch, TimestampSecs now) {
    TRY(impl_->be_whole());
    TRY(impl_->db.begin());
    const auto changed = impl_->register_all(batch, now);
    auto committed = !changed   ? Result<void>(changed.error())
                     : *changed ? impl_->stage_and_commit(batch)
                                : Result<void>();
    impl_->db.rollback();  // of what did not commit
    if (!committed) {
        impl_->needs_repair = true;  // a zip may be staged that has to be discarded
        return std::move(committed).error();
    }
    auto placed = *changed ? impl_->put_files_in_place(batch) : impl_->replace_missing_files(batch);
    if (!placed) {
        impl_->needs_repair = true;
        return std::move(placed).error();
    }
    const Applied applied{.processed = batch.changes().size(), .usn = impl_->db.last_usn()};
    if (impl_->staged_bytes >= limits::media_staged_bytes_max) {
        static_cast<void>(impl_->checkpoint());  // if it fails, the next call repairs
    }
    return applied;
}

Result<std::vector<OpenFile>> MediaStore::open_files(std::span<const std::string> names) {
    TRY(impl_->be_whole());
    std::vector<OpenFile> opened;
    std::uint64_t bytes = 0;
    std::optional<Error> missing;
    for (const auto& name : names) {
        auto file = impl_->open_file(name);
        if (!file && file.error().kind != ErrorKind::not_found) {
            if (opened.empty()) {
                return std::move(file).error();
            }
            break;  // those before it need not wait
        }
        if (!file) {
            missing = missing ? missing : file.error();
        }
        if (missing) {
            continue;  // all that are missing are forgotten at once: each 409 is an error to a user
        }
        bytes += file->bytes;
        opened.push_back(std::move(file).value());
        if (bytes > limits::media_reply_bytes_target) {  // R-MEDIA-31
            break;
        }
    }
    if (missing && opened.empty()) {
        return fail(ErrorKind::session_conflict, missing->context);
    }
    return opened;  // the client asks for the rest anew
}

Result<void> MediaStore::checkpoint() {
    TRY(impl_->be_whole());
    return impl_->checkpoint();
}

bool MediaStore::has_staged() const { return !impl_->staged.empty(); }

Result<KnownUsn> MediaStore::close() {
    TRY(checkpoint());
    TRY(impl_->db.close());
    TRY_ASSIGN(const auto database, files::identity_of(impl_->database));
    return KnownUsn{.database = database, .usn = impl_->db.last_usn()};
}

bool KnownUsn::is_true_of(const fs::path& account_folder) const {
    const auto path = database_path(account_folder);
    const auto now = files::identity_of(path);
    const auto log_bytes = files::size_of(sqlite::log_path(path));
    return now && *now == database && log_bytes && *log_bytes == 0;
}

}  // namespace ankiwire::media
