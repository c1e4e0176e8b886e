// HTML entities, decoded all or none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ankiwire {

// `text` with each `&name;`, `&#1;` and `&#xa;` replaced. Nothing if any `&` does not begin a known
// one: names are those of HTML 4, in their case, and the `;` is needed.
std::optional<std::string> decode_html_entities(std::string_view text);

}  // namespace ankiwire
