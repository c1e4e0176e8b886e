// Takes the objects that a client sends whole (R-CHANGES-03 to R-CHANGES-11).
#include <limits>
#include <string>
#include <vector>

#include "collection/store_impl.hpp"
#include "model/names.hpp"

namespace ankiwire::collection {
namespace {

Error inconsistent(const char* what) { return fail(ErrorKind::inconsistent_data, what); }

// `sql` dates a stored object a second later, at a new usn, if it is as old as the client's and the
// client is to be sent it.
template <class Object>
Result<void> win_ties_of(CollectionStore::Impl& store, std::string_view sql,
                         const std::vector<Object>& objects, const SyncContext& context) {
    TRY_ASSIGN(auto update, store.query(sql));
    for (const auto& incoming : objects) {
        if (incoming.mtime.value < std::numeric_limits<std::int64_t>::max()) {
            TRY(update.run(incoming.id, incoming.mtime, context.client_usn, context.server_usn));
        }
    }
    return {};
}

// Those that are new, or replace what is stored. `sql` selects the mtime of a stored one by id.
template <class Object>
Result<std::vector<const Object*>> accepted(CollectionStore::Impl& store, std::string_view sql,
                                            const std::vector<Object>& objects) {
    std::vector<const Object*> result;
    for (const auto& incoming : objects) {
        if (incoming.id.value == 0) {  // R-CHANGES-10
            return inconsistent("an object with id 0");
        }
        TRY_ASSIGN(auto query, store.query(sql));
        TRY_ASSIGN(const auto* const row, query.bind(incoming.id).next_row());
        if (row == nullptr || row->int64(0) <= incoming.mtime.value) {  // R-CHANGES-04
            result.push_back(&incoming);
        }
    }
    return result;
}

// Stored objects that get another name give theirs up first: of A → B and B → C neither is in the
// other's way (R-CHANGES-14). `sql` gives the object of an id a name that no client can, unless it
// is the same.
template <class Object>
Result<void> give_up_names(CollectionStore::Impl& store, std::string_view sql,
                           const std::vector<const Object*>& objects) {
    TRY_ASSIGN(auto update, store.query(sql));
    for (const auto* object : objects) {
        TRY(update.run(object->id, object->name));
    }
    return {};
}

// Appends '+' until no other object has the name; a new name counts as a change made now
// (R-CHANGES-07).
template <class Object>
Result<void> make_name_unique(CollectionStore::Impl& store, std::string_view sql, Object& object,
                              TimestampSecs now) {
    constexpr int attempts_max = 100;  // names of one message could cost quadratic time
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        TRY_ASSIGN(auto others, store.query(sql));
        TRY_ASSIGN(const auto* const row, others.bind(object.name, object.id).next_row());
        if (row == nullptr) {
            return {};
        }
        object.name += '+';
        object.mtime = now;
    }
    return inconsistent("too many objects of one name");
}

// A changed number of fields or templates is a change of the schema: none for a normal sync
// (R-CHANGES-06).
Result<void> expect_same_shape(CollectionStore::Impl& store, const Notetype& incoming) {
    TRY_ASSIGN(auto query, store.query("select (select count(*) from fields where ntid = ?1), "
                                       "(select count(*) from templates where ntid = ?1) "
                                       "where exists (select 1 from notetypes where id = ?1)"));
    TRY_ASSIGN(const auto* const row, query.bind(incoming.id).next_row());
    if (row != nullptr && (row->int64(0) != std::ssize(incoming.fields) ||
                           row->int64(1) != std::ssize(incoming.templates))) {
        return inconsistent("a notetype whose number of fields or templates differs");
    }
    return {};
}

Result<void> merge_notetypes(CollectionStore::Impl& store, const std::vector<Notetype>& notetypes,
                             const SyncContext& context) {
    TRY_ASSIGN(const auto taken,
               accepted(store, "select mtime_secs from notetypes where id = ?", notetypes));
    TRY(give_up_names(
        store, "update notetypes set name = char(1) || id where id = ?1 and name != ?2", taken));
    for (const auto* incoming : taken) {
        TRY(expect_same_shape(store, *incoming));
        Notetype notetype = *incoming;
        notetype.usn = context.server_usn;
        TRY(make_name_unique(store, "select 1 from notetypes where name = ? and id != ?", notetype,
                             context.now));
        TRY(put_notetype(store.query_source(), notetype));
    }
    return {};
}

Result<void> merge_decks(CollectionStore::Impl& store, const std::vector<Deck>& decks,
                         const SyncContext& context) {
    TRY_ASSIGN(const auto taken,
               accepted(store, "select mtime_secs from decks where id = ?", decks));
    TRY(give_up_names(store, "update decks set name = char(1) || id where id = ?1 and name != ?2",
                      taken));
    for (const auto* incoming : taken) {
        Deck deck = *incoming;
        deck.usn = context.server_usn;
        TRY(make_name_unique(store, "select 1 from decks where name = ? and id != ?", deck,
                             context.now));
        TRY(put_deck(store.query_source(), deck));
        TRY(store.remove_grave(GraveKind::deck, deck.id.value));
    }
    return {};
}

Result<void> merge_deck_configs(CollectionStore::Impl& store,
                                const std::vector<DeckConfig>& configs,
                                const SyncContext& context) {
    TRY_ASSIGN(const auto taken,
               accepted(store, "select mtime_secs from deck_config where id = ?", configs));
    for (const auto* incoming : taken) {
        DeckConfig config = *incoming;
        config.usn = context.server_usn;
        TRY(put_deck_config(store.query_source(), config));
    }
    return {};
}

// The registered spelling of a tag; none if it is not registered.
Result<std::optional<std::string>> registered_tag(CollectionStore::Impl& store,
                                                  std::string_view tag) {
    TRY_ASSIGN(auto query, store.query("select tag from tags where tag = ?"));
    TRY_ASSIGN(const auto* const row, query.bind(tag).next_row());
    return row == nullptr ? std::nullopt : std::optional(std::string(row->text(0)));
}

// `tag` with its nearest registered ancestor's spelling. An ancestor folds to the same text, so it
// has as many parts.
Result<std::string> with_ancestors_case(CollectionStore::Impl& store, const std::string& tag) {
    constexpr int levels_max = 100;  // of a tag of nothing but colons each lookup is long
    std::string_view ancestor = tag;
    auto end = ancestor.rfind("::");
    for (int level = 0; end != std::string_view::npos && level < levels_max;
         end = ancestor.rfind("::"), ++level) {
        ancestor = ancestor.substr(0, end);
        TRY_ASSIGN(const auto registered, registered_tag(store, ancestor));
        if (registered) {
            return *registered + tag.substr(end);
        }
    }
    return tag;
}

Result<void> merge_tags(CollectionStore::Impl& store, const std::vector<std::string>& tags,
                        Usn usn) {
    for (const auto& tag : tags) {
        const auto name = normalize_tag(tag);
        TRY_ASSIGN(const auto registered, registered_tag(store, name));
        if (registered) {  // R-CHANGES-09
            continue;
        }
        TRY_ASSIGN(const auto spelled, with_ancestors_case(store, name));
        TRY(put_tag(store.query_source(), spelled, usn));
    }
    return {};
}

Result<void> replace_config(CollectionStore::Impl& store, const std::vector<ConfigEntry>& config,
                            const SyncContext& context) {
    TRY_ASSIGN(auto clear, store.query("delete from config"));  // R-CHANGES-03
    TRY(clear.run());
    for (const auto& entry : config) {
        TRY(put_config(store.query_source(), entry, context.server_usn, context.now));
    }
    return {};
}

// Every later count of days depends on it, so an absurd one is refused (R-CHANGES-11).
Result<void> set_created(CollectionStore& store, TimestampSecs created, TimestampSecs now) {
    constexpr std::int64_t year_secs = 366 * 86'400;
    if (created.value < 0 || created.value > now.value + year_secs) {
        return inconsistent("an absurd creation time");
    }
    TRY_ASSIGN(auto state, store.state());
    state.created = created;
    return store.set_state(state);
}

}  // namespace

