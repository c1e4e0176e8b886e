#include "collection/object_rows.hpp"

#include <cstddef>

#include "base/limits.hpp"
#include "json/reader.hpp"

namespace ankiwire::collection {

using sqlite::Blob;
using sqlite::Statement;

namespace {

// What rows of three tables begin with.
template <class Object>
void read_basics(const Statement& row, Object& object) {
    object.id = {row.int64(0)};
    object.name = row.text(1);
    object.mtime = {row.int64(2)};
    object.usn = {clamp_to<std::int32_t>(row.int64(3))};
}

Result<void> read_notetype(const Statement& row, Notetype& notetype) {
    read_basics(row, notetype);
    return parse_column(row, 4, notetype.config);
}

Result<void> read_deck(const Statement& row, Deck& deck) {
    read_basics(row, deck);
    TRY(parse_column(row, 4, deck.common));
    TRY(parse_column(row, 5, deck.kind));
    if (deck.kind.kind_case() == columns::DeckKind::KIND_NOT_SET) {
        return fail(ErrorKind::inconsistent_data, "a stored deck of no kind");
    }
    return {};
}

Result<void> read_deck_config(const Statement& row, DeckConfig& config) {
    read_basics(row, config);
    return parse_column(row, 4, config.config);
}

// A field or a template of a notetype.
template <class Part>
Result<void> read_part(const Statement& row, Part& part) {
    part.name = row.text(0);
    return parse_column(row, 1, part.config);
}

// The rows of a statement with one parameter.
template <class Object, class Parameter>
Result<std::vector<Object>> read_objects(const QuerySource& query, std::string_view sql,
                                         Parameter parameter,
                                         Result<void> (*read)(const Statement&, Object&)) {
    std::vector<Object> objects;
    TRY_ASSIGN(auto rows, query(sql));
    TRY(rows.bind(parameter).for_each(
        [&](const Statement& row) { return read(row, objects.emplace_back()); }));
    return objects;
}

}  // namespace

Result<std::vector<Notetype>> notetypes_since(const QuerySource& query, Usn since) {
    TRY_ASSIGN(auto notetypes, read_objects(query,
                                            "select id, name, mtime_secs, usn, config "
                                            "from notetypes where usn >= ? order by id",
                                            since, read_notetype));
    for (auto& notetype : notetypes) {
        TRY_ASSIGN(
            notetype.fields,
            read_objects(query, "select name, config from fields where ntid = ? order by ord",
                         notetype.id, read_part<Notetype::Field>));
        TRY_ASSIGN(
            notetype.templates,
            read_objects(query, "select name, config from templates where ntid = ? order by ord",
                         notetype.id, read_part<Notetype::Template>));
    }
    return notetypes;
}

Result<std::vector<Deck>> decks_since(const QuerySource& query, Usn since) {
    return read_objects(query,
                        "select id, name, mtime_secs, usn, common, kind from decks "
                        "where usn >= ? order by id",
                        since, read_deck);
}

Result<std::vector<DeckConfig>> deck_configs_since(const QuerySource& query, Usn since) {
    return read_objects(query,
                        "select id, name, mtime_secs, usn, config from deck_config "
                        "where usn >= ? order by id",
                        since, read_deck_config);
}

Result<std::vector<ConfigEntry>> all_config(const QuerySource& query) {
    std::vector<ConfigEntry> config;
    TRY_ASSIGN(auto rows, query("select key, val from config"));
    TRY(rows.for_each([&](const Statement& row) -> Result<void> {
        if (json::Document::parse(row.blob(1), limits::json_depth_max - 2)) {
            config.push_back({.key = std::string(row.text(0)), .json = std::string(row.blob(1))});
        }
        return {};
    }));
    return config;
}

Result<void> put_notetype(const QuerySource& query, const Notetype& notetype) {
    TRY_ASSIGN(auto put, query("insert or replace into notetypes "
                               "(id, name, mtime_secs, usn, config) values (?, ?, ?, ?, ?)"));
    const auto config = notetype.config.SerializeAsString();
    TRY(put.run(notetype.id, notetype.name, notetype.mtime, notetype.usn, Blob{config}));
    TRY_ASSIGN(auto remove_fields, query("delete from fields where ntid = ?"));
    TRY(remove_fields.run(notetype.id));
    TRY_ASSIGN(auto remove_templates, query("delete from templates where ntid = ?"));
    TRY(remove_templates.run(notetype.id));

    TRY_ASSIGN(auto add_field,
               query("insert into fields (ntid, ord, name, config) values (?, ?, ?, ?)"));
    std::size_t ord = 0;
    for (const auto& field : notetype.fields) {
        const auto bytes = field.config.SerializeAsString();
        TRY(add_field.run(notetype.id, ord++, field.name, Blob{bytes}));
    }
    TRY_ASSIGN(auto add_template,
               query("insert into templates (ntid, ord, name, mtime_secs, usn, config) "
                     "values (?, ?, ?, 0, 0, ?)"));
    ord = 0;
    for (const auto& card_template : notetype.templates) {
        const auto bytes = card_template.config.SerializeAsString();
        TRY(add_template.run(notetype.id, ord++, card_template.name, Blob{bytes}));
    }
    return {};
}

Result<void> put_deck(const QuerySource& query, const Deck& deck) {
    TRY_ASSIGN(auto put, query("insert or replace into decks "
                               "(id, name, mtime_secs, usn, common, kind) "
                               "values (?, ?, ?, ?, ?, ?)"));
    const auto common = deck.common.SerializeAsString();
    const auto kind = deck.kind.SerializeAsString();
    return put.run(deck.id, deck.name, deck.mtime, deck.usn, Blob{common}, Blob{kind});
}

Result<void> put_deck_config(const QuerySource& query, const DeckConfig& config) {
    TRY_ASSIGN(auto put, query("insert or replace into deck_config "
                               "(id, name, mtime_secs, usn, config) values (?, ?, ?, ?, ?)"));
    const auto bytes = config.config.SerializeAsString();
    return put.run(config.id, config.name, config.mtime, config.usn, Blob{bytes});
}

Result<void> put_config(const QuerySource& query, const ConfigEntry& entry, Usn usn,
                        TimestampSecs mtime) {
    TRY_ASSIGN(auto put, query("insert or replace into config (key, usn, mtime_secs, val) "
                               "values (?, ?, ?, ?)"));
    return put.run(entry.key, usn, mtime, Blob{entry.json});
}

Result<void> put_tag(const QuerySource& query, std::string_view tag, Usn usn) {
    TRY_ASSIGN(auto put, query("insert or ignore into tags (tag, usn, collapsed, config) "
                               "values (?, ?, 1, null)"));
    return put.run(tag, usn);
}

}  // namespace ankiwire::collection
