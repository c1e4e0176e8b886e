// How much a collection holds, in the tables that grow with the years.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::collection {

struct ContentCounts {
    std::int64_t notes = 0;
    std::int64_t cards = 0;
    std::int64_t reviews = 0;
    friend bool operator==(const ContentCounts&, const ContentCounts&) = default;
};

// Reads an index of each table to its end.
Result<ContentCounts> count_contents(sqlite::Database& db);

}  // namespace ankiwire::collection
