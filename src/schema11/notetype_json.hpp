// A notetype as schema-11 JSON, the form in which every protocol version sends it.
// Source: rslib/src/notetype/schema11.rs at c32cb29.
#pragma once

#include "json/reader.hpp"
#include "json/writer.hpp"
#include "model/objects.hpp"

namespace ankiwire::schema11 {

// malformed if a required member is missing or of a wrong type; unknown members go to `other`.
Result<Notetype> decode_notetype(json::Value value);
void encode_notetype(const Notetype& notetype, json::Writer& out);

}  // namespace ankiwire::schema11
