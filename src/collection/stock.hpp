// What a new collection holds, as the official program makes it. An empty client may download it,
// so a missing notetype breaks that client (R-STORE-08).
// Source: rslib/src/notetype/stock.rs, deckconfig/mod.rs, config/schema11.rs at c32cb29.
#pragma once

#include <vector>

#include "model/objects.hpp"

namespace ankiwire::collection {

// Six notetypes with the ids first_id, first_id + 1, …; unmodified, at usn 0.
std::vector<Notetype> stock_notetypes(NotetypeId first_id);
Deck default_deck();
DeckConfig default_deck_config();
std::vector<ConfigEntry> default_config();

}  // namespace ankiwire::collection
