#include "sim/collection_sql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "files/temp_folder.hpp"
#include "json/writer.hpp"
#include "sim/must.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sim {
namespace {

// But for `col`.
constexpr std::array tables{"notetypes", "fields", "templates", "decks", "deck_config",
                            "config",    "tags",   "notes",     "cards", "revlog"};

constexpr std::array queries{
    "select id, name, mtime_secs from notetypes order by id",
    "select ntid, ord, name from fields order by ntid, ord",
    "select ntid, ord, name from templates order by ntid, ord",
    "select id, name, mtime_secs from decks order by id",
    "select id, name, mtime_secs from deck_config order by id",
    "select key, cast(val as text) from config where key != 'lastUnburied' order by key",
    "select tag from tags order by tag",
    "select id, guid, mid, mod, tags, flds from notes order by id",
    "select id, sfld, csum from notes order by id",
    "select id, nid, did, ord, mod, type, queue, due, ivl, factor from cards order by id",
    "select id, reps, lapses, left, odue, odid, flags from cards order by id",
    "select id, cid, ease, ivl, lastIvl, factor, time, type from revlog order by id"};

class OpenFile {
public:
    explicit OpenFile(std::string_view bytes) {
        const auto path = folder_.path() / "collection.anki2";
        std::ofstream(path, std::ios::binary) << bytes;
        db_.emplace(must(sqlite::Database::open(path, {})));
    }

    template <class Take>
    void for_each_row(std::string_view sql, Take take) {
        auto query = must(db_->prepare(sql));
        while (must(query.step())) {
            take(query);
        }
    }

private:
    files::TempFolder folder_;
    std::optional<sqlite::Database> db_;
};

// Its rows as SQL has them, in the order of their keys.
std::vector<std::string> rows_of(OpenFile& file, std::string_view table) {
    std::vector<std::string> columns;
    file.for_each_row(
        fmt::format("select name from pragma_table_info('{}')", table),
        [&](const auto& row) { columns.push_back(fmt::format("quote({})", row.text(0))); });
    // A quoted text would hide what joins fields.
    const auto sql = fmt::format("select replace({}, char(31), ''' || char(31) || ''') from {}",
                                 fmt::join(columns, " || ', ' || "), table);
    std::vector<std::string> rows;
    file.for_each_row(sql, [&](const auto& row) { rows.emplace_back(row.text(0)); });
    return rows;
}

std::string cell_of(const sqlite::Statement& row, int column) {
    if (row.is_integer(column)) {
        return std::to_string(row.int64(column));
    }
    std::string json;
    json::Writer(json).string(row.text(column));
    return json;
}

}  // namespace

Stamps stamps_of(std::string_view file) {
    Stamps stamps;
    OpenFile(file).for_each_row("select mod, scm, usn from col", [&](const auto& row) {
        stamps = {.modified = {row.int64(0)},
                  .schema_modified = {row.int64(1)},
                  .usn = {static_cast<std::int32_t>(row.int64(2))}};
    });
    return stamps;
}

std::vector<std::string> statements_for(std::string_view below, std::string_view file) {
    const auto stamps = stamps_of(file);
    std::vector<std::string> statements{
        fmt::format("update col set mod = {}, scm = {}, usn = {};", stamps.modified.value,
                    stamps.schema_modified.value, stamps.usn.value)};
    OpenFile old(below);
    OpenFile now(file);
    for (const std::string_view table : tables) {
        const auto known = rows_of(old, table);
        auto rows = rows_of(now, table);
        std::erase_if(
            rows, [&](const auto& row) { return std::ranges::find(known, row) != known.end(); });
        if (!rows.empty()) {
            statements.push_back(
                fmt::format("replace into {} values ({});", table, fmt::join(rows, "), (")));
        }
    }
    return statements;
}

std::vector<Query> queries_of(std::string_view file) {
    OpenFile db(file);
    std::vector<Query> found;
    for (const std::string_view sql : queries) {
        auto& query = found.emplace_back(Query{.sql = std::string(sql), .rows = {}});
        db.for_each_row(sql, [&](const auto& row) {
            auto& cells = query.rows.emplace_back();
            for (int column = 0; column < row.columns(); ++column) {
                cells += (column == 0 ? "" : " | ") + cell_of(row, column);
            }
        });
    }
    return found;
}

}  // namespace ankiwire::sim
