#include "media/staged_batch.hpp"

#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/limits.hpp"

namespace ankiwire::media {

namespace fs = std::filesystem;

fs::path staging_folder(const fs::path& account_folder) { return account_folder / "media.staging"; }

Result<std::vector<fs::path>> staged_zips(const fs::path& staging) {
    std::vector<fs::path> zips;
    std::error_code error;
    for (fs::directory_iterator entry(staging, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == staged_zip_ending) {
            zips.push_back(entry->path());
        }
    }
    if (error) {
        return fail(ErrorKind::storage, "reading the staging folder: " + error.message());
    }
    return zips;
}

Result<Sha1> extract(const UploadZip& upload, const zip::Entry& entry, const fs::path& path) {
    TRY_ASSIGN(const auto file, files::create(path));
    auto sum = upload.read(
        entry, [&file](std::string_view piece) { return files::write_all(file, piece); });
    if (!sum) {
        static_cast<void>(files::remove(path));
    }
    return sum;
}

std::size_t name_bytes_max(const fs::path& folder) {
    const long most = ::pathconf(folder.c_str(), _PC_NAME_MAX);
    return most < 0 ? limits::media_name_bytes_max
                    : std::min(limits::media_name_bytes_max, static_cast<std::size_t>(most));
}

Result<StagedBatch> StagedBatch::unpack(const fs::path& zip) {
    TRY_ASSIGN(const auto file, files::open_for_reading(zip));
    TRY_ASSIGN(const auto upload, UploadZip::open(file, name_bytes_max(zip.parent_path())));
    StagedBatch batch(zip);
    TRY_ASSIGN(batch.zip_bytes_, files::size_of(file));
    for (const auto& change : upload.changes()) {
        StagedChange staged{.name = change.name, .file = {}, .sha1 = {}};
        if (change.content) {
            auto path = zip;
            path += "." + std::to_string(batch.changes_.size());
            TRY_ASSIGN(staged.sha1, extract(upload, *change.content, path));
            staged.file = path;
            staged.bytes = change.content->bytes;
        }
        batch.changes_.push_back(std::move(staged));
    }
    TRY(files::sync_to_disk(file));
    return batch;
}

StagedBatch::~StagedBatch() {
    for (const auto& change : changes_) {
        if (!change.file.empty()) {
            static_cast<void>(files::remove(change.file));
        }
    }
}

}  // namespace ankiwire::media
