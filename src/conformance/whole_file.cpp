#include "conformance/whole_file.hpp"

#include <fstream>
#include <sstream>

namespace ankiwire::conformance {

Result<std::string> read_file(const std::filesystem::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes ? Result<std::string>(bytes.str())
                 : fail(ErrorKind::not_found, path.string() + " cannot be read");
}

Result<void> check_writable(const std::filesystem::path& path) {
    const std::ofstream file(path, std::ios::app);
    return file ? Result<void>() : fail(ErrorKind::storage, path.string() + " cannot be written");
}

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary);
    file << bytes;
    file.close();
    return file ? Result<void>() : fail(ErrorKind::storage, path.string() + " cannot be written");
}

}  // namespace ankiwire::conformance
