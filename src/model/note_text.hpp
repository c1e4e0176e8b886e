// What a note's sort field and checksum are made of (R-STORE-09, R-STORE-10). Linear in the text's
// length, whatever the text. Source: rslib/src/text.rs and notes/mod.rs at c32cb29.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ankiwire {

// The field without HTML, but with the names of media files; entities decoded.
std::string strip_html_preserving_media_filenames(std::string_view html);

// The first 4 bytes, big endian, of the SHA-1 of `stripped`.
std::uint32_t field_checksum(std::string_view stripped);

// Drops ASCII control characters other than \n and \t. `fields` are joined by 0x1f, which is kept.
std::string sanitize_fields(std::string_view fields);

// The number of fields in a joined text: separators + 1.
std::size_t field_count(std::string_view fields);

struct SortFieldAndChecksum {
    std::string sort_field;
    std::uint32_t checksum;
};
// `sort_field_idx` beyond the last field gives an empty sort field.
SortFieldAndChecksum sort_field_and_checksum(std::string_view fields, std::size_t sort_field_idx);

}  // namespace ankiwire
