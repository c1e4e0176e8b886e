// The schema of the stored file: creation, upgrade of 11 and 14 to 17, and what is not taken.
// Names and types of tables are those of the official files (rslib/src/storage/schema11.sql,
// upgrades/*.sql at c32cb29).
#pragma once

#include <array>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::collection {

inline constexpr int schema_newest = 18;

// Those of whose rows a client asks which are new to it.
inline constexpr std::array tables_with_usn{"cards", "notes",       "revlog", "graves",
                                            "decks", "deck_config", "tags",   "notetypes"};

// Fills an empty database with a new collection that a real client may download. `now` is its
// schema stamp; its creation stamp is the last 4 o'clock of the server's time zone.
Result<void> create_collection(sqlite::Database& db, TimestampMs now);

// The `ver` of table col; inconsistent_data if there is no such table, or it is not one of 11 and
// 14 to 18.
Result<int> schema_version(sqlite::Database& db);

// Upgrades in one transaction. Rows that the upgrade itself changes get the collection's own usn,
// never -1. inconsistent_data: the file's JSON cannot be understood.
Result<void> upgrade_to_newest(sqlite::Database& db, int from_version, TimestampSecs now);

// From 18, in one transaction (R-LEG-24 to R-LEG-28).
Result<void> downgrade_to_11(sqlite::Database& db);

// Gives each row at a usn that cannot be (negative, or over 31 bits) the collection's usn; returns
// how many there were.
Result<std::int64_t> repair_usns(sqlite::Database& db);

// The indexes that every schema-18 file has; those that a file lacks are made.
Result<void> ensure_indexes(sqlite::Database& db);

// Executes each of the statements that `sql` selects.
Result<void> execute_each(sqlite::Database& db, std::string_view sql);

// Empties the columns of table col whose content is in tables of its own (R-FILE-13).
Result<void> clear_older_columns(sqlite::Database& db);

}  // namespace ankiwire::collection
