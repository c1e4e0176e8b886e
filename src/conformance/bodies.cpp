#include "conformance/bodies.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/hex.hpp"
#include "base/limits.hpp"
#include "conformance/utf8.hpp"
#include "conformance/whole_file.hpp"
#include "files/files.hpp"
#include "files/temp_folder.hpp"
#include "zip/reader.hpp"
#include "zip/stored_archive.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::string_view meta_name = "_meta";
constexpr std::size_t text_bytes_max = 1000;
constexpr std::size_t entries_max = 1000;
constexpr std::uint64_t unpacked_bytes_max = 512 * limits::mib;  // of all entries

Error malformed(const std::string& what) { return fail(ErrorKind::malformed, what); }

// Bytes that do not pack well, the same at each run.
std::string filler(std::int64_t count) {
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(count));
    std::uint32_t state = 1;
    for (std::int64_t i = 0; i < count; ++i) {
        state = state * 1664525 + 1013904223;
        bytes += static_cast<char>(state >> 24);
    }
    return bytes;
}

Result<std::string> content_of(const Node& node) {
    if (node.kind == Node::Kind::text) {
        return node.text;
    }
    if (const auto* count = node.member("bytes"); count != nullptr) {
        return filler(count->integer);
    }
    if (const auto* hex = node.member("hex"); hex != nullptr) {
        return from_hex(hex->text);
    }
    return malformed("not the content of a file: " + to_text(node));
}

Node node_of(std::string_view content) {
    if (content.size() <= text_bytes_max && is_utf8(content)) {
        return Node::of_text(std::string(content));
    }
    auto large = Node::empty_object();
    large.set_member("bytes", Node::of_integer(static_cast<std::int64_t>(content.size())));
    large.set_member("sha1", Node::of_text(sha1_hex(content)));
    return large;
}

// The contents of a zip's entries by name, in their order.
using Entries = std::vector<std::pair<std::string, std::string>>;

Result<Entries> read_zip(std::string_view zip) {
    const files::TempFolder folder;
    const auto path = folder.path() / "media.zip";
    TRY(write_file(path, zip));
    TRY_ASSIGN(const auto file, files::open_for_reading(path));
    TRY_ASSIGN(const auto reader, zip::Reader::open(file, entries_max));
    Entries entries;
    std::uint64_t bytes = 0;
    for (const auto& entry : reader.entries()) {
        bytes += entry.bytes;
        if (bytes > unpacked_bytes_max) {
            return malformed("the files of the zip are too large");
        }
        std::string content;
        TRY(reader.read(entry, [&content](std::string_view piece) -> Result<void> {
            content += piece;
            return {};
        }));
        entries.emplace_back(entry.name, std::move(content));
    }
    return entries;
}

// nullptr: there is none of that name.
const std::string* find_entry(const Entries& entries, std::string_view name) {
    const auto found = std::ranges::find(entries, name, &Entries::value_type::first);
    return found == entries.end() ? nullptr : &found->second;
}

// As a text if it is one.
Node sent_content(std::string_view content) {
    const bool has_controls =
        std::ranges::any_of(content, [](char c) { return c >= 0 && c < ' ' && c != '\n'; });
    if (!has_controls && is_utf8(content)) {
        return Node::of_text(std::string(content));
    }
    auto node = Node::empty_object();
    node.set_member("hex", Node::of_text(hex_of(content)));
    return node;
}

}  // namespace

std::string sha1_hex(std::string_view bytes) {
    std::string sum(20, '\0');
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(sum.data()), nullptr,
               EVP_sha1(), nullptr);
    return hex_of(sum);
}

Form make_form(const Node& object) {
    Form form;
    for (const auto& part : object.members) {
        form.push_back({part.key, part.kind == Node::Kind::text ? part.text : to_text(part)});
    }
    return form;
}

// RFC 8878, 3.1.1: the magic number, a header with a window descriptor alone, raw blocks.
std::string frame_of_window(std::string_view plain, unsigned log) {
    constexpr std::size_t block_bytes_max = std::size_t{128} * 1024;
    constexpr unsigned log_least = 10;
    std::string frame("\x28\xb5\x2f\xfd\x00", 5);
    frame += static_cast<char>((log - log_least) << 3);
    do {
        const auto block = plain.substr(0, block_bytes_max);
        plain.remove_prefix(block.size());
        const auto header = block.size() << 3 | (plain.empty() ? 1U : 0U);
        for (const unsigned shift : {0U, 8U, 16U}) {
            frame += static_cast<char>(header >> shift & 0xff);
        }
        frame += block;
    } while (!plain.empty());
    return frame;
}

Result<std::string> from_hex(std::string_view text) {
    std::string bytes;
    std::string digits;
    std::ranges::copy_if(text, std::back_inserter(digits),
                         [](char c) { return c != ' ' && c != '\n'; });
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned value = 0;
        const auto* first = digits.data() + i;
        const auto* last = digits.data() + std::min(i + 2, digits.size());
        if (const auto [end, error] = std::from_chars(first, last, value, 16);
            error != std::errc() || end != first + 2) {
            return malformed("not hexadecimal: " + digits.substr(i, 2));
        }
        bytes += static_cast<char>(value);
    }
    return bytes;
}

Result<std::string> make_media_zip(const Node& changes, const Node& entries) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& entry : entries.members) {
        TRY_ASSIGN(auto content, content_of(entry));
        files.emplace_back(entry.key, std::move(content));
    }
    if (changes.kind != Node::Kind::null) {
        files.emplace_back(meta_name,
                           changes.kind == Node::Kind::text ? changes.text : to_text(changes));
    }
    zip::StoredArchive archive;
    for (const auto& [name, content] : files) {
        archive.add(name, content.size());
    }
    std::string zip;
    for (const auto& [name, content] : files) {
        zip += archive.next_header(zip::crc32(content));
        zip += content;
    }
    return zip + archive.end();
}

Result<UploadedZip> read_uploaded_zip(std::string_view zip) {
    TRY_ASSIGN(const auto entries, read_zip(zip));
    UploadedZip uploaded{.changes = {}, .entries = Node::empty_object()};
    for (const auto& [name, content] : entries) {
        if (name == meta_name) {
            TRY_ASSIGN(uploaded.changes, from_json(content));
        } else {
            uploaded.entries.set_member(name, sent_content(content));
        }
    }
    return uploaded.changes.kind == Node::Kind::array ? Result<UploadedZip>(std::move(uploaded))
                                                      : malformed("the zip has no _meta");
}

Result<Node> read_media_zip(std::string_view zip) {
    TRY_ASSIGN(const auto entries, read_zip(zip));
    const auto* meta_text = find_entry(entries, meta_name);
    if (meta_text == nullptr) {
        return malformed("the zip has no _meta");
    }
    TRY_ASSIGN(const auto meta, from_json(*meta_text));
    if (meta.members.size() + 1 != entries.size()) {
        return malformed("the zip has entries that its _meta does not name");
    }
    Node files;
    files.kind = Node::Kind::array;
    for (std::size_t i = 0; i < meta.members.size(); ++i) {
        const auto number = std::to_string(i);
        const auto* name = meta.member(number);
        const auto* content = find_entry(entries, number);
        if (content == nullptr || name == nullptr || name->kind != Node::Kind::text) {
            return malformed("the zip, or its _meta, lacks the entry " + number);
        }
        Node pair;
        pair.kind = Node::Kind::array;
        pair.elements = {*name, node_of(*content)};
        files.elements.push_back(std::move(pair));
    }
    return files;
}

}  // namespace ankiwire::conformance
