// Collections of any size.
#pragma once

#include <cstdint>
#include <filesystem>

#include "collection/collection_store.hpp"

namespace ankiwire::parts {

inline constexpr TimestampMs now{1'700'000'000'000};

// One of the new collection's own, for notes of two fields.
NotetypeId basic_notetype(collection::CollectionStore& store);

// Makes the file, with `count` notes, cards and reviews.
void make_collection(const std::filesystem::path& path, std::int64_t count);

}  // namespace ankiwire::parts
