// Collections as SQLite files, made of SQL and looked at by SQL.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/node.hpp"

namespace ankiwire::conformance {

// The bytes of a file in which these statements have been executed. malformed: one of them failed.
Result<std::string> make_collection(std::string_view sql);

// The rows of a query on a file: an array of arrays. Integers and nulls are what they are, all else
// is text. malformed: it is no SQLite file, the query fails, or has more rows: of a file that is
// damaged they may have no end.
Result<Node> query_collection(std::string_view file, const std::string& sql,
                              std::size_t rows_max = 100'000);

}  // namespace ankiwire::conformance
