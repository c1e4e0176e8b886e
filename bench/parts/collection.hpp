// Collections of any size.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/ids.hpp"
#include "collection/collection_store.hpp"

namespace ankiwire::parts {

// When all happens: on another day buried cards would come back first.
TimestampMs now();

// One of the new collection's own, for notes of two fields.
NotetypeId basic_notetype(collection::CollectionStore& store);

// Makes the file, with `count` notes, cards and reviews.
void make_collection(const std::filesystem::path& path, std::int64_t count);

}  // namespace ankiwire::parts
