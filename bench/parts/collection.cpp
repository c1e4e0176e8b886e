#include "parts/collection.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "load/contents.hpp"

namespace ankiwire::parts {

TimestampMs now() {
    static const auto started = system_now();
    return started;
}

NotetypeId basic_notetype(collection::CollectionStore& store) {
    CHECK(store.begin());
    const auto all = store.changes_since({0}, false);
    CHECK(all && !all->notetypes.empty());
    store.rollback();
    const auto least = std::ranges::min_element(
        all->notetypes, {}, [](const Notetype& notetype) { return notetype.id.value; });
    return least->id;
}

void make_collection(const std::filesystem::path& path, std::int64_t count) {
    auto store = collection::CollectionStore::open(path, now());
    CHECK(store);
    const auto notetype_id = basic_notetype(*store);
    CHECK(store->begin());
    constexpr std::int64_t rows_at_once = 10'000;
    for (std::int64_t first = 1; first <= count; first += rows_at_once) {
        CHECK(store->apply_chunk(
            load::rows(first, std::min(rows_at_once, count - first + 1), notetype_id),
            {.server_usn = load::usn, .client_usn = load::usn, .now = load::changed}));
    }
    auto state = store->state();
    CHECK(state);
    state->usn = {load::usn.value + 1};
    CHECK(store->set_state(*state));
    CHECK(store->commit(*state));
    CHECK(store->close());
}

}  // namespace ankiwire::parts
