#include "conformance/uploaded_zip.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "files/files.hpp"
#include "files/temp_folder.hpp"
#include "zip/reader.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::size_t entries_max = 1000;

// As a text if it is one.
Node content_node(std::string_view content) {
    auto text = Node::of_text(std::string(content));
    const bool has_controls =
        std::ranges::any_of(content, [](char c) { return c >= 0 && c < ' ' && c != '\n'; });
    if (const auto again = from_json(to_text(text));
        !has_controls && again && again->text == content) {
        return text;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (const char c : content) {
        const auto byte = static_cast<unsigned char>(c);
        hex += {digits[byte / 16], digits[byte % 16]};
    }
    auto node = Node::empty_object();
    node.set_member("hex", Node::of_text(std::move(hex)));
    return node;
}

}  // namespace

Result<UploadedZip> read_uploaded_zip(std::string_view zip) {
    const files::TempFolder folder;
    const auto path = folder.path() / "media.zip";
    {
        TRY_ASSIGN(const auto out, files::create(path));
        TRY(files::write_all(out, zip));
    }
    TRY_ASSIGN(const auto file, files::open_for_reading(path));
    TRY_ASSIGN(const auto reader, zip::Reader::open(file, entries_max));
    UploadedZip uploaded{.changes = {}, .entries = Node::empty_object()};
    for (const auto& entry : reader.entries()) {
        std::string content;
        TRY(reader.read(entry, [&content](std::string_view piece) -> Result<void> {
            content += piece;
            return {};
        }));
        if (entry.name == "_meta") {
            TRY_ASSIGN(uploaded.changes, from_json(content));
        } else {
            uploaded.entries.set_member(entry.name, content_node(content));
        }
    }
    return uploaded.changes.kind == Node::Kind::array
               ? Result<UploadedZip>(std::move(uploaded))
               : fail(ErrorKind::malformed, "the zip has no _meta");
}

}  // namespace ankiwire::conformance
