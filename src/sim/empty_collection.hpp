// The collection that the transcripts of the suite call `empty`, for tests.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sim {

// With what these statements make of it.
inline std::string empty_collection(const std::vector<std::string>& statements = {}) {
    const files::TempFolder folder;
    const auto path = folder.path() / "collection.anki2";
    {
        auto db = sqlite::Database::open(path, {.mode = sqlite::OpenMode::create});
        const auto sql = files::read_file(std::filesystem::path(ANKIWIRE_SOURCE) /
                                          "conformance/collections/empty.sql");
        CHECK(db && db->execute(sql.c_str()));
        for (const auto& statement : statements) {
            CHECK(db->execute(statement.c_str()));
        }
    }
    return files::read_file(path);
}

}  // namespace ankiwire::sim
