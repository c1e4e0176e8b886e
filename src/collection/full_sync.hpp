// Files of full syncs, off the account's actor: a received upload is checked before it may become
// anyone's collection; a copy of the collection is made self-contained before it is sent.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "collection/content_counts.hpp"

namespace ankiwire::collection {

// Opens `file` defensively, checks it (R-FULL-04 to R-FULL-09), upgrades it to schema 18, gives
// rows at usn -1 the collection's usn, and leaves one self-contained file. corrupt_upload: it is
// not a collection that can be taken; the file is then of no further use.
Result<ContentCounts> validate_upload(const std::filesystem::path& file, TimestampSecs now);

// Makes a version that was kept ready to be the collection again: schema 18, no pending rows. It
// has been the collection, so nothing that it holds is refused.
Result<void> make_current(const std::filesystem::path& file, TimestampSecs now);

// Makes a copy from CollectionStore::copy_to one self-contained file; returns its size in bytes.
Result<std::uint64_t> finish_snapshot(const std::filesystem::path& copy);

// Converts a finished snapshot to schema 11, which clients of protocol 8 to 10 open (R-LEG-24 to
// R-LEG-28); returns its size in bytes. After an error the file is of no further use.
Result<std::uint64_t> downgrade_snapshot(const std::filesystem::path& copy);

// Sets the schema and modification stamps of a validated file to `now`, so that every device is
// asked which side to keep instead of diverging in silence (R-FULL-15).
Result<void> date_as_replacement(const std::filesystem::path& file, TimestampMs now);

// What a finished snapshot holds; nothing, if it is too damaged to be counted.
Result<ContentCounts> count_contents(const std::filesystem::path& file);

// Rows of `before` whose ids `after` lacks; none, if `before` is too damaged to be counted. Both
// are finished snapshots or validated uploads.
Result<ContentCounts> lost_contents(const std::filesystem::path& before,
                                    const std::filesystem::path& after);

}  // namespace ankiwire::collection
