// UTF-8 text, one code point at a time. It may be invalid: each part that cannot belong to a code
// point (the longest such part, as Unicode recommends) counts as one U+FFFD. Nothing here fails.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ankiwire {

struct CodePoint {
    char32_t value;
    std::size_t size;  // in bytes
};

// Precondition: `text` is not empty.
CodePoint first_code_point(std::string_view text);
CodePoint last_code_point(std::string_view text);

// Precondition: `value` is no surrogate and at most U+10FFFF.
void append_code_point(std::string& out, char32_t value);

// `text` with each `from` replaced by `to`. Precondition: `from` is not empty.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// 0x00 to 0x1f and 0x7f.
constexpr bool is_ascii_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace ankiwire
