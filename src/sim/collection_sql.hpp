// Collection files as the SQL of a transcript (conformance/README.md).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/contents.hpp"

namespace ankiwire::sim {

Stamps stamps_of(std::string_view file);

// What makes `file` of `below`, which has no row that is neither in `file` nor replaced there.
std::vector<std::string> statements_for(std::string_view below, std::string_view file);

// A query, and its rows as a transcript has them.
struct Query {
    std::string sql;
    std::vector<std::string> rows;
};
// All that each server has to give of a collection. It chooses the usns of rows, and how binary
// columns are written; and `col` has times of its own.
std::vector<Query> queries_of(std::string_view file);

}  // namespace ankiwire::sim
