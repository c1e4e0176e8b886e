// The lines of a transcript: a line with those that continue it, and words in it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ankiwire::conformance {

using Words = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

struct Block {
    int line = 0;
    std::string text;  // of several lines
};

// In order, without blank lines and comments; the comment before the first one is added to
// `comment`.
std::vector<Block> blocks_of(std::string_view text, std::string& comment);

std::string_view trimmed(std::string_view text);
// The parts that are not empty, trimmed.
Words split(std::string_view text, std::string_view separator);
// Takes a word, up to a space or line end, off the beginning.
std::string_view take_word(std::string_view& text);
std::string replaced(std::string text, std::string_view from, std::string_view to);
// Each $name has become its value.
std::string with_values(std::string text, const Values& values);

}  // namespace ankiwire::conformance
