// A batch of media changes as a client sends it: a zip whose entry `_meta` is a JSON list of
// [name, entry], the entry being null or "" for a deletion. Source: rslib/src/sync/media/zip.rs at
// c32cb29, and R-MEDIA-08 to R-MEDIA-11.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_sink.hpp"
#include "base/result.hpp"
#include "files/files.hpp"
#include "media/sha1.hpp"
#include "zip/reader.hpp"

namespace ankiwire::media {

struct UploadedChange {
    std::string name;
    std::optional<zip::Entry> content;  // none: a deletion
};

class UploadZip {
public:
    // Checks everything but the contents. malformed: not such a zip, or a name or size that is not
    // allowed. `file` outlives it. `name_bytes_max`: what the file system takes.
    static Result<UploadZip> open(const files::FileDescriptor& file, std::size_t name_bytes_max);

    // In the order in which they are to be applied. Deletions of names that no file can have been
    // stored under are kept: they count as processed.
    [[nodiscard]] const std::vector<UploadedChange>& changes() const { return changes_; }
    // Passes the content to `sink` and returns its checksum. malformed: damaged.
    Result<Sha1> read(const zip::Entry& entry, const ByteSink& sink) const;

private:
    explicit UploadZip(zip::Reader reader) : reader_(std::move(reader)) {}
    Result<void> read_meta(std::size_t name_bytes_max);
    zip::Reader reader_;
    std::vector<UploadedChange> changes_;
};

}  // namespace ankiwire::media
