// UTF-8: RFC 3629, to the letter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ankiwire::conformance {

constexpr std::string_view no_character = "\xef\xbf\xbd";  // U+FFFD

// Of the character that `text`, which is not empty, begins with. 0: there is none.
std::size_t character_bytes(std::string_view text);

bool is_utf8(std::string_view text);

void append_utf8(std::string& out, std::uint32_t code);

// With U+FFFD in the place of what no terminal or XML should be given.
std::string printable(std::string_view text);

}  // namespace ankiwire::conformance
