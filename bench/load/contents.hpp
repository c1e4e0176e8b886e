// What collections have most of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "media/batch_fixture.hpp"
#include "model/changes.hpp"

namespace ankiwire::load {

inline constexpr Usn usn{2};  // of all that is made here
inline constexpr TimestampSecs changed{1'700'000'000};
inline constexpr std::int64_t rows_of_a_table = 83;  // in a chunk that is full
inline constexpr std::size_t files_of_a_zip = 25;

std::string fields(std::int64_t number);
// `count` notes, as many cards and reviews, from that id on.
Chunk rows(std::int64_t first, std::int64_t count, NotetypeId notetype);
// As many as devices send in a zip, of so many bytes, from that number on; they cannot be packed.
std::vector<media::Change> files(std::size_t first, std::size_t bytes);
std::string file_name(std::size_t number);
Deck deck(std::int64_t number);
Notetype notetype(std::int64_t number);

}  // namespace ankiwire::load