Result<void> CollectionStore::win_ties(const UnchunkedChanges& changes,
                                       const SyncContext& context) {
    TRY(impl_->expect_transaction());
    TRY(win_ties_of(*impl_,
                    "update notetypes set mtime_secs = mtime_secs + 1, usn = ?4 "
                    "where id = ?1 and mtime_secs = ?2 and usn >= ?3",
                    changes.notetypes, context));
    TRY(win_ties_of(*impl_,
                    "update decks set mtime_secs = mtime_secs + 1, usn = ?4 "
                    "where id = ?1 and mtime_secs = ?2 and usn >= ?3",
                    changes.decks, context));
    return win_ties_of(*impl_,
                       "update deck_config set mtime_secs = mtime_secs + 1, usn = ?4 "
                       "where id = ?1 and mtime_secs = ?2 and usn >= ?3",
                       changes.deck_configs, context);
}

Result<void> CollectionStore::apply_changes(const UnchunkedChanges& changes,
                                            const SyncContext& context) {
    TRY(impl_->expect_transaction());
    impl_->notetype_shapes.clear();
    TRY(merge_notetypes(*impl_, changes.notetypes, context));
    TRY(merge_decks(*impl_, changes.decks, context));
    TRY(merge_deck_configs(*impl_, changes.deck_configs, context));
    TRY(merge_tags(*impl_, changes.tags, context.server_usn));
    if (changes.created) {
        TRY(set_created(*this, *changes.created, context.now));
    }
    if (changes.config) {
        TRY(replace_config(*impl_, *changes.config, context));
    }
    return {};
}

}  // namespace ankiwire::collection
