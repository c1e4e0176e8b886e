// A batch of media changes on disk, checked and unpacked, before it is applied: the zip as it was
// received, and each new file beside it. Invariant: a file that was not put in place is gone with
// its owner; the zip is whose it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "media/upload_zip.hpp"

namespace ankiwire::media {

// Where batches are received, and kept until their files are on disk in their places.
std::filesystem::path staging_folder(const std::filesystem::path& account_folder);
inline constexpr const char* staged_zip_ending = ".zip";
// The batches that are kept there, in no order; their rows have perhaps not committed.
Result<std::vector<std::filesystem::path>> staged_zips(const std::filesystem::path& staging);

struct StagedChange {
    std::string name;
    std::filesystem::path file;  // the content; empty: a deletion, or it has been put in place
    Sha1 sha1;
    std::uint64_t bytes = 0;

    [[nodiscard]] bool is_deletion() const { return bytes == 0; }
};

class StagedBatch {
public:
    // `zip`: the whole upload, in the staging folder; it is synced to disk here. The files are
    // written beside it, named after it. malformed: see UploadZip.
    static Result<StagedBatch> unpack(const std::filesystem::path& zip);
    StagedBatch(StagedBatch&&) noexcept = default;
    StagedBatch& operator=(StagedBatch&&) = delete;
    ~StagedBatch();

    [[nodiscard]] const std::vector<StagedChange>& changes() const { return changes_; }
    [[nodiscard]] std::vector<StagedChange>& changes() { return changes_; }
    [[nodiscard]] const std::filesystem::path& zip() const { return zip_; }
    [[nodiscard]] std::uint64_t zip_bytes() const { return zip_bytes_; }

private:
    explicit StagedBatch(std::filesystem::path zip) : zip_(std::move(zip)) {}
    std::filesystem::path zip_;
    std::uint64_t zip_bytes_ = 0;
    std::vector<StagedChange> changes_;
};

// Writes the content of an entry to the new file `path`.
Result<Sha1> extract(const UploadZip& upload, const zip::Entry& entry,
                     const std::filesystem::path& path);

// The longest name that the file system of `folder` takes, and no longer than the protocol's.
std::size_t name_bytes_max(const std::filesystem::path& folder);

}  // namespace ankiwire::media
