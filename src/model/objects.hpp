// The objects of a collection as plain values, free of how they are stored or sent.
// `config`, `common` and `kind` are the messages of columns.proto: what an official file holds.
// Unknown JSON members live in their `other` bytes (a JSON object, or empty), so that a round trip
// through any layer loses nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "model/columns.pb.h"

namespace ankiwire {

struct Note {
    NoteId id;
    std::string guid;
    NotetypeId notetype_id;
    TimestampSecs mtime;
    Usn usn;
    std::string tags;    // as stored: "" or " one two "
    std::string fields;  // joined by 0x1f
    friend bool operator==(const Note&, const Note&) = default;
};

struct Card {
    CardId id;
    NoteId note_id;
    DeckId deck_id;
    std::uint16_t ord = 0;
    TimestampSecs mtime;
    Usn usn;
    std::uint8_t type = 0;  // 0 new, 1 learning, 2 review, 3 relearning
    std::int8_t queue = 0;  // -3 and -2 buried, -1 suspended, 0 to 4
    std::int32_t due = 0;
    std::int32_t interval_days = 0;
    std::uint16_t factor = 0;  // per mille
    std::uint32_t reps = 0;
    std::uint32_t lapses = 0;
    std::uint32_t left = 0;
    std::int32_t original_due = 0;
    DeckId original_deck_id;
    std::uint8_t flags = 0;
    std::string data;  // kept byte for byte
    friend bool operator==(const Card&, const Card&) = default;
};

struct RevlogEntry {
    RevlogId id;
    CardId card_id;
    Usn usn;
    std::uint8_t ease = 0;
    std::int32_t interval = 0;
    std::int32_t last_interval = 0;
    std::uint32_t factor = 0;
    std::uint32_t taken_ms = 0;
    std::uint8_t type = 0;  // 0 to 5
    friend bool operator==(const RevlogEntry&, const RevlogEntry&) = default;
};

// The position in `fields` and `templates` is the ordinal.
struct Notetype {
    struct Field {
        std::string name;
        columns::FieldConfig config;
    };
    struct Template {
        std::string name;
        columns::TemplateConfig config;
    };
    NotetypeId id;
    std::string name;
    TimestampSecs mtime;
    Usn usn;
    columns::NotetypeConfig config;
    std::vector<Field> fields;
    std::vector<Template> templates;
};

struct Deck {
    DeckId id;
    std::string name;  // as stored: parts joined by 0x1f
    TimestampSecs mtime;
    Usn usn;
    columns::DeckCommon common;
    columns::DeckKind kind;
};

struct DeckConfig {
    DeckConfigId id;
    std::string name;
    TimestampSecs mtime;
    Usn usn;
    columns::DeckConfigConfig config;
};

// One key of the collection's config; `json` is its value as JSON text.
struct ConfigEntry {
    std::string key;
    std::string json;
    friend bool operator==(const ConfigEntry&, const ConfigEntry&) = default;
};

}  // namespace ankiwire
