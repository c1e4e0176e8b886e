// A collection as plain maps: what a simulated client has at home, and what a server's file is
// compared with.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/changes.hpp"

namespace ankiwire::sim {

struct Contents {
    std::map<NoteId, Note> notes;
    std::map<CardId, Card> cards;
    std::map<RevlogId, RevlogEntry> revlog;
    std::map<NotetypeId, Notetype> notetypes;
    std::map<DeckId, Deck> decks;
    std::map<DeckConfigId, DeckConfig> deck_configs;
    std::map<std::string, Usn> tags;
    std::map<std::string, std::string> config;  // JSON by key
};

// The stamps of a collection.
struct Stamps {
    TimestampMs modified;
    TimestampMs schema_modified;
    Usn usn;
};

struct CollectionFile {
    Contents contents;
    Stamps stamps;
};

// Reads a collection file through a copy of it and of its log, made beside `scratch`.
Result<CollectionFile> read_collection(const std::filesystem::path& file,
                                       const std::filesystem::path& scratch);
// The same from the bytes of a download.
Result<CollectionFile> read_download(std::string_view bytes, const std::filesystem::path& scratch);
// The bytes of a file of these, made of the file `below`, or of a new one if that is empty: all
// objects that this has are replaced, or stay. All rows are of usn 0.
Result<std::string> file_of(std::string_view below, const CollectionFile& collection,
                            const std::filesystem::path& scratch);

// What there is, by kind and id; a tag by what it is when folded.
struct Fact {
    // Of a notetype, deck or deck config; 0 of all else.
    std::int64_t id = 0;
    std::string text;  // without usn, date, and the `+` behind a name
    std::string name;
    TimestampSecs date;
};
using Facts = std::map<std::string, Fact>;
Facts facts(const Contents& contents);

// As of a sanity check; nothing is due, and there are no graves.
SanityCounts counts_of(const Contents& contents);

// In words, if the usn or the time of a change went back; empty: neither did.
std::string going_back(const Stamps& before, const Stamps& now);

// In words, where they differ, but for usns; empty: they do not.
std::string difference(const Contents& a, const Contents& b);

}  // namespace ankiwire::sim
