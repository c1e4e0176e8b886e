// A collection file as SQL that makes it again.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/node.hpp"

namespace ankiwire::conformance {

// malformed: it is no SQLite file.
Result<std::string> dump_collection(std::string_view file);

// The queries that tell what matters of a downloaded file, as a transcript has them, with their
// rows. malformed: it is no collection.
Result<std::string> describe_collection(std::string_view file);

}  // namespace ankiwire::conformance
