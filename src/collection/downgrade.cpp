// Schema 18 to 11: what stands in tables of its own goes back into the JSON columns of table col.
#include <algorithm>
#include <string>

#include "collection/full_sync.hpp"
#include "collection/object_rows.hpp"
#include "collection/schema.hpp"
#include "collection/schema_sql.hpp"
#include "files/files.hpp"
#include "json/writer.hpp"
#include "model/utf8.hpp"
#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"
#include "sqlite/database_file.hpp"

namespace ankiwire::collection {

namespace {

constexpr Usn since_ever{INT32_MIN};

// Sets a column of table col to a JSON object whose members `write` adds.
template <class Write>
Result<void> put_column(const QuerySource& query, std::string_view update, Write write) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    TRY(write(out));
    out.end_object();
    TRY_ASSIGN(auto put, query(update));
    return put.run(std::string_view(text));
}

// The same of objects under their ids.
template <class Object>
Result<void> put_objects(const QuerySource& query, std::string_view update,
                         Result<std::vector<Object>> (*since)(const QuerySource&, Usn),
                         void (*encode)(const Object&, json::Writer&)) {
    return put_column(query, update, [&](json::Writer& out) -> Result<void> {
        TRY_ASSIGN(const auto objects, since(query, since_ever));
        for (const auto& object : objects) {
            encode(object, out.key(std::to_string(object.id.value)));
        }
        return {};
    });
}

Result<void> put_columns(const QuerySource& query) {
    TRY(put_objects(query, "update col set models = ?", notetypes_since,
                    schema11::encode_notetype));
    TRY(put_objects(query, "update col set decks = ?", decks_since, schema11::encode_deck));
    TRY(put_objects(query, "update col set dconf = ?", deck_configs_since,
                    schema11::encode_deck_config));
    TRY(put_column(query, "update col set conf = ?", [&](json::Writer& out) -> Result<void> {
        TRY_ASSIGN(const auto config, all_config(query));
        for (const auto& entry : config) {
            out.key(entry.key).raw(entry.json);
        }
        return {};
    }));
    return put_column(query, "update col set tags = ?", [&](json::Writer& out) -> Result<void> {
        TRY_ASSIGN(auto rows, query("select tag, usn from tags"));
        return rows.for_each([&](const sqlite::Statement& row) -> Result<void> {
            out.key(row.text(0)).integer(row.int64(1));
            return {};
        });
    });
}

constexpr const char* drop_newer = R"(
drop table deck_config; drop table config; drop table notetypes; drop table fields;
drop table templates; drop table decks; drop table tags;
drop index if exists idx_notes_mid; drop index if exists idx_cards_odid;
create temp table graves_18 as select usn, oid, type from graves order by oid, type;
drop table graves;
)";

// Whether it is made with the collation: by a clause `collate unicase`, of which at most the name
// is in quotes. What stands behind a comment is taken for one.
bool uses_unicase(std::string_view sql) {
    std::string lower(sql);
    std::ranges::transform(lower, lower.begin(), ascii_lower);
    const std::string_view text = lower;
    for (auto at = text.find("unicase"); at != text.npos; at = text.find("unicase", at + 1)) {
        auto before = text.substr(0, at);
        before = before.substr(0, before.find_last_not_of(" \t\r\n\f\"'`[") + 1);
        if (before.ends_with("collate") || before.ends_with("*/")) {
            return true;
        }
    }
    return false;
}

// An SQLite of another program lacks the collation: what else was made with it has to go, too.
Result<void> drop_others(sqlite::Database& db) {
    std::string drops;
    {
        TRY_ASSIGN(auto others, db.prepare("select sql, format('drop %s if exists \"%w\";', type, "
                                           "name) from sqlite_master where sql like '%unicase%'"));
        for (;;) {
            TRY_ASSIGN(const bool has_row, others.step());
            if (!has_row) {
                break;
            }
            if (uses_unicase(others.text(0))) {
                drops += others.text(1);
            }
        }
    }
    return db.execute(drops.c_str());
}

}  // namespace

Result<void> downgrade_to_11(sqlite::Database& db) {
    TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
    sqlite::StatementCache statements;
    TRY(put_columns([&](std::string_view sql) { return statements.query(db, sql); }));
    statements.clear();
    TRY(db.execute(drop_newer));
    TRY(drop_others(db));
    TRY(db.execute(sql::graves_11));
    TRY(db.execute("insert into graves (usn, oid, type) select usn, oid, type from graves_18"));
    TRY(db.execute(sql::indexes_11));
    TRY(db.execute("update col set ver = 11"));
    return transaction.commit();
}

Result<std::uint64_t> downgrade_snapshot(const std::filesystem::path& copy) {
    {
        TRY_ASSIGN(auto db, sqlite::Database::open(copy, {.mode = sqlite::OpenMode::read_write}));
        // It is a copy: nothing has to survive a failure.
        TRY(
            db.execute("pragma locking_mode = exclusive; pragma journal_mode = off; "
                       "pragma synchronous = off; pragma temp_store = file"));
        TRY_ASSIGN(const int version, schema_version(db));
        if (version != schema_newest) {
            return fail(ErrorKind::inconsistent_data, "a snapshot of an older schema");
        }
        TRY(downgrade_to_11(db));
        TRY(db.close());
    }
    sqlite::remove_logs(copy);
    return files::size_of(copy);
}

}  // namespace ankiwire::collection
