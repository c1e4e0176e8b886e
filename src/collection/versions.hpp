// The collections that full uploads replaced: kept packed beside the collection, so that the wrong
// button on a one-way sync can be undone (R-FULL-10).
// Layout: <account>/versions/<time in ms>.anki2.zst and <time in ms>.json (its Version, format 1).
// Invariant: a version is listed only when both files are complete; a crash leaves at most a stray
// file without a .json, which the next keep_version removes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "collection/full_sync.hpp"
#include "json/writer.hpp"

namespace ankiwire::collection {

struct Version {
    TimestampMs kept_at;  // names the version
    std::string reason;   // "upload" or "restore": what replaced it
    std::string client;   // of the device that uploaded, as it calls itself
    ContentCounts contents;
    ContentCounts lost;  // what it holds and its replacement lacked
    std::uint64_t packed_bytes = 0;
    friend bool operator==(const Version&, const Version&) = default;
};

// How long versions stay (all of the last hour, one a day for 14 days, one a week for 90 days; the
// one with the most reviews not in its first 30 days; at most `bytes_max`, oldest first).
struct Retention {
    std::uint64_t bytes_max = std::uint64_t{2} * 1024 * 1024 * 1024;
};

// As the member `name` of the object that is being written.
void write_counts(json::Writer& out, std::string_view name, const ContentCounts& counts);

struct VersionList {
    std::vector<Version> versions;  // oldest first
    std::size_t unreadable = 0;  // descriptions that are damaged, or of a newer format: left alone
};
Result<VersionList> list_versions(const std::filesystem::path& account_folder);

// Packs `snapshot` (finished, stays as it is) as a version, both files synced to disk. Memory is
// constant. storage: nothing is listed that was not before.
Result<Version> keep_version(const std::filesystem::path& account_folder,
                             const std::filesystem::path& snapshot, Version description);

// Unpacks a version into the new file `target`. not_found: there is none of that time.
Result<void> unpack_version(const std::filesystem::path& account_folder, TimestampMs kept_at,
                            const std::filesystem::path& target);

// Which versions the ladder lets go; pure. The newest version is never among them.
std::vector<Version> versions_to_evict(std::vector<Version> versions, const Retention& retention,
                                       TimestampMs now);
// Removes them.
Result<void> evict_versions(const std::filesystem::path& account_folder, const Retention& retention,
                            TimestampMs now);

}  // namespace ankiwire::collection
