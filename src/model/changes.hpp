// What one side of a normal sync tells the other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/objects.hpp"

namespace ankiwire {

// Ids of deleted objects.
struct Graves {
    std::vector<CardId> cards;
    std::vector<NoteId> notes;
    std::vector<DeckId> decks;
    friend bool operator==(const Graves&, const Graves&) = default;
};

// All that is sent whole, in applyChanges. `config` and `created` come from the newer side only.
struct UnchunkedChanges {
    std::vector<Notetype> notetypes;
    std::vector<Deck> decks;
    std::vector<DeckConfig> deck_configs;
    std::vector<std::string> tags;
    std::optional<std::vector<ConfigEntry>> config;  // replaces the other side's config
    std::optional<TimestampSecs> created;
};

// Rows that are sent about 250 at a time. `done`: the sender has no more.
struct Chunk {
    bool done = false;
    std::vector<RevlogEntry> revlog;
    std::vector<Card> cards;
    std::vector<Note> notes;
    friend bool operator==(const Chunk&, const Chunk&) = default;
};

struct SanityCounts {
    std::array<std::uint32_t, 3> due{};  // new, learning, review; not compared (R-SANITY-02)
    std::uint32_t cards = 0;
    std::uint32_t notes = 0;
    std::uint32_t revlog = 0;
    std::uint32_t graves = 0;  // not compared
    std::uint32_t notetypes = 0;
    std::uint32_t decks = 0;
    std::uint32_t deck_configs = 0;
    friend bool operator==(const SanityCounts&, const SanityCounts&) = default;
};

}  // namespace ankiwire
