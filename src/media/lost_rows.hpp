// media.db has been lost, or moved away because it was damaged: its rows are made anew from the
// files, which the user may have nowhere else (R-MEDIA-24).
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "media/media_db.hpp"

namespace ankiwire::media {

// If there has never been a row, makes one for each file of the folder that a client may have.
// Their usns are above all that devices may know, so that each device looks at the whole list.
// Returns how many files were left out because they cannot be read.
Result<std::size_t> make_lost_rows(MediaDb& db, const std::filesystem::path& files_folder,
                                   TimestampSecs now);

}  // namespace ankiwire::media
