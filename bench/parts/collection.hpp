// Collections of any size.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/clock.hpp"
#include "collection/collection_store.hpp"

namespace ankiwire::parts {

inline const TimestampMs now = system_now();  // on a new day buried cards come back

// One of the new collection's own, for notes of two fields.
NotetypeId basic_notetype(collection::CollectionStore& store);

// Makes the file, with `count` notes, cards and reviews.
void make_collection(const std::filesystem::path& path, std::int64_t count);

}  // namespace ankiwire::parts
