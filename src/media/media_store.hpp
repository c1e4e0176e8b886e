// One account's media: <account>/media/ holds the files, <account>/media.db says which there are,
// and what changed when. The layout is the official server's; <account>/media.staging/ is ours.
// Invariants:
//  - Each live row's checksum is that of its file, but while apply() runs and after a crash in it:
//    then the file is in a staged zip, from which it is put in place before anything else is done.
//  - A batch is applied in this order: its zip is on disk, the rows commit, the files go in place.
//    The zip goes when all of that is on disk (checkpoint), not before.
//  - A row is never turned into a deletion by a repair: that would delete the file on each device.
//  - Files are replaced by renaming, so that a file which is open stays as it was.
// Used by one thread at a time (the account's actor). No clock inside: times are arguments.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "files/files.hpp"
#include "media/staged_batch.hpp"
#include "model/media.hpp"

namespace ankiwire::media {

struct OpenFile {
    std::string name;
    files::FileDescriptor file;
    std::uint64_t bytes;
};

// Of a store that was closed.
struct KnownUsn {
    files::Identity database;
    MediaUsn usn;
    // Nobody has changed it since.
    [[nodiscard]] bool is_true_of(const std::filesystem::path& account_folder) const;
};

class MediaStore {
public:
    // Makes what is missing, brings an older media.db to the current form, redoes or discards what
    // a crash left, and makes rows of the files if there are none (R-MEDIA-24). busy: another
    // program holds it. damaged: media.db cannot be read.
    static Result<MediaStore> open(const std::filesystem::path& account_folder, TimestampSecs now);
    MediaStore(MediaStore&&) noexcept;
    MediaStore& operator=(MediaStore&&) noexcept;
    ~MediaStore();

    // Files that cannot be read and so got no row when lost rows were made.
    [[nodiscard]] std::size_t unreadable_files() const;

    Result<MediaUsn> last_usn();
    // The same, at once; nullopt while something has to be repaired first.
    [[nodiscard]] std::optional<MediaUsn> known_usn() const;

    // At most limits::media_changes_max changes after `usn`, in order (R-MEDIA-06, R-MEDIA-29).
    Result<std::vector<MediaChange>> changes_after(MediaUsn usn);
    // Files that are there (R-MEDIA-18).
    Result<std::int64_t> file_count();

    struct Applied {
        std::size_t processed;
        MediaUsn usn;
    };
    // Applies a batch whole, or fails and has changed nothing; a failure behind the commit (a disk
    // that fails) is repaired by the next call. The zip of `batch` is the store's then.
    Result<Applied> apply(StagedBatch& batch, TimestampSecs now);

    // The files of these names in that order, or the first of them, about
    // limits::media_reply_bytes_target together and at least one. session_conflict: the first one
    // is not there; rows without a file are forgotten (R-MEDIA-32).
    Result<std::vector<OpenFile>> open_files(std::span<const std::string> names);

    // Syncs to disk what was applied; then the staged zips go.
    Result<void> checkpoint();
    [[nodiscard]] bool has_staged() const;
    // Checkpoints and closes.
    Result<KnownUsn> close();

private:
    struct Impl;
    explicit MediaStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace ankiwire::media
