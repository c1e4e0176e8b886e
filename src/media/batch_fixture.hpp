// For tests, fuzzers and simulations: a batch of changes as clients send it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json/writer.hpp"
#include "zip/stored_archive.hpp"

namespace ankiwire::media {

using Change = std::pair<std::string, std::optional<std::string>>;  // nullopt: a deletion

// `changes`: a range of names, each with a content or none.
template <class Changes>
std::string zip_of(const Changes& changes) {
    zip::StoredArchive archive;
    std::string meta;
    json::Writer writer(meta);
    writer.begin_array();
    int number = 0;
    for (const auto& [name, content] : changes) {
        const auto entry = std::to_string(number++);
        writer.begin_array().string(name);
        if (content) {
            archive.add(entry, content->size());
            writer.string(entry);
        } else {
            writer.null();
        }
        writer.end_array();
    }
    writer.end_array();
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
