// What the server has for a client (R-START-01, R-CHANGES-01), and deletions (R-GRAVES-01,
// R-GRAVES-02).
#include <string>

#include "base/limits.hpp"
#include "collection/store_impl.hpp"

namespace ankiwire::collection {
namespace {

using sqlite::Statement;

// Names alone.
Result<std::vector<std::string>> tags_since(CollectionStore::Impl& store, Usn usn) {
    std::vector<std::string> tags;
    TRY_ASSIGN(auto query, store.query("select tag from tags where usn >= ?"));
    TRY(query.bind(usn).for_each([&](const Statement& row) -> Result<void> {
        tags.emplace_back(row.text(0));
        return {};
    }));
    return tags;
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
    const auto query = impl_->query_source();
    UnchunkedChanges changes;
    TRY_ASSIGN(changes.notetypes, notetypes_since(query, client_usn));
    TRY_ASSIGN(changes.decks, decks_since(query, client_usn));
    TRY_ASSIGN(changes.deck_configs, deck_configs_since(query, client_usn));
    TRY_ASSIGN(changes.tags, tags_since(*impl_, client_usn));
    if (with_config) {
        TRY_ASSIGN(changes.config, all_config(query));
        TRY_ASSIGN(const auto current, state());
        changes.created = current.created;
    }
    return changes;
}

}  // namespace ankiwire::collection
