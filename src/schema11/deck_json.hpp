// A deck as schema-11 JSON. Source: rslib/src/decks/schema11.rs at c32cb29.
#pragma once

#include "json/reader.hpp"
#include "json/writer.hpp"
#include "model/objects.hpp"

namespace ankiwire::schema11 {

// The name is converted from `a::b` to the stored form (parts joined by 0x1f) and normalised.
Result<Deck> decode_deck(json::Value value);
// Unlike the official encoder this one rounds `desiredRetention` instead of cutting it off. A deck
// of neither kind is written as a normal one.
void encode_deck(const Deck& deck, json::Writer& out);

}  // namespace ankiwire::schema11
