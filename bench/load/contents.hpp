// What collections have most of.
#pragma once

#include <cstdint>
#include <string>

#include "model/changes.hpp"

namespace ankiwire::load {

inline constexpr Usn usn{2};  // of all that is made here
inline constexpr TimestampSecs changed{1'700'000'000};
inline constexpr std::int64_t rows_of_a_table = 83;  // in a chunk that is full

std::string fields(std::int64_t number);
// `count` notes, as many cards and reviews, from that id on.
Chunk rows(std::int64_t first, std::int64_t count, NotetypeId notetype);
Deck deck(std::int64_t number);
Notetype notetype(std::int64_t number);

}  // namespace ankiwire::load
