// Older schemas to 18, step by step as the official upgrade (rslib/src/storage/upgrades at
// c32cb29; R-STORE-01), but with its arbitrary choices made by id.
#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "collection/object_rows.hpp"
#include "collection/schema.hpp"
#include "collection/schema_sql.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "model/names.hpp"
#include "model/unicase.hpp"
#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"

namespace ankiwire::collection {

namespace {

// What every step needs.
struct Upgrade {
    sqlite::Database& db;
    QuerySource query;
    Usn usn;  // of the collection, for rows that the upgrade changes
    TimestampSecs now;
};

Error as_inconsistent(Error error) {
    if (error.kind == ErrorKind::malformed) {
        error.kind = ErrorKind::inconsistent_data;
    }
    return error;
}

// A JSON column of table col.
Result<json::Document> column_json(sqlite::Database& db, const std::string& column) {
    TRY_ASSIGN(auto text, db.query_text("select " + column + " from col"));
    auto document = json::Document::parse(text);
    if (!document) {
        return fail(ErrorKind::inconsistent_data, "column " + column + " is not JSON");
    }
    return document;
}

// The members of a JSON column that maps ids to objects, in the order of their ids. Of a repeated
// id the last one counts.
Result<std::map<std::int64_t, json::Value>> objects_by_id(const json::Document& document) {
    TRY_ASSIGN(const auto object, document.root().object());
    std::map<std::int64_t, json::Value> objects;
    TRY(object.for_each([&](std::string_view key, json::Value value) -> Result<void> {
        std::int64_t id = 0;
        std::from_chars(key.data(), key.data() + key.size(), id);
        if (std::to_string(id) != key) {
            return fail(ErrorKind::inconsistent_data, "an id that is not a number");
        }
        objects.insert_or_assign(id, value);
        return {};
    }));
    return objects;
}

// Appends `suffix` until the name is not in `taken` (by unicase keys), then takes it.
Result<void> make_unique(std::string& name, char suffix, std::set<std::string>& taken) {
    constexpr int attempts_max = 100;  // a crowd of one name would cost cubic time
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        if (taken.insert(unicase_key(name)).second) {
            return {};
        }
        name += suffix;
    }
    return fail(ErrorKind::inconsistent_data, "too many objects of one name");
}

Result<void> upgrade_deck_configs(Upgrade& up) {
    TRY_ASSIGN(const auto document, column_json(up.db, "dconf"));
    TRY_ASSIGN(const auto objects, objects_by_id(document));
    for (const auto& [id, value] : objects) {
        TRY_ASSIGN(auto config, schema11::decode_deck_config(value));
        config.id = {id};  // old clients may have got the inner id wrong
        TRY(put_deck_config(up.query, config));
    }
    return {};
}

Result<void> upgrade_tags(Upgrade& up) {
    TRY_ASSIGN(const auto document, column_json(up.db, "tags"));
    TRY_ASSIGN(const auto object, document.root().object());
    std::map<std::string_view, Usn> usns;
    TRY(object.for_each([&](std::string_view tag, json::Value value) -> Result<void> {
        TRY_ASSIGN(const auto usn, value.int32());
        usns.insert_or_assign(tag, Usn{usn});
        return {};
    }));
    for (const auto& [tag, usn] : usns) {
        TRY(put_tag(up.query, tag, usn));
    }
    return {};
}

Result<void> upgrade_config(Upgrade& up) {
    TRY_ASSIGN(const auto document, column_json(up.db, "conf"));
    TRY_ASSIGN(const auto object, document.root().object());
    return object.for_each([&](std::string_view key, json::Value value) -> Result<void> {
        ConfigEntry entry{std::string(key), {}};
        value.append_to(entry.json);
        return put_config(up.query, entry, {}, {});
    });
}

// Schema 14 holds deck configs as JSON in the column that is binary later.
Result<void> convert_deck_configs_of_14(Upgrade& up) {
    std::vector<DeckConfig> configs;
    TRY_ASSIGN(auto rows, up.query("select id, config from deck_config"));
    TRY(rows.for_each([&](const sqlite::Statement& row) -> Result<void> {
        TRY_ASSIGN(const auto document, json::Document::parse(row.blob(1)));
        TRY_ASSIGN(auto config, schema11::decode_deck_config(document.root()));
        config.id = {row.int64(0)};
        configs.push_back(std::move(config));
        return {};
    }));
    for (const auto& config : configs) {
        TRY(put_deck_config(up.query, config));
    }
    return {};
}

Result<void> upgrade_notetypes(Upgrade& up) {
    TRY_ASSIGN(const auto document, column_json(up.db, "models"));
    TRY_ASSIGN(const auto objects, objects_by_id(document));
    std::set<std::string> names;
    for (const auto& [id, value] : objects) {
        TRY_ASSIGN(auto notetype, schema11::decode_notetype(value));
        notetype.id = {id};
        if (id == 0) {  // the official upgrade takes a random one
            notetype.id = {up.now.value * 1000};
            while (objects.contains(notetype.id.value)) {
                ++notetype.id.value;
            }
        }
        notetype.name = to_nfc(notetype.name);
        TRY(make_unique(notetype.name, '_', names));
        std::set<std::string> field_names;
        for (auto& field : notetype.fields) {
            field.name = to_nfc(field.name);
            TRY(make_unique(field.name, '+', field_names));
        }
        std::set<std::string> template_names;
        for (auto& card_template : notetype.templates) {
            card_template.name = to_nfc(card_template.name);
            TRY(make_unique(card_template.name, '+', template_names));
        }
        TRY(put_notetype(up.query, notetype));
    }
    return {};
}

Result<void> upgrade_decks(Upgrade& up) {
    TRY_ASSIGN(const auto document, column_json(up.db, "decks"));
    TRY_ASSIGN(const auto objects, objects_by_id(document));
    std::set<std::string> names;
    for (const auto& [id, value] : objects) {
        TRY_ASSIGN(auto deck, schema11::decode_deck(value));
        if (deck.id.value == 0) {
            return fail(ErrorKind::inconsistent_data, "a deck with id 0");
        }
        TRY_ASSIGN(const auto object, value.object());
        TRY_ASSIGN(const auto name, object.member("name"));
        TRY_ASSIGN(const auto name_as_sent, name.string());
        const auto name_as_stored = deck.name;
        TRY(make_unique(deck.name, '_', names));
        if (deck_name_to_human(deck.name) != name_as_sent || deck.name != name_as_stored) {
            deck.mtime = up.now;
            deck.usn = up.usn;
        }
        TRY(put_deck(up.query, deck));
    }
    return {};
}

// A starting ease of 130 % or less came from a faulty client: it becomes 250 %, and so do the cards
// that it has brought down to 200 % or less.
Result<void> upgrade_eases(Upgrade& up, int from_version) {
    constexpr float ease_min = 1.3F;
    constexpr float ease_default = 2.5F;
    std::vector<std::int64_t> faulty;
    TRY_ASSIGN(auto rows, up.query("select id, config from deck_config"));
    std::vector<std::pair<std::int64_t, columns::DeckConfigConfig>> changed;
    TRY(rows.for_each([&](const sqlite::Statement& row) -> Result<void> {
        columns::DeckConfigConfig config;
        if (!config.ParseFromString(std::string(row.blob(1)))) {
            return fail(ErrorKind::inconsistent_data, "a deck config that cannot be read");
        }
        if (from_version == 15) {  // which holds 250 for 2.5
            config.set_initial_ease(config.initial_ease() / 100);
        }
        if (config.initial_ease() <= ease_min) {
            config.set_initial_ease(ease_default);
            faulty.push_back(row.int64(0));
        }
        changed.emplace_back(row.int64(0), std::move(config));
        return {};
    }));
    TRY_ASSIGN(auto update, up.query("update deck_config set config = ? where id = ?"));
    for (const auto& [id, config] : changed) {
        const auto bytes = config.SerializeAsString();
        TRY(update.run(sqlite::Blob{bytes}, id));
    }
    if (faulty.empty()) {
        return {};
    }

    std::string decks;  // a list in JSON
    json::Writer list(decks);
    list.begin_array();
    TRY_ASSIGN(auto deck_rows, up.query("select id, kind from decks"));
    TRY(deck_rows.for_each([&](const sqlite::Statement& row) -> Result<void> {
        columns::DeckKind kind;
        if (kind.ParseFromString(std::string(row.blob(1))) && kind.has_normal() &&
            std::ranges::find(faulty, kind.normal().config_id()) != faulty.end()) {
            list.integer(row.int64(0));
        }
        return {};
    }));
    list.end_array();
    TRY_ASSIGN(auto fix, up.query("update cards set factor = 2500, usn = ?1 where factor != 0 and "
                                  "factor <= 2000 and (did in (select value from json_each(?2)) or "
                                  "odid in (select value from json_each(?2)))"));
    return fix.run(up.usn, std::string_view(decks));
}

Result<void> run_steps(Upgrade& up, int from_version) {
    if (from_version < 14) {
        TRY(up.db.execute(sql::tables_14));
        TRY(upgrade_deck_configs(up));
        TRY(upgrade_config(up));
    } else if (from_version == 14) {
        TRY(convert_deck_configs_of_14(up));
    }
    if (from_version < 15) {
        TRY(up.db.execute(sql::tables_15));
        TRY(upgrade_notetypes(up));
        TRY(upgrade_decks(up));
    }
    if (from_version < 16) {
        TRY(upgrade_eases(up, from_version));
    }
    if (from_version < 14) {
        TRY(up.db.execute(sql::tables_17));
        TRY(upgrade_tags(up));
    } else if (from_version < 17) {
        TRY(up.db.execute("alter table tags rename to tags_old"));
        TRY(up.db.execute(sql::tables_17));
        TRY(
            up.db.execute("insert or ignore into tags (tag, usn, collapsed, config) "
                          "select tag, usn, 1, null from tags_old; drop table tags_old"));
    }
    if (from_version < 18) {
        TRY(up.db.execute("alter table graves rename to graves_old"));
        TRY(up.db.execute(sql::tables_18));
        TRY(
            up.db.execute("insert or ignore into graves (oid, type, usn) "
                          "select oid, type, usn from graves_old order by rowid; "
                          "drop table graves_old"));
    }
    TRY(up.db.execute("update col set ver = 18"));
    TRY(clear_older_columns(up.db));
    return ensure_indexes(up.db);
}

}  // namespace

Result<void> upgrade_to_newest(sqlite::Database& db, int from_version, TimestampSecs now) {
    if (from_version == schema_newest) {
        return {};
    }
    TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
    TRY_ASSIGN(const auto usn, db.query_int64("select min(max(usn, 0), 2147483647) from col"));
    sqlite::StatementCache statements;
    Upgrade up{.db = db,
               .query = [&](std::string_view sql) { return statements.query(db, sql); },
               .usn = {static_cast<std::int32_t>(usn)},
               .now = now};
    if (auto done = run_steps(up, from_version); !done) {
        return as_inconsistent(std::move(done).error());
    }
    statements.clear();
    return transaction.commit();
}

}  // namespace ankiwire::collection
