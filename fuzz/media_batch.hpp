// Batches of media changes as clients send them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/writer.hpp"
#include "zip/stored_archive.hpp"

namespace ankiwire::fuzz {

struct MediaFile {
    std::string name;
    std::optional<std::string> content;  // none: deleted
};

inline std::string media_batch(const std::vector<MediaFile>& changes) {
    zip::StoredArchive archive;
    std::string meta;
    json::Writer writer(meta);
    writer.begin_array();
    for (const auto& change : changes) {
        writer.begin_array().string(change.name);
        if (change.content) {
            const auto entry = std::to_string(&change - changes.data());
            archive.add(entry, change.content->size());
            writer.string(entry);
        } else {
            writer.null();
        }
        writer.end_array();
    }
    writer.end_array();
    archive.add("_meta", meta.size());
    std::string bytes;
    for (const auto& change : changes) {
        if (change.content) {
            bytes += archive.next_header(zip::crc32(*change.content)) + *change.content;
        }
    }
    bytes += archive.next_header(zip::crc32(meta)) + meta;
    return bytes + archive.end();
}

// "name=content", or "name": it is deleted.
inline MediaFile media_change(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == text.npos) {
        return {std::string(text), std::nullopt};
    }
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace ankiwire::fuzz
