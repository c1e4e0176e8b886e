#include "media/upload_zip.hpp"

#include "base/limits.hpp"
#include "json/reader.hpp"
#include "model/names.hpp"

namespace ankiwire::media {
namespace {

constexpr std::string_view meta_name = "_meta";

Error malformed(const char* what) {
    return fail(ErrorKind::malformed, std::string("media upload: ") + what);
}

Result<std::string> text_of_meta(const zip::Reader& reader) {
    const auto* entry = reader.find(meta_name);
    if (entry == nullptr) {
        return malformed("it has no _meta");
    }
    if (entry->bytes > limits::media_zip_meta_bytes_max) {
        return malformed("_meta is too large");
    }
    std::string text;
    const auto append = [&text](std::string_view piece) -> Result<void> {
        text += piece;
        return {};
    };
    TRY(reader.read(*entry, append));
    return text;
}

// R-MEDIA-09
Result<void> check_stored_name(std::string_view name, std::size_t bytes_max) {
    if (!is_nfc(name)) {
        return malformed("a name is not in the form NFC");
    }
    if (name.size() > bytes_max) {
        return malformed("a name is too long");
    }
    return {};
}

}  // namespace

Result<UploadZip> UploadZip::open(const files::FileDescriptor& file, std::size_t name_bytes_max) {
    TRY_ASSIGN(auto reader, zip::Reader::open(file, limits::media_zip_files_max + 1));
    UploadZip upload(std::move(reader));
    TRY(upload.read_meta(name_bytes_max));
    return upload;
}

Result<void> UploadZip::read_meta(std::size_t name_bytes_max) {
    TRY_ASSIGN(const auto text, text_of_meta(reader_));
    TRY_ASSIGN(const auto document, json::Document::parse(text));
    TRY_ASSIGN(const auto list, document.root().array());
    if (list.size() > limits::media_zip_files_max) {  // R-MEDIA-30
        return malformed("too many changes");
    }
    std::uint64_t bytes = 0;
    return list.for_each([&](json::Value value) -> Result<void> {
        TRY_ASSIGN(const auto pair, value.array());
        if (pair.size() != 2) {
            return malformed("_meta has an item that is no pair");
        }
        auto item = pair.begin();
        TRY_ASSIGN(const auto name, json::Value(*item).string());
        ++item;
        const json::Value entry_name(*item);
        if (!files::is_file_name(name)) {
            return malformed("a name that no file can have");
        }
        UploadedChange change{.name = std::string(name), .content = std::nullopt};
        if (!entry_name.is_null()) {
            TRY_ASSIGN(const auto entry_text, entry_name.string());
            const auto* entry = reader_.find(entry_text);
            if (entry == nullptr && !entry_text.empty()) {
                return malformed("_meta names an entry that is not there");
            }
            if (entry != nullptr && !entry_text.empty()) {
                change.content = *entry;
            }
        }
        if (change.content) {
            TRY(check_stored_name(name, name_bytes_max));
            bytes += change.content->bytes;
            if (change.content->bytes == 0) {  // a size of 0 means deleted
                return malformed("an empty file");
            }
            if (change.content->bytes > limits::media_file_bytes_max ||
                bytes > limits::media_zip_bytes_max) {
                return malformed("a file is too large, or all of them together");
            }
        }
        changes_.push_back(std::move(change));
        return {};
    });
}

Result<Sha1> UploadZip::read(const zip::Entry& entry, const ByteSink& sink) const {
    Sha1Sum sum;
    TRY(reader_.read(entry, [&](std::string_view piece) -> Result<void> {
        sum.update(piece);
        return sink(piece);
    }));
    return sum.finish();
}

}  // namespace ankiwire::media
