// The zip of media that a client sends, as a transcript shows it.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "conformance/node.hpp"

namespace ankiwire::conformance {

struct UploadedZip {
    Node changes;  // what `_meta` says
    Node entries;  // an object from names to contents: a text, or {"hex": …}
};

// malformed: it is no zip, or has no `_meta`.
Result<UploadedZip> read_uploaded_zip(std::string_view zip);

}  // namespace ankiwire::conformance
