#include "sim/contents.hpp"

#include <fmt/format.h>

#include <fstream>

#include "collection/collection_store.hpp"
#include "files/read_file.hpp"
#include "model/unicase.hpp"
#include "wire/encode.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;
using collection::ChunkCursor;
using collection::CollectionStore;

constexpr TimestampMs some_day{1'600'000'000'000};

void remove_database(const fs::path& path) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        fs::remove(path.string() + suffix);
    }
}

Contents contents_of(UnchunkedChanges changes) {
    Contents contents;
    for (auto& notetype : changes.notetypes) {
        contents.notetypes[notetype.id] = std::move(notetype);
    }
    for (auto& deck : changes.decks) {
        contents.decks[deck.id] = std::move(deck);
    }
    for (auto& config : changes.deck_configs) {
        contents.deck_configs[config.id] = std::move(config);
    }
    for (const auto& tag : changes.tags) {
        contents.tags[tag] = {};
    }
    for (const auto& entry : *changes.config) {
        contents.config[entry.key] = entry.json;
    }
    return contents;
}

Result<CollectionFile> read(const fs::path& path) {
    TRY_ASSIGN(auto store, CollectionStore::open(path, some_day));
    TRY(store.begin());
    TRY_ASSIGN(auto changes, store.changes_since({0}, true));
    CollectionFile file{.contents = contents_of(std::move(changes)), .stamps = {}};
    ChunkCursor cursor({0});
    for (bool done = false; !done;) {
        TRY_ASSIGN(const auto chunk, store.next_chunk(cursor));
        for (const auto& entry : chunk.revlog) {
            file.contents.revlog[entry.id] = entry;
        }
        for (const auto& card : chunk.cards) {
            file.contents.cards[card.id] = card;
        }
        for (const auto& note : chunk.notes) {
            file.contents.notes[note.id] = note;
        }
        done = chunk.done;
    }
    store.rollback();
    const auto& state = store.committed();
    file.stamps = {state.modified, state.schema_modified, state.usn};
    TRY(store.close());
    return file;
}

template <class Map>
auto values(const Map& map) {
    std::vector<typename Map::mapped_type> result;
    result.reserve(map.size());
    for (const auto& [id, value] : map) {
        result.push_back(value);
    }
    return result;
}

// As JSON, so that objects of messages compare, too.
std::string text(const Note& note) {
    Chunk chunk;
    chunk.notes = {note};
    return wire::encode_chunk_response(chunk);
}
std::string text(const Card& card) {
    Chunk chunk;
    chunk.cards = {card};
    return wire::encode_chunk_response(chunk);
}
std::string text(const RevlogEntry& entry) {
    Chunk chunk;
    chunk.revlog = {entry};
    return wire::encode_chunk_response(chunk);
}
template <class Object>
std::string text_of_one(std::vector<Object> UnchunkedChanges::* list, const Object& object) {
    UnchunkedChanges changes;
    (changes.*list).push_back(object);
    return wire::encode_changes_response(changes);
}
std::string text(const Notetype& notetype) {
    return text_of_one(&UnchunkedChanges::notetypes, notetype);
}
std::string text(const Deck& deck) { return text_of_one(&UnchunkedChanges::decks, deck); }
std::string text(const DeckConfig& config) {
    return text_of_one(&UnchunkedChanges::deck_configs, config);
}

template <class Object>
std::string text_without_usn(Object object) {
    object.usn = {};
    return text(object);
}
std::string text_without_usn(Usn /*of a tag*/) { return {}; }
std::string text_without_usn(const std::string& json) { return json; }

template <class Object>
Fact fact(Object object) {
    Fact fact{.id = 0, .text = {}, .name = {}, .date = object.mtime};
    if constexpr (requires { object.name; }) {
        fact.id = object.id.value;
        fact.name = object.name;
        object.name.erase(object.name.find_last_not_of('+') + 1);
    }
    object.mtime = {};
    fact.text = text_without_usn(std::move(object));
    return fact;
}
Fact fact(const RevlogEntry& entry) {
    return {.id = 0, .text = text_without_usn(entry), .name = {}, .date = {}};
}

template <class Map>
void put_facts(const char* kind, const Map& map, Facts& facts) {
    for (const auto& [id, object] : map) {
        facts[kind + std::to_string(id.value)] = fact(object);
    }
}

