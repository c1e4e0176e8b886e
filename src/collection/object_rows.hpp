// Objects with binary columns as rows of a schema-18 file.
#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/objects.hpp"
#include "sqlite/query.hpp"

namespace ankiwire::collection {

// Gives the prepared statement of an SQL literal.
using QuerySource = std::function<Result<sqlite::Query>(std::string_view sql)>;

// The nearest value that T has: rows of a foreign file may hold what no message can express.
template <std::integral T>
T clamp_to(std::int64_t value) {
    return static_cast<T>(std::clamp<std::int64_t>(value, std::numeric_limits<T>::min(),
                                                   std::numeric_limits<T>::max()));
}

// Fills a message of columns.proto from a column.
template <class Message>
Result<void> parse_column(const sqlite::Statement& row, int column, Message& message) {
    const auto bytes = row.blob(column);
    if (bytes.size() > INT32_MAX ||
        !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(ErrorKind::inconsistent_data, "a stored object that cannot be decoded");
    }
    return {};
}

// Those whose usn is `since` or higher, in the order of their ids.
Result<std::vector<Notetype>> notetypes_since(const QuerySource& query, Usn since);
Result<std::vector<Deck>> decks_since(const QuerySource& query, Usn since);
Result<std::vector<DeckConfig>> deck_configs_since(const QuerySource& query, Usn since);
// All of it, whatever its usn, save values that are not JSON, or too deep within the two objects
// around it: they would break the reply, or the column (R-CHANGES-16).
Result<std::vector<ConfigEntry>> all_config(const QuerySource& query);

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
