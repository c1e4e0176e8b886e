// Collections to begin with: those of the conformance suite, which are SQL, and files.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/check.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::fuzz {

inline std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    CHECK(stream);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream stream(path, std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    CHECK(stream.flush());
}

inline void execute_collection(sqlite::Database& db, const std::string& name) {
    const auto sql = bytes_of(std::filesystem::path(ANKIWIRE_SOURCE) / "conformance/collections" /
                              (name + ".sql"));
    constexpr std::string_view base_mark = "-- on: ";
    if (sql.starts_with(base_mark)) {
        execute_collection(db, sql.substr(base_mark.size(), sql.find('\n') - base_mark.size()));
    }
    CHECK(db.execute(sql.c_str()));
}

// conformance/collections/NAME.sql, on top of what it names in its first line; `first` is executed
// before.
inline void make_collection(const std::filesystem::path& path, const std::string& name,
                            const char* first = "") {
    auto db = sqlite::Database::open(path, {.mode = sqlite::OpenMode::create});
    CHECK(db);
    CHECK(db->execute(first));
    execute_collection(*db, name);
    CHECK(db->close());
}

}  // namespace ankiwire::fuzz
