// What the server has for a client (R-START-01, R-CHANGES-01), and deletions (R-GRAVES-01,
// R-GRAVES-02).
#include <string>

#include "base/limits.hpp"
#include "collection/store_impl.hpp"
#include "json/reader.hpp"

namespace ankiwire::collection {
namespace {

using sqlite::Statement;

// Fills a message of columns.proto from a column.
template <class Message>
Result<void> parse_column(const Statement& row, int column, Message& message) {
    const auto bytes = row.blob(column);
    if (bytes.size() > INT32_MAX ||
        !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fail(ErrorKind::inconsistent_data, "a stored object that cannot be decoded");
    }
    return {};
}

Result<void> read_notetype(const Statement& row, Notetype& notetype) {
    notetype.id = {row.int64(0)};
    notetype.name = row.text(1);
    notetype.mtime = {row.int64(2)};
    notetype.usn = {clamp_to<std::int32_t>(row.int64(3))};
    return parse_column(row, 4, notetype.config);
}

Result<void> read_deck(const Statement& row, Deck& deck) {
    deck.id = {row.int64(0)};
    deck.name = row.text(1);
    deck.mtime = {row.int64(2)};
    deck.usn = {clamp_to<std::int32_t>(row.int64(3))};
    TRY(parse_column(row, 4, deck.common));
    TRY(parse_column(row, 5, deck.kind));
    if (deck.kind.kind_case() == columns::DeckKind::KIND_NOT_SET) {
        return fail(ErrorKind::inconsistent_data, "a stored deck of no kind");
    }
    return {};
}

Result<void> read_deck_config(const Statement& row, DeckConfig& config) {
    config.id = {row.int64(0)};
    config.name = row.text(1);
    config.mtime = {row.int64(2)};
    config.usn = {clamp_to<std::int32_t>(row.int64(3))};
    return parse_column(row, 4, config.config);
}

// A field or a template of a notetype.
template <class Part>
Result<void> read_part(const Statement& row, Part& part) {
    part.name = row.text(0);
    return parse_column(row, 1, part.config);
}

Result<void> read_tag(const Statement& row, std::string& tag) {
    tag = row.text(0);
    return {};
}

// The rows of a statement with one parameter.
template <class Object, class Parameter>
Result<std::vector<Object>> read_objects(CollectionStore::Impl& store, std::string_view sql,
                                         Parameter parameter,
                                         Result<void> (*read)(const Statement&, Object&)) {
    std::vector<Object> objects;
    TRY_ASSIGN(auto query, store.query(sql));
    TRY(query.bind(parameter).for_each(
        [&](const Statement& row) { return read(row, objects.emplace_back()); }));
    return objects;
}

Result<std::vector<Notetype>> notetypes_since(CollectionStore::Impl& store, Usn usn) {
    TRY_ASSIGN(auto notetypes,
               read_objects(store,
                            "select id, name, mtime_secs, usn, config from notetypes "
                            "where usn >= ? order by id",
                            usn, read_notetype));
    for (auto& notetype : notetypes) {
        TRY_ASSIGN(
            notetype.fields,
            read_objects(store, "select name, config from fields where ntid = ? order by ord",
                         notetype.id, read_part<Notetype::Field>));
        TRY_ASSIGN(
            notetype.templates,
            read_objects(store, "select name, config from templates where ntid = ? order by ord",
                         notetype.id, read_part<Notetype::Template>));
    }
    return notetypes;
}

// All of it, whatever its usn. A value that is not JSON, or too deep within the two objects around
// it, would break the reply: left out (R-CHANGES-16).
Result<std::vector<ConfigEntry>> all_config(CollectionStore::Impl& store) {
    std::vector<ConfigEntry> config;
    TRY_ASSIGN(auto query, store.query("select key, val from config"));
    TRY(query.for_each([&](const Statement& row) -> Result<void> {
        if (json::Document::parse(row.blob(1), limits::json_depth_max - 2)) {
            config.push_back({.key = std::string(row.text(0)), .json = std::string(row.blob(1))});
        }
        return {};
    }));
    return config;
}

// What is sent to a client is not more than a client may send: a larger reply would have to be held
// in memory, and no client could take it if it were larger than limits::response_bytes_max
// (R-LIM-09).
Result<void> expect_sendable(CollectionStore::Impl& store, Usn usn, bool with_config) {
    TRY_ASSIGN(auto query,
               store.query("select total(bytes) from (select length(config) as bytes from "
                           "notetypes where usn >= ?1 "
                           "union all select length(config) from fields where ntid in "
                           "(select id from notetypes where usn >= ?1) "
                           "union all select length(config) from templates where ntid in "
                           "(select id from notetypes where usn >= ?1) "
                           "union all select length(common) + length(kind) + "
                           "length(cast(name as blob)) from decks where usn >= ?1 "
                           "union all select length(config) from deck_config where usn >= ?1 "
                           "union all select length(cast(tag as blob)) from tags where usn >= ?1 "
                           "union all select length(val) from config where ?2)"));
    TRY_ASSIGN(const auto* const row, query.bind(usn, with_config).next_row());
    if (row->int64(0) > static_cast<std::int64_t>(limits::changes_body_bytes_max)) {
        return fail(ErrorKind::too_large, "more is new than one reply can carry");
    }
    return {};
}

// Deletes the objects of one kind and leaves a grave for each, known here or not. One that is there
// already is dated anew (R-GRAVES-03).
template <class Id>
Result<void> bury(CollectionStore::Impl& store, std::string_view remove_sql, GraveKind kind,
                  const std::vector<Id>& ids, Usn usn) {
    TRY_ASSIGN(auto remove, store.query(remove_sql));
    TRY_ASSIGN(auto add,
               store.query("insert or replace into graves (oid, type, usn) values (?, ?, ?)"));
    for (const auto id : ids) {
        TRY(remove.run(id));
        TRY(add.run(id, static_cast<std::uint8_t>(kind), usn));
    }
    return {};
}

}  // namespace

Result<bool> CollectionStore::Impl::has_graves() {
    TRY_ASSIGN(auto exists, query("select exists (select 1 from graves)"));
    TRY_ASSIGN(const auto* const row, exists.next_row());
    return row->int64(0) != 0;
}

Result<void> CollectionStore::Impl::remove_grave(GraveKind kind, std::int64_t id) {
    TRY_ASSIGN(auto remove, query("delete from graves where oid = ? and type = ?"));
    return remove.run(id, static_cast<std::uint8_t>(kind));
}

Result<NotetypeShape> CollectionStore::Impl::notetype_shape(NotetypeId id) {
    if (const auto known = notetype_shapes.find(id); known != notetype_shapes.end()) {
        return known->second;
    }
    TRY_ASSIGN(auto notetype,
               query("select config, (select count(*) from fields where ntid = notetypes.id) "
                     "from notetypes where id = ?"));
    TRY_ASSIGN(const auto* const row, notetype.bind(id).next_row());
    if (row == nullptr) {
        return fail(ErrorKind::inconsistent_data, "a note of an unknown notetype");
    }
    columns::NotetypeConfig config;
    TRY(parse_column(*row, 0, config));
    // Text has at least one field, however few the notetype has.
    const auto fields = static_cast<std::size_t>(std::max<std::int64_t>(row->int64(1), 1));
    const NotetypeShape shape{.field_count = fields, .sort_field_idx = config.sort_field_idx()};
    notetype_shapes.emplace(id, shape);
    return shape;
}

Result<Graves> CollectionStore::graves_since(Usn client_usn) {
    Graves graves;
    TRY_ASSIGN(auto query, impl_->query("select oid, type from graves where usn >= ?"));
    TRY(query.bind(client_usn).for_each([&](const Statement& row) -> Result<void> {
        const std::int64_t id = row.int64(0);
        switch (row.int64(1)) {
            case static_cast<int>(GraveKind::card):
                graves.cards.push_back({id});
                break;
            case static_cast<int>(GraveKind::note):
                graves.notes.push_back({id});
                break;
            case static_cast<int>(GraveKind::deck):
                graves.decks.push_back({id});
                break;
            default:  // nothing that a client could delete
                break;
        }
        return {};
    }));
    return graves;
}

Result<void> CollectionStore::apply_graves(const Graves& graves, Usn server_usn) {
    TRY(impl_->expect_transaction());
    TRY(bury(*impl_, "delete from notes where id = ?", GraveKind::note, graves.notes, server_usn));
    TRY(bury(*impl_, "delete from cards where id = ?", GraveKind::card, graves.cards, server_usn));
    return bury(*impl_, "delete from decks where id = ?", GraveKind::deck, graves.decks,
                server_usn);
}

Result<UnchunkedChanges> CollectionStore::changes_since(Usn client_usn, bool with_config) {
    TRY(expect_sendable(*impl_, client_usn, with_config));
    UnchunkedChanges changes;
    TRY_ASSIGN(changes.notetypes, notetypes_since(*impl_, client_usn));
    TRY_ASSIGN(changes.decks, read_objects(*impl_,
                                           "select id, name, mtime_secs, usn, common, kind "
                                           "from decks where usn >= ? order by id",
                                           client_usn, read_deck));
    TRY_ASSIGN(changes.deck_configs, read_objects(*impl_,
                                                  "select id, name, mtime_secs, usn, config "
                                                  "from deck_config where usn >= ? order by id",
                                                  client_usn, read_deck_config));
    TRY_ASSIGN(changes.tags,
               read_objects(*impl_, "select tag from tags where usn >= ?", client_usn, read_tag));
    if (with_config) {
        TRY_ASSIGN(changes.config, all_config(*impl_));
        TRY_ASSIGN(const auto current, state());
        changes.created = current.created;
    }
    return changes;
}

}  // namespace ankiwire::collection
