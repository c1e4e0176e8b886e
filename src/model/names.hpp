// Names of decks and tags in their stored form (R-STORE-11 to R-STORE-13).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ankiwire {

// Unicode NFC; invalid UTF-8 becomes U+FFFD.
std::string to_nfc(std::string_view text);
// Valid UTF-8, and already in that form.
bool is_nfc(std::string_view text);

// `a::b` of the wire → stored: each part NFC, without control characters, trimmed of white space
// and ':', `blank` if empty, joined by 0x1f. And back.
std::string deck_name_from_human(std::string_view human);
std::string deck_name_to_human(std::string_view stored);

// One tag as it is registered: parts between `::` normalised, separators removed, empty → `blank`.
std::string normalize_tag(std::string_view tag);

// A note's tags: split at ' ' and U+3000, empties dropped; and joined as stored ("" or " a b ").
std::vector<std::string> split_tags(std::string_view tags);
std::string join_tags(const std::vector<std::string>& tags);

}  // namespace ankiwire
