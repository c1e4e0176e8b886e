// For tests of the store: a batch of changes as clients send it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zip/stored_archive.hpp"

namespace ankiwire::media {

using Change = std::pair<std::string, std::optional<std::string>>;  // nullopt: a deletion

// As clients make it; without anything that JSON would escape.
inline std::string zip_of(const std::vector<Change>& changes) {
    zip::StoredArchive archive;
    std::string meta = "[";
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto& [name, content] = changes[i];
        meta += (i == 0 ? "[\"" : ",[\"") + name + "\"," +
                (content ? '"' + std::to_string(i) + '"' : "null") + "]";
        if (content) {
            archive.add(std::to_string(i), content->size());
        }
    }
    meta += "]";
    archive.add("_meta", meta.size());
    std::string bytes;
    for (const auto& [name, content] : changes) {
        if (content) {
            bytes += archive.next_header(zip::crc32(*content)) + *content;
        }
    }
    bytes += archive.next_header(zip::crc32(meta)) + meta;
    return bytes + archive.end();
}

}  // namespace ankiwire::media
