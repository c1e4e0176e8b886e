// Contract of media/upload_zip.hpp, for any bytes: an upload or `malformed`; every change of an
// upload has a name that can be joined to a path; a content that is read whole has the size that
// its entry promised. Input: a byte to put into the archive that is made of the rest, its place
// there, the length of `_meta`; then `_meta`, then a content.
#include <sys/mman.h>

#include <cstdint>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "media/upload_zip.hpp"
#include "model/names.hpp"
#include "zip/stored_archive.hpp"

using namespace ankiwire;

namespace {

files::FileDescriptor file_of(std::string_view bytes) {
    files::FileDescriptor file(memfd_create("archive", MFD_CLOEXEC));
    CHECK(files::write_all(file, bytes));
    return file;
}

void check_any(std::string_view bytes) {
    const auto file = file_of(bytes);
    const auto upload = media::UploadZip::open(file, limits::media_name_bytes_max);
    if (!upload) {
        CHECK(upload.error().kind == ErrorKind::malformed);
        return;
    }
    CHECK(upload->changes().size() <= limits::media_zip_files_max);
    for (const auto& change : upload->changes()) {
        CHECK(files::is_file_name(change.name));
        if (!change.content) {
            continue;
        }
        CHECK(is_nfc(change.name) && change.name.size() <= limits::media_name_bytes_max);
        std::uint64_t read = 0;
        const auto sum = upload->read(*change.content, [&](std::string_view piece) {
            read += piece.size();
            CHECK(read <= change.content->bytes);
            return Result<void>();
        });
        CHECK(sum ? read == change.content->bytes : sum.error().kind == ErrorKind::malformed);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) {
        return 0;
    }
    std::string_view rest(reinterpret_cast<const char*>(data) + 4, size - 4);
    check_any(rest);
    const auto meta = rest.substr(0, data[3]);
    const auto content = rest.substr(meta.size());
    zip::StoredArchive archive;
    archive.add("0", content.size());
    archive.add("_meta", meta.size());
    std::string bytes = archive.next_header(zip::crc32(content));
    bytes += content;
    bytes += archive.next_header(zip::crc32(meta));
    bytes += meta;
    bytes += archive.end();
    check_any(bytes);
    bytes.at((data[1] * 256U + data[2]) % bytes.size()) = static_cast<char>(data[0]);
    check_any(bytes);
    return 0;
}
