// The official collation `unicase`: Unicode 12 full case folding with the official table's quirks
// (fixtures/unicase-fold.txt, R-STORE-02). A file's indexes depend on every bit of it.
#pragma once

#include <string>
#include <string_view>

namespace ankiwire {

// <0, 0, >0. Invalid UTF-8 counts as U+FFFD. ASCII pairs take a fast path with the same result.
int unicase_compare(std::string_view a, std::string_view b);

// The folded text: two strings are equal under unicase if and only if these are equal bytes.
std::string unicase_key(std::string_view text);

}  // namespace ankiwire
