// Objects with binary columns as rows of a schema-18 file.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "model/objects.hpp"
#include "sqlite/query.hpp"

namespace ankiwire::collection {

// Gives the prepared statement of an SQL literal.
using QuerySource = std::function<Result<sqlite::Query>(std::string_view sql)>;

// Insert the object, or replace the one of the same id; a notetype's fields and templates with it.
// The usn is the object's own. Precondition: no other object has its name.
Result<void> put_notetype(const QuerySource& query, const Notetype& notetype);
Result<void> put_deck(const QuerySource& query, const Deck& deck);
Result<void> put_deck_config(const QuerySource& query, const DeckConfig& config);
Result<void> put_config(const QuerySource& query, const ConfigEntry& entry, Usn usn,
                        TimestampSecs mtime);
// A tag that is registered already keeps its spelling and usn.
Result<void> put_tag(const QuerySource& query, std::string_view tag, Usn usn);

}  // namespace ankiwire::collection