template <class Map>
std::string difference_of(const char* what, const Map& a, const Map& b) {
    std::string found;
    for (const auto& [id, value] : a) {
        const auto other = b.find(id);
        if (other == b.end()) {
            found += std::string(what) + " only here: " + text_without_usn(value) + "\n";
        } else if (text_without_usn(value) != text_without_usn(other->second)) {
            found += std::string(what) + " here:  " + text_without_usn(value) + "\n" + what +
                     " there: " + text_without_usn(other->second) + "\n";
        }
    }
    for (const auto& [id, value] : b) {
        if (!a.contains(id)) {
            found += std::string(what) + " only there: " + text_without_usn(value) + "\n";
        }
    }
    return found;
}

}  // namespace

Result<CollectionFile> read_collection(const fs::path& file, const fs::path& scratch) {
    remove_database(scratch);
    for (const char* suffix : {"", "-wal"}) {
        if (const fs::path part = file.string() + suffix; fs::exists(part)) {
            fs::copy_file(part, scratch.string() + suffix);
        }
    }
    return read(scratch);
}

Result<CollectionFile> read_download(std::string_view bytes, const fs::path& scratch) {
    remove_database(scratch);
    std::ofstream(scratch, std::ios::binary) << bytes;
    return read(scratch);
}

Result<std::string> file_of(std::string_view below, const CollectionFile& collection,
                            const fs::path& scratch) {
    const auto& [contents, stamps] = collection;
    remove_database(scratch);
    if (!below.empty()) {
        std::ofstream(scratch, std::ios::binary) << below;
    }
    TRY_ASSIGN(auto store, CollectionStore::open(scratch, some_day));
    TRY(store.begin());
    UnchunkedChanges changes;
    changes.notetypes = values(contents.notetypes);
    changes.decks = values(contents.decks);
    changes.deck_configs = values(contents.deck_configs);
    for (const auto& [tag, usn] : contents.tags) {
        changes.tags.push_back(tag);
    }
    changes.config.emplace();
    for (const auto& [key, json] : contents.config) {
        changes.config->push_back({key, json});
    }
    const collection::SyncContext context{.server_usn = {0}, .client_usn = {0}, .now = {0}};
    TRY(store.apply_changes(changes, context));
    TRY(store.apply_chunk({.done = true,
                           .revlog = values(contents.revlog),
                           .cards = values(contents.cards),
                           .notes = values(contents.notes)},
                          context));
    TRY_ASSIGN(auto state, store.state());
    state.modified = stamps.modified;
    state.schema_modified = stamps.schema_modified;
    state.usn = stamps.usn;
    TRY(store.commit(state));
    TRY(store.close());
    return files::read_file(scratch);
}

SanityCounts counts_of(const Contents& contents) {
    const auto size = [](const auto& map) { return static_cast<std::uint32_t>(map.size()); };
    return {.due = {},
            .cards = size(contents.cards),
            .notes = size(contents.notes),
            .revlog = size(contents.revlog),
            .graves = 0,
            .notetypes = size(contents.notetypes),
            .decks = size(contents.decks),
            .deck_configs = size(contents.deck_configs)};
}

Facts facts(const Contents& contents) {
    Facts facts;
    put_facts("note ", contents.notes, facts);
    put_facts("card ", contents.cards, facts);
    put_facts("review ", contents.revlog, facts);
    put_facts("notetype ", contents.notetypes, facts);
    put_facts("deck ", contents.decks, facts);
    put_facts("options ", contents.deck_configs, facts);
    for (const auto& [tag, usn] : contents.tags) {
        facts["tag " + unicase_key(tag)] = {};
    }
    return facts;
}

std::string going_back(const Stamps& before, const Stamps& now) {
    return now.usn < before.usn || now.modified < before.modified
               ? fmt::format("usn {} of {} ms after usn {} of {} ms", now.usn.value,
                             now.modified.value, before.usn.value, before.modified.value)
               : std::string();
}

std::string difference(const Contents& a, const Contents& b) {
    return difference_of("note", a.notes, b.notes) + difference_of("card", a.cards, b.cards) +
           difference_of("review", a.revlog, b.revlog) +
           difference_of("notetype", a.notetypes, b.notetypes) +
           difference_of("deck", a.decks, b.decks) +
           difference_of("options", a.deck_configs, b.deck_configs) +
           difference_of("tag", a.tags, b.tags) + difference_of("config", a.config, b.config);
}

}  // namespace ankiwire::sim
