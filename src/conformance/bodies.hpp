// Bodies of requests, and of replies, as transcripts show them: JSON, texts, files, zips.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/match.hpp"
#include "conformance/transcript.hpp"

namespace ankiwire::conformance {

// Bytes that are written in hexadecimal, with spaces between them.
Result<std::string> from_hex(std::string_view text);

// A zip as clients send it: `_meta` is the list of changes, `entries` an object from names to
// contents: a text, {"bytes": count} or {"hex": "00 ff"}.
Result<std::string> make_media_zip(const Node& changes, const Node& entries);

// The files of a zip as servers send it: an object from names to contents, a text if it is one of
// at most 1000 bytes, else {"bytes": count, "sha1": text}. malformed: it is no such zip.
Result<Node> read_media_zip(std::string_view zip);

}  // namespace ankiwire::conformance
