// Bodies of requests, and of replies, as transcripts show them: JSON, texts, files, zips.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/form.hpp"
#include "conformance/match.hpp"
#include "conformance/transcript.hpp"

namespace ankiwire::conformance {

std::string sha1_hex(std::string_view bytes);

// The members of the object are its parts.
Form make_form(const Node& object);

// A zstd frame that holds the bytes as they are, and says that it needs a window of 2^log bytes.
std::string frame_of_window(std::string_view plain, unsigned log);

// Bytes that are written in hexadecimal, with spaces between them.
Result<std::string> from_hex(std::string_view text);

// A zip as clients send it: `_meta` is the list of changes, `entries` an object from names to
// contents: a text, {"bytes": count} or {"hex": "00 ff"}.
Result<std::string> make_media_zip(const Node& changes, const Node& entries);

struct UploadedZip {
    Node changes;  // what `_meta` says
    Node entries;  // an object from names to contents: a text, or {"hex": …}
};
// Of what make_media_zip() makes. malformed: it is no zip, or has no `_meta`.
Result<UploadedZip> read_uploaded_zip(std::string_view zip);

// The files of a zip as servers send it, in the order of its entries: a list of lists of a name and
// a content, which is a text if it is one of at most 1000 bytes, else {"bytes": count, "sha1":
// text}. malformed: it is no such zip.
Result<Node> read_media_zip(std::string_view zip);

}  // namespace ankiwire::conformance
