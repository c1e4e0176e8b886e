// What is counted in the text of a reply, which needs no more of JSON than that our rows have no
// brackets in their texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ankiwire::load {

std::size_t count_of(std::string_view part, std::string_view text);
// In its lists of rows, each of which is a list, too.
std::size_t rows_in(std::string_view text);
// Those of the list behind that key; 0: there is none.
std::size_t rows_behind(std::string_view key, std::string_view text);
// The numbers that stand behind that key, and no text between them.
std::vector<std::uint32_t> numbers_behind(std::string_view key, std::string_view text);

}  // namespace ankiwire::load
