// RapidCheck generators of rows, and of what else is sent beside objects, within the ranges of
// spec/05-normal-sync.md.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/changes.hpp"
#include "schema11/generators.hpp"

namespace ankiwire::schema11 {

// An id, a usn or a time.
template <class Number>
Number any_of() {
    return {*any_number<decltype(Number::value)>()};
}

template <class T>
std::vector<T> list_of(T (*element)()) {
    return *rc::gen::container<std::vector<T>>(rc::gen::exec(element));
}

inline Graves any_graves() {
    return {.cards = list_of(any_of<CardId>),
            .notes = list_of(any_of<NoteId>),
            .decks = list_of(any_of<DeckId>)};
}

inline RevlogEntry any_review() {
    RevlogEntry review;
    review.id = any_of<RevlogId>();
    review.card_id = any_of<CardId>();
    review.usn = any_of<Usn>();
    review.ease = *any_number<std::uint8_t>();
    review.interval = *any_number<std::int32_t>();
    review.last_interval = *any_number<std::int32_t>();
    review.factor = *any_number<std::uint32_t>();
    review.taken_ms = *any_number<std::uint32_t>();
    review.type = *between<std::uint8_t>(0, 5);
    return review;
}

inline Card any_card() {
    Card card;
    card.id = any_of<CardId>();
    card.note_id = any_of<NoteId>();
    card.deck_id = any_of<DeckId>();
    card.ord = *any_number<std::uint16_t>();
    card.mtime = any_of<TimestampSecs>();
    card.usn = any_of<Usn>();
    card.type = *between<std::uint8_t>(0, 3);
    card.queue = *between<std::int8_t>(-3, 4);
    card.due = *any_number<std::int32_t>();
    card.interval_days = *between<std::int32_t>(0, INT32_MAX);
    card.factor = *any_number<std::uint16_t>();
    card.reps = *any_number<std::uint32_t>();
    card.lapses = *any_number<std::uint32_t>();
    card.left = *any_number<std::uint32_t>();
    card.original_due = *any_number<std::int32_t>();
    card.original_deck_id = any_of<DeckId>();
    card.flags = *any_number<std::uint8_t>();
    card.data = *any_long_text();
    return card;
}

inline Note any_note() {
    Note note;
    note.id = any_of<NoteId>();
    note.guid = *any_text();
    note.notetype_id = any_of<NotetypeId>();
    note.mtime = any_of<TimestampSecs>();
    note.usn = any_of<Usn>();
    note.tags = *any_text();
    note.fields = *any_long_text();
    return note;
}

inline Chunk any_chunk() {
    return {.done = *rc::gen::arbitrary<bool>(),
            .revlog = list_of(any_review),
            .cards = list_of(any_card),
            .notes = list_of(any_note)};
}

// No key comes twice.
inline std::vector<ConfigEntry> any_config() {
    std::vector<ConfigEntry> config;
    for (auto& key : *rc::gen::unique<std::vector<std::string>>(any_text())) {
        config.push_back({std::move(key), any_json(2)});
    }
    return config;
}

}  // namespace ankiwire::schema11
