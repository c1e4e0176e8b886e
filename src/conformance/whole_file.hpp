// Files that are read or written at once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ankiwire::conformance {

// not_found: it cannot be read, or is empty.
Result<std::string> read_file(const std::filesystem::path& path);

// storage: it could not be written. What is there stays; if there is nothing, it is empty now.
Result<void> check_writable(const std::filesystem::path& path);
// In the place of what is there. storage: it cannot be written.
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace ankiwire::conformance
