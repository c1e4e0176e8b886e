#include "collection/object_rows.hpp"

#include <cstddef>

namespace ankiwire::collection {

using sqlite::Blob;

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
