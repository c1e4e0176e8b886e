// What an uploaded file must be like before it may become a collection, and the small repairs that
// make it so. The file is open defensively; everything here runs in the caller's transaction.
#pragma once

#include "base/result.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::collection {

// R-FULL-04: no triggers, views or virtual tables; the file is intact.
Result<void> check_structure(sqlite::Database& db);

// R-FULL-05 to R-FULL-07, of a file of schema 18: the tables and columns of a collection, one sane
// row in `col`, binary columns that can be read.
Result<void> check_contents(sqlite::Database& db);

// R-FULL-08: values that no chunk could carry are brought to the nearest that one can.
Result<void> clamp_rows(sqlite::Database& db);

}  // namespace ankiwire::collection
