// A whole file at once, for tests and simulations.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ankiwire::files {

// Empty, if it cannot be read.
inline std::string read_file(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

}  // namespace ankiwire::files
