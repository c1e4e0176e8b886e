// A deck config as schema-11 JSON. Source: rslib/src/deckconfig/schema11.rs at c32cb29.
#pragma once

#include "json/reader.hpp"
#include "json/writer.hpp"
#include "model/objects.hpp"

namespace ankiwire::schema11 {

Result<DeckConfig> decode_deck_config(json::Value value);
// Values out of range are written as the defaults; the stored ones stay (R-STORE-16). Unlike the
// official encoder this one rounds `initialFactor` instead of cutting it off, and writes no null
// for a number that is none (an official client could not read it).
void encode_deck_config(const DeckConfig& config, json::Writer& out);

}  // namespace ankiwire::schema11
