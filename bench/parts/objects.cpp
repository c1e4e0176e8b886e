// Decks, notetypes and tags: what applyChanges brings, and their columns.
#include <fmt/format.h>

#include "collection/collection_store.hpp"
#include "files/temp_folder.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "load/contents.hpp"
#include "parts/collection.hpp"
#include "parts/measured.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::parts {
namespace {

using load::usn;

// So many decks, a twenty-fifth of it notetypes, four times as many tags.
void apply_changes(benchmark::State& state) {
    UnchunkedChanges changes;
    for (std::int64_t i = 0; i < state.range() / 25; ++i) {
        changes.notetypes.push_back(load::notetype(i));
    }
    for (std::int64_t i = 0; i < state.range(); ++i) {
        changes.decks.push_back(load::deck(i));
    }
    for (std::int64_t i = 0; i < 4 * state.range(); ++i) {
        changes.tags.push_back(fmt::format("subject::topic{}::part{}", i / 100, i));
    }
    const auto request = wire::encode_apply_changes_request(changes);
    const files::TempFolder folder;
    auto store = collection::CollectionStore::open(folder.path() / "collection.anki2", now());
    CHECK(store);
    for (auto _ : state) {
        CHECK(store->begin());
        measured([&] {
            const auto received = wire::decode_apply_changes_request(request);
            CHECK(received && store->apply_changes(*received, {usn, usn, to_secs(now())}));
        });
        store->rollback();
    }
    set_cost(state, state.range(), "deck");
}
BENCHMARK(apply_changes)->Arg(1000)->Arg(5000)->Arg(50'000)->Unit(benchmark::kMillisecond);

template <auto encode, auto decode>
void convert(benchmark::State& state, const auto& object) {
    for (auto _ : state) {
        measured([&] {
            std::string text;
            json::Writer out(text);
            encode(object, out);
            const auto document = json::Document::parse(text);
            CHECK(document && decode(document->root()));
        });
    }
}
void deck_there_and_back(benchmark::State& state) {
    convert<schema11::encode_deck, schema11::decode_deck>(state, load::deck(1));
}
BENCHMARK(deck_there_and_back);
void notetype_there_and_back(benchmark::State& state) {
    convert<schema11::encode_notetype, schema11::decode_notetype>(state, load::notetype(1));
}
BENCHMARK(notetype_there_and_back);

}  // namespace
}  // namespace ankiwire::parts
