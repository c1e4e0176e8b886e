// The two substitutions that turn a field's HTML into plain text. They give what the official
// regular expressions give (rslib/src/text.rs: HTML_MEDIA_TAGS and HTML), with matchers of our own
// that are linear in the text's length, whatever the text.
#pragma once

#include <string>
#include <string_view>

namespace ankiwire {

// Each media tag with a `src` or `data` attribute becomes the attribute's value between two spaces.
std::string replace_media_tags(std::string_view html);

// Without comments, style and script elements, and tags.
std::string remove_tags(std::string_view html);

}  // namespace ankiwire
