#include "collection/upload_checks.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "collection/schema.hpp"
#include "model/objects.hpp"

namespace ankiwire::collection {

namespace {

Error corrupt(std::string what) { return fail(ErrorKind::corrupt_upload, std::move(what)); }

struct Table {
    std::string_view name;
    std::string_view
        columns;  // name:position in the primary key, in the file's order; ~ is unicase
};

constexpr std::array tables{
    Table{"col",
          "id:1 crt:0 mod:0 scm:0 ver:0 dty:0 usn:0 ls:0 conf:0 models:0 decks:0 dconf:0 "
          "tags:0 "},
    Table{"notes", "id:1 guid:0 mid:0 mod:0 usn:0 tags:0 flds:0 sfld:0 csum:0 flags:0 data:0 "},
    Table{"cards",
          "id:1 nid:0 did:0 ord:0 mod:0 usn:0 type:0 queue:0 due:0 ivl:0 factor:0 reps:0 "
          "lapses:0 left:0 odue:0 odid:0 flags:0 data:0 "},
    Table{"revlog", "id:1 cid:0 usn:0 ease:0 ivl:0 lastivl:0 factor:0 time:0 type:0 "},
    Table{"deck_config", "id:1 name:0~ mtime_secs:0 usn:0 config:0 "},
    Table{"config", "key:1 usn:0 mtime_secs:0 val:0 "},
    Table{"fields", "ntid:1 ord:2 name:0~ config:0 "},
    Table{"templates", "ntid:1 ord:2 name:0~ mtime_secs:0 usn:0 config:0 "},
    Table{"notetypes", "id:1 name:0~ mtime_secs:0 usn:0 config:0 "},
    Table{"decks", "id:1 name:0~ mtime_secs:0 usn:0 common:0 kind:0 "},
    Table{"tags", "tag:1~ usn:0 collapsed:0 config:0 "},
    Table{"graves", "oid:1 type:2 usn:0 "},
};

// The values that a chunk can carry (R-FULL-08).
struct Range {
    std::string_view table;
    std::string_view column;
    std::int64_t low;
    std::int64_t high;
};

constexpr std::int64_t i32_min = INT32_MIN;
constexpr std::int64_t i32_max = INT32_MAX;
constexpr std::int64_t u32_max = UINT32_MAX;

constexpr std::array ranges{
    Range{"notes", "mid", INT64_MIN, INT64_MAX},
    Range{"notes", "mod", 0, INT64_MAX},
    Range{"cards", "nid", INT64_MIN, INT64_MAX},
    Range{"cards", "did", INT64_MIN, INT64_MAX},
    Range{"cards", "ord", 0, 65'535},
    Range{"cards", "mod", 0, INT64_MAX},
    Range{"cards", "type", 0, 3},
    Range{"cards", "queue", -3, 4},
    Range{"cards", "due", i32_min, i32_max},
    Range{"cards", "ivl", i32_min, i32_max},
    Range{"cards", "factor", 0, 65'535},
    Range{"cards", "reps", 0, u32_max},
    Range{"cards", "lapses", 0, u32_max},
    Range{"cards", "left", 0, u32_max},
    Range{"cards", "odue", i32_min, i32_max},
    Range{"cards", "odid", INT64_MIN, INT64_MAX},
    Range{"cards", "flags", 0, 255},
    Range{"revlog", "cid", INT64_MIN, INT64_MAX},
    Range{"revlog", "ease", 0, 255},
    Range{"revlog", "ivl", i32_min, i32_max},
    Range{"revlog", "lastIvl", i32_min, i32_max},
    Range{"revlog", "factor", 0, u32_max},
    Range{"revlog", "time", 0, u32_max},
    Range{"revlog", "type", 0, 5},
};

// Columns whose bytes official clients read only in this storage class.
struct StorageClass {
    std::string_view table;
    std::string_view column;
    std::string_view type;
};

constexpr std::array storage_classes{
    StorageClass{"notes", "guid", "text"},       StorageClass{"notes", "tags", "text"},
    StorageClass{"notes", "flds", "text"},       StorageClass{"cards", "data", "text"},
    StorageClass{"decks", "name", "text"},       StorageClass{"notetypes", "name", "text"},
    StorageClass{"fields", "name", "text"},      StorageClass{"templates", "name", "text"},
    StorageClass{"config", "val", "blob"},       StorageClass{"decks", "common", "blob"},
    StorageClass{"decks", "kind", "blob"},       StorageClass{"deck_config", "config", "blob"},
    StorageClass{"notetypes", "config", "blob"}, StorageClass{"fields", "config", "blob"},
    StorageClass{"templates", "config", "blob"},
};

// Of the rows of a table, all that is needed, so that each is read once. An assignment leaves a
// value as it is that is right.
struct Repair {
    std::string conditions;
    std::string assignments;

    void add(const std::string& condition, const std::string& assignment) {
        conditions += (conditions.empty() ? "" : " or ") + condition;
        assignments += (assignments.empty() ? "" : ", ") + assignment;
    }
};

std::string literal(std::int64_t value) {
    // SQL has no literal for the smallest 64-bit number.
    return value == INT64_MIN ? "(-9223372036854775807 - 1)" : std::to_string(value);
}

// As Table::columns. An id is SQLite's own rowid only if it is declared an integer.
Result<std::string> columns_of(sqlite::Database& db, std::string_view table) {
    TRY_ASSIGN(auto rows,
               db.prepare("select lower(name) || ':' || pk || iif(lower(name) = 'id' and "
                          "lower(type) != 'integer', '?', ''), name from "
                          "pragma_table_xinfo(?)"));
    rows.bind_text(1, table);
    std::string columns;
    for (;;) {
        TRY_ASSIGN(const bool row, rows.step());
        if (!row) {
            return columns;
        }
        columns += rows.text(0);
        TRY_ASSIGN(const auto collation,
                   db.collation_of(std::string(table), std::string(rows.text(1))));
        if (collation != "binary") {
            columns += collation == "unicase" ? "~" : "?";
        }
        columns += ' ';
    }
}

// The collection's own row: one, with stamps that arithmetic can bear.
Result<void> check_col(sqlite::Database& db) {
    constexpr std::string_view sane =
        "select count(*) from col where (select count(*) from col) = 1 and "
        "typeof(crt) = 'integer' and typeof(mod) = 'integer' and typeof(scm) = 'integer' and "
        "typeof(usn) = 'integer' and typeof(ls) = 'integer' and "
        "crt between 0 and 7258118400 and "  // the year 2200
        "mod between 0 and 7258118400000 and scm between 0 and 7258118400000 and "
        "ls between 0 and 7258118400000 and usn between 0 and 1073741823";
    TRY_ASSIGN(const auto rows, db.query_int64(sane));
    if (rows != 1) {
        return corrupt("table col is not one row of sane numbers");
    }
    return {};
}

// R-LIM-08. The connection fails at a text over the limit when it is read, so this reads each once;
// of binary columns all but this one are read when they are decoded.
Result<void> check_sizes(sqlite::Database& db) {
    for (const char* longest :
         {"select max(length(cast(guid as blob)) + length(cast(tags as blob)) + "
          "length(cast(flds as blob))) from notes",
          "select max(length(cast(data as blob))) from cards",
          "select max(length(val)) from config"}) {
        TRY_ASSIGN(const auto length, db.query_int64(longest));
        if (length > limits::row_bytes_max) {
            return corrupt("a row that is too large");
        }
    }
    return {};
}

template <class Message>
Result<void> check_messages(sqlite::Database& db, std::string_view table, std::string_view column) {
    TRY_ASSIGN(auto rows,
               db.prepare("select " + std::string(column) + " from " + std::string(table)));
    Message message;
    for (;;) {
        TRY_ASSIGN(const bool row, rows.step());
        if (!row) {
            return {};
        }
        const auto bytes = rows.blob(0);
        if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
            return corrupt("a " + std::string(table) + "." + std::string(column) +
                           " that cannot be read");
        }
        if constexpr (std::is_same_v<Message, columns::DeckKind>) {
            if (message.kind_case() == columns::DeckKind::KIND_NOT_SET) {
                return corrupt("a deck of no kind");
            }
        }
    }
}

// Indexes with an expression or a condition, which each later write, and the integrity check, would
// evaluate. An index can go without loss, and the file's own partial one is made anew
// (ensure_indexes).
Result<void> drop_computed_indexes(sqlite::Database& db) {
    return execute_each(
        db,
        "select format('drop index \"%w\"', name) from sqlite_master m where type = 'index' and "
        "sql is not null and (exists (select 1 from pragma_index_xinfo(m.name) where cid = -2) or "
        "exists (select 1 from pragma_index_list(m.tbl_name) l where l.name = m.name and "
        "partial))");
}

}  // namespace

Result<void> check_structure(sqlite::Database& db) {
    // As SQLite itself writes these rows; a forged one may be spelled in other ways.
    TRY_ASSIGN(const auto forbidden,
               db.query_int64("select count(*) from sqlite_master where type not in "
                              "('table', 'index') or not (sql is null or sql glob 'CREATE TABLE *' "
                              "or sql glob 'CREATE INDEX *' or sql glob 'CREATE UNIQUE INDEX *')"));
    if (forbidden != 0) {
        return corrupt("triggers, views or virtual tables");
    }
    TRY(drop_computed_indexes(db));
    TRY_ASSIGN(const auto generated,
               db.query_int64("select count(*) from sqlite_master m, pragma_table_xinfo(m.name) "
                              "where m.type = 'table' and hidden in (2, 3)"));
    if (generated != 0) {
        return corrupt("generated columns");
    }
    // The check begins with the cells of all pages: nobody has to look at those of each page that
    // is read from then on.
    TRY(db.execute("pragma cell_size_check = off"));
    TRY_ASSIGN(const auto verdict, db.query_text("pragma integrity_check(1)"));
    if (verdict != "ok") {
        return corrupt("the integrity check failed");
    }
    return {};
}

Result<void> check_contents(sqlite::Database& db) {
    for (const auto& table : tables) {
        TRY_ASSIGN(const auto columns, columns_of(db, table.name));
        if (columns != table.columns) {
            return corrupt("table " + std::string(table.name) + " is not as it must be");
        }
    }
    TRY(check_col(db));
    TRY(check_sizes(db));
    TRY(check_messages<columns::DeckCommon>(db, "decks", "common"));
    TRY(check_messages<columns::DeckKind>(db, "decks", "kind"));
    TRY(check_messages<columns::DeckConfigConfig>(db, "deck_config", "config"));
    TRY(check_messages<columns::NotetypeConfig>(db, "notetypes", "config"));
    TRY(check_messages<columns::FieldConfig>(db, "fields", "config"));
    return check_messages<columns::TemplateConfig>(db, "templates", "config");
}

Result<void> clamp_rows(sqlite::Database& db) {
    std::map<std::string, Repair> repairs;
    for (const std::string table : tables_with_usn) {  // repair_usns gives these a usn that can be
        repairs[table].add("typeof(usn) != 'integer'",
                           "usn = iif(typeof(usn) = 'integer', usn, -1)");
    }
    for (const auto& range : ranges) {
        const std::string column(range.column);
        const auto low = literal(range.low);
        const auto high = literal(range.high);
        repairs[std::string(range.table)].add("typeof(" + column + ") != 'integer' or " + column +
                                                  " not between " + low + " and " + high,
                                              column + " = min(max(cast(ifnull(" + column +
                                                  ", 0) as integer), " + low + "), " + high + ")");
    }
    for (const auto& column : storage_classes) {
        const std::string name(column.column);
        const std::string type(column.type);
        repairs[std::string(column.table)].add(
            "typeof(" + name + ") != '" + type + "'",
            name + " = cast(ifnull(" + name + ", '') as " + type + ")");
    }
    for (const auto& [table, repair] : repairs) {
        const auto sql =
            "update " + table + " set " + repair.assignments + " where " + repair.conditions;
        TRY(db.execute(sql.c_str()));
    }
    return {};
}

}  // namespace ankiwire::collection
