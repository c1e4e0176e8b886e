// For the laws of merging: one collection that each trial changes and rolls back, and all that is
// in it as values.
#pragma once

#include <rapidcheck/gtest.h>

#include <array>
#include <map>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "collection/any_objects.hpp"
#include "collection/collection_store.hpp"
#include "files/temp_folder.hpp"
#include "schema11/row_generators.hpp"

namespace ankiwire::collection {

// Of what a trial begins with the client has seen some, and the rest is of another device.
inline constexpr Usn seen{9};
inline constexpr Usn unseen{10};
inline constexpr SyncContext context{{20}, {10}, {1'700'000'000}};
inline constexpr SyncContext later{{30}, {21}, {1'700'000'100}};
inline constexpr NotetypeId two_fields{77};

// An object that has no equality, as bytes.
struct Stored {
    std::string name;
    TimestampSecs mtime;
    Usn usn;
    std::string bytes;
    friend bool operator==(const Stored&, const Stored&) = default;
};

enum class Kind : std::uint8_t { card, note, deck };

struct Tables {
    std::map<NoteId, Note> notes;
    std::map<CardId, Card> cards;
    std::map<RevlogId, RevlogEntry> revlog;
    std::map<NotetypeId, Stored> notetypes;
    std::map<DeckId, Stored> decks;
    std::map<DeckConfigId, Stored> deck_configs;
    std::map<std::pair<Kind, std::int64_t>, Usn> graves;
    std::map<std::string, Usn> tags;
    std::map<std::string, std::string> config;
    friend bool operator==(const Tables&, const Tables&) = default;
};

inline std::string bytes_of(const Notetype& notetype) {
    std::string bytes = notetype.config.SerializeAsString();
    for (const auto& field : notetype.fields) {
        bytes += "\n" + field.name + "\n" + field.config.SerializeAsString();
    }
    for (const auto& card : notetype.templates) {
        bytes += "\n" + card.name + "\n" + card.config.SerializeAsString();
    }
    return bytes;
}
inline std::string bytes_of(const Deck& deck) {
    return deck.common.SerializeAsString() + "\n" + deck.kind.SerializeAsString();
}
inline std::string bytes_of(const DeckConfig& config) { return config.config.SerializeAsString(); }

template <class Object>
Stored stored(const Object& object) {
    return {object.name, object.mtime, object.usn, bytes_of(object)};
}

// A transaction that comes to nothing.
class Trial {
public:
    Trial() : store(shared()) { CHECK(store.begin()); }
    Trial(const Trial&) = delete;
    Trial& operator=(const Trial&) = delete;
    ~Trial() { store.rollback(); }

    Tables tables() {
        Tables tables;
        const auto changes = must(store.changes_since({INT32_MIN}, true));
        put(changes.notetypes, tables.notetypes);
        put(changes.decks, tables.decks);
        put(changes.deck_configs, tables.deck_configs);
        for (const auto& entry : *changes.config) {
            tables.config[entry.key] = entry.json;
        }
        ChunkCursor cursor({INT32_MIN});
        for (bool done = false; !done;) {
            const auto chunk = must(store.next_chunk(cursor));
            put_rows(chunk.revlog, tables.revlog);
            put_rows(chunk.cards, tables.cards);
            put_rows(chunk.notes, tables.notes);
            done = chunk.done;
        }
        for (const auto usn : {Usn{0}, seen, unseen, context.server_usn, later.server_usn}) {
            put_dated(usn, tables);
        }
        return tables;
    }

    CollectionStore& store;

private:
    // In memory, if there is such a place.
    static CollectionStore& shared() {
        static const files::TempFolder folder;
        static CollectionStore store = [] {
            auto opened = CollectionStore::open(folder.path() / "collection.anki2",
                                                {context.now.value * 1000});
            CHECK(opened);
            UnchunkedChanges changes;
            auto& notetype = changes.notetypes.emplace_back();
            notetype.id = two_fields;
            notetype.name = "Two fields";
            notetype.fields = {{"Front", {}}, {"Back", {}}};
            notetype.templates = {{"Card 1", {}}};
            CHECK(opened->begin());
            CHECK(opened->apply_changes(changes, {{0}, {0}, context.now}));
            CHECK(opened->commit());
            return std::move(opened).value();
        }();
        return store;
    }

    template <class Object, class Map>
    static void put(const std::vector<Object>& objects, Map& map) {
        for (const auto& object : objects) {
            RC_ASSERT(map.emplace(object.id, stored(object)).second);
        }
    }
    template <class Row, class Map>
    static void put_rows(const std::vector<Row>& rows, Map& map) {
        for (const auto& row : rows) {
            RC_ASSERT(map.emplace(row.id, row).second);
        }
    }
    // What has that usn or a later one, whose values do not tell it.
    void put_dated(Usn usn, Tables& tables) {
        for (const auto& tag : must(store.changes_since(usn, false)).tags) {
            tables.tags[tag] = usn;
        }
        const auto graves = must(store.graves_since(usn));
        for (const auto id : graves.cards) {
            tables.graves[{Kind::card, id.value}] = usn;
        }
        for (const auto id : graves.notes) {
            tables.graves[{Kind::note, id.value}] = usn;
        }
        for (const auto id : graves.decks) {
            tables.graves[{Kind::deck, id.value}] = usn;
        }
    }
};

}  // namespace ankiwire::collection
