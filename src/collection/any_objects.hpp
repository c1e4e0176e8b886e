// RapidCheck generators of objects that fit into one collection: no two of one name, no id of 0.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "schema11/object_generators.hpp"

namespace ankiwire::collection {

// Of what cannot fail in a trial.
template <class T>
T must(Result<T> result) {
    RC_ASSERT(result.has_value());
    return std::move(result).value();
}
inline void must(const Result<void>& result) {
    if (!result) {
        RC_LOG(result.error().context);
    }
    RC_ASSERT(result.has_value());
}

// Some ids, of which none is 0.
inline std::set<std::int64_t> any_ids() {
    auto ids = *rc::gen::resize(
        4, rc::gen::container<std::set<std::int64_t>>(schema11::any_number<std::int64_t>()));
    ids.erase(0);
    return ids;
}

// No generated text has a '#', or digits: what ends in another number is another name.
inline std::string nth(const std::string& name, std::size_t number) {
    return to_nfc(name) + "#" + std::to_string(number);
}

inline void number_parts(Notetype& notetype) {
    for (std::size_t ord = 0; ord < notetype.fields.size(); ++ord) {
        auto& field = notetype.fields[ord];
        field.name = nth(field.name, ord);
    }
    for (std::size_t ord = 0; ord < notetype.templates.size(); ++ord) {
        auto& card_template = notetype.templates[ord];
        card_template.name = nth(card_template.name, ord);
    }
}

inline Notetype any_notetype(NotetypeId id, std::size_t number) {
    auto notetype = schema11::any_notetype();
    notetype.id = id;
    notetype.name = nth(notetype.name, number);
    number_parts(notetype);
    return notetype;
}

inline Deck any_deck(DeckId id, std::size_t number) {
    auto deck = schema11::any_deck();
    deck.id = id;
    deck.name = deck_name_from_human(nth(deck_name_to_human(deck.name), number));
    RC_PRE(deck_name_from_human(deck_name_to_human(deck.name)) == deck.name);
    return deck;
}

inline DeckConfig any_deck_config(DeckConfigId id) {
    auto config = schema11::any_deck_config();
    config.id = id;
    return config;
}

}  // namespace ankiwire::collection
