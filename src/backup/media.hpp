// Media as a backup sees them: the rows of media.db in the official layout, and the files that they
// name. Names come from a file, and lead nowhere but into the media folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/result.hpp"
#include "media/sha1.hpp"

namespace ankiwire::backup {

struct MediaFile {
    media::Sha1 sha1;
    std::int64_t size = 0;
    friend bool operator==(const MediaFile&, const MediaFile&) = default;
};
using MediaFiles = std::map<std::string, MediaFile>;  // by name

// Those that are not deleted.
Result<MediaFiles> live_media(const std::filesystem::path& media_db);

// Removes rows as if there had never been such files: a row of a deletion would erase them on every
// device.
Result<void> forget_media(const std::filesystem::path& media_db, const MediaFiles& gone);

enum class MediaCopy { made, missing, unreadable };

// Copies the file to the new file `target`. missing: there is none of that content; then there is
// no target, nor if it cannot be read. storage: the target cannot be written.
Result<MediaCopy> copy_media_file(const std::filesystem::path& media_folder,
                                  const std::string& name, const MediaFile& file,
                                  const std::filesystem::path& target);

// Those of `wanted` that a batch on its way into the media folder has (a power cut or a full disk
// may have stopped it, or a server is at it), copied to new files in `target_folder`. What cannot
// be read is passed over. storage: the target cannot be written.
Result<MediaFiles> copy_staged_media(const std::filesystem::path& account_folder,
                                     const MediaFiles& wanted,
                                     const std::filesystem::path& target_folder);

}  // namespace ankiwire::backup
