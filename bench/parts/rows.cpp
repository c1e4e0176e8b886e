// Rows on their way out of a collection and into one, and as JSON.
#include "collection/collection_store.hpp"
#include "files/temp_folder.hpp"
#include "load/contents.hpp"
#include "parts/collection.hpp"
#include "parts/measured.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::parts {
namespace {

using load::usn;

constexpr std::size_t chunk_bytes_max = std::size_t{64} << 20U;

// All rows, as replies to `chunk`.
void chunk_out(benchmark::State& state) {
    const files::TempFolder folder;
    const auto path = folder.path() / "collection.anki2";
    make_collection(path, state.range());
    auto store = collection::CollectionStore::open(path, now());
    CHECK(store && store->begin());
    for (auto _ : state) {
        measured([&] {
            collection::ChunkCursor cursor({0});
            for (bool done = false; !done;) {
                const auto chunk = store->next_chunk(cursor);
                CHECK(chunk);
                done = chunk->done;
                benchmark::DoNotOptimize(zstd::pack(wire::encode_chunk_response(*chunk)));
            }
        });
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(chunk_out)->Apply(sizes);

// A sync into an empty collection, by the requests of a client. The commit is another's.
void apply_chunk(benchmark::State& state) {
    const files::TempFolder folder;
    auto store = collection::CollectionStore::open(folder.path() / "collection.anki2", now());
    CHECK(store);
    const auto notetype_id = basic_notetype(*store);
    std::vector<std::string> requests;
    for (std::int64_t id = 1; id <= state.range(); id += load::rows_of_a_table) {
        const auto count = std::min<std::int64_t>(load::rows_of_a_table, state.range() - id + 1);
        requests.push_back(
            zstd::pack(wire::encode_apply_chunk_request(load::rows(id, count, notetype_id))));
    }
    for (auto _ : state) {
        CHECK(store->begin());
        measured([&] {
            for (const auto& request : requests) {
                const auto json = zstd::unpack(request, chunk_bytes_max);
                CHECK(json);
                const auto chunk = wire::decode_apply_chunk_request(*json);
                CHECK(chunk && store->apply_chunk(*chunk, {usn, usn, to_secs(now())}));
            }
        });
        store->rollback();
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(apply_chunk)->Apply(sizes);

void chunk_to_json(benchmark::State& state) {
    const auto chunk = load::rows(1, state.range(), {1});
    for (auto _ : state) {
        measured([&] { benchmark::DoNotOptimize(wire::encode_chunk_response(chunk)); });
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(chunk_to_json)->Apply(sizes);

void chunk_from_json(benchmark::State& state) {
    const auto json = wire::encode_apply_chunk_request(load::rows(1, state.range(), {1}));
    for (auto _ : state) {
        measured([&] { CHECK(wire::decode_apply_chunk_request(json)); });
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(chunk_from_json)->Apply(sizes);

// Each row there already, a second older and a second newer: the merge itself.
void merge(benchmark::State& state) {
    const files::TempFolder folder;
    const auto path = folder.path() / "collection.anki2";
    make_collection(path, state.range());
    auto store = collection::CollectionStore::open(path, now());
    CHECK(store);
    auto mine = load::rows(1, state.range(), basic_notetype(*store));
    for (auto& card : mine.cards) {
        card.mtime.value += card.id.value % 2 == 0 ? 1 : -1;
        card.usn = {-1};
    }
    for (auto& note : mine.notes) {
        note.mtime.value += note.id.value % 2 == 0 ? 1 : -1;
        note.usn = {-1};
    }
    for (auto _ : state) {
        CHECK(store->begin());
        measured([&] { CHECK(store->apply_chunk(mine, {{usn.value + 1}, usn, to_secs(now())})); });
        store->rollback();
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(merge)->Apply(sizes);

}  // namespace
}  // namespace ankiwire::parts
