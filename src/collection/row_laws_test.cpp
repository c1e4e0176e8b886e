// The laws of merging rows and graves, for any rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "collection/law_fixture.hpp"
#include "model/names.hpp"
#include "model/note_text.hpp"

namespace ankiwire::collection {
namespace {

// Few of each, so that they meet: those of cards, notes and decks are often equal.
constexpr std::array<std::int64_t, 7> ids{1, 2, 3, -1, 1'700'000'000'000, INT64_MIN, INT64_MAX};
constexpr std::array<std::int64_t, 7> times{99, 100, 101, 0, -1, INT64_MIN, INT64_MAX};

template <class Row>
void set_id_and_time(Row& row) {
    row.id.value = *rc::gen::elementOf(ids);
    row.mtime.value = *rc::gen::elementOf(times);
}

Card some_card() {
    auto card = schema11::any_card();
    set_id_and_time(card);
    card.deck_id.value = *rc::gen::elementOf(ids);
    card.note_id.value = *rc::gen::elementOf(ids);
    card.data = *schema11::any_bytes();
    return card;
}

Note some_note() {
    auto note = schema11::any_note();
    set_id_and_time(note);
    note.notetype_id = two_fields;
    note.guid = *schema11::any_bytes();
    note.fields = *schema11::any_bytes();
    std::erase(note.fields, '\x1f');
    note.fields.insert(*rc::gen::inRange<std::size_t>(0, note.fields.size() + 1), 1, '\x1f');
    return note;
}

template <class Row>
std::vector<Row> some(Row (*row)()) {
    return *rc::gen::resize(8, rc::gen::container<std::vector<Row>>(rc::gen::exec(row)));
}

std::vector<RevlogEntry> some_reviews() {
    auto reviews = some(schema11::any_review);
    for (auto& review : reviews) {
        review.id.value = *rc::gen::elementOf(ids);
    }
    return reviews;
}

Chunk some_rows() {
    return {
        .done = true, .revlog = some_reviews(), .cards = some(some_card), .notes = some(some_note)};
}

Graves some_graves() {
    Graves graves;
    for (int count = *rc::gen::inRange(0, 6); count > 0; --count) {
        const auto id = *rc::gen::elementOf(ids);
        switch (*rc::gen::inRange(0, 3)) {
            case 0:
                graves.cards.push_back({id});
                break;
            case 1:
                graves.notes.push_back({id});
                break;
            default:
                graves.decks.push_back({id});
        }
    }
    return graves;
}

// Rows and graves of other devices, of which the client has seen some.
void begin_with_something(CollectionStore& store) {
    for (const auto usn : {seen, unseen}) {
        must(store.apply_graves(some_graves(), usn));
        must(store.apply_chunk(some_rows(), {usn, {0}, context.now}));
    }
}

template <class Row>
std::vector<Row> of_distinct_dates(const std::vector<Row>& rows) {
    std::set<std::pair<std::int64_t, std::int64_t>> known;
    std::vector<Row> result;
    for (const auto& row : rows) {
        if (known.emplace(row.id.value, row.mtime.value).second) {
            result.push_back(row);
        }
    }
    return result;
}

std::vector<RevlogEntry> of_distinct_ids(const std::vector<RevlogEntry>& reviews) {
    std::set<RevlogId> known;
    std::vector<RevlogEntry> result;
    for (const auto& review : reviews) {
        if (known.insert(review.id).second) {
            result.push_back(review);
        }
    }
    return result;
}

template <class Row>
std::vector<Row> shuffled(std::vector<Row> rows) {
    std::mt19937 engine(*rc::gen::arbitrary<std::uint32_t>());
    std::shuffle(rows.begin(), rows.end(), engine);
    return rows;
}

// Each row in a chunk of its own.
void apply_one_by_one(CollectionStore& store, const Chunk& chunk) {
    for (const auto& review : chunk.revlog) {
        must(store.apply_chunk({false, {review}, {}, {}}, context));
    }
    for (const auto& card : chunk.cards) {
        must(store.apply_chunk({false, {}, {card}, {}}, context));
    }
    for (const auto& note : chunk.notes) {
        must(store.apply_chunk({false, {}, {}, {note}}, context));
    }
}

// As the server stores what a client sends.
Card as_stored(Card card) {
    card.usn = context.server_usn;
    return card;
}
Note as_stored(Note note) {
    note.usn = context.server_usn;
    note.fields = sanitize_fields(note.fields);
    note.tags = join_tags(split_tags(note.tags));
    return note;
}

// What is left of one row that is sent, said in the words of the specification.
template <class Row>
Row winner(const std::optional<Row>& stored, const Row& sent) {
    const bool is_new_to_client = stored && stored->usn >= context.client_usn;
    const bool is_newer = stored && stored->mtime > sent.mtime;
    return is_new_to_client && is_newer ? *stored : as_stored(sent);
}

template <class Map>
std::optional<typename Map::mapped_type> find(const Map& map, const typename Map::key_type& id) {
    const auto found = map.find(id);
    return found == map.end() ? std::nullopt : std::optional(found->second);
}

RC_GTEST_PROP(RowLaw, a_chunk_applied_twice_is_applied_once, ()) {
    Trial trial;
    begin_with_something(trial.store);
    const auto chunk = some_rows();
    must(trial.store.apply_chunk(chunk, context));
    const auto once = trial.tables();
    must(trial.store.apply_chunk(chunk, context));
    RC_ASSERT(trial.tables() == once);
}

RC_GTEST_PROP(RowLaw, a_lost_reply_costs_nothing, ()) {  // the next sync sends the same again
    Trial trial;
    begin_with_something(trial.store);
    const auto chunk = some_rows();
    const auto graves = some_graves();
    must(trial.store.apply_graves(graves, context.server_usn));
    must(trial.store.apply_chunk(chunk, context));
    auto once = trial.tables();
    const SyncContext again{later.server_usn, context.client_usn, later.now};
    must(trial.store.apply_graves(graves, again.server_usn));
    must(trial.store.apply_chunk(chunk, again));
    auto twice = trial.tables();
    for (auto* tables : {&once, &twice}) {
        for (auto& [id, note] : tables->notes) {
            note.usn = {};
        }
        for (auto& [id, card] : tables->cards) {
            card.usn = {};
        }
        for (auto& [id, usn] : tables->graves) {
            usn = {};
        }
    }
    RC_ASSERT(twice == once);
}

RC_GTEST_PROP(RowLaw, the_order_of_rows_of_distinct_dates_is_irrelevant, ()) {
    const auto begin = *rc::gen::arbitrary<bool>() ? some_rows() : Chunk{};
    auto chunk = some_rows();
    chunk.revlog = of_distinct_ids(chunk.revlog);
    chunk.cards = of_distinct_dates(chunk.cards);
    chunk.notes = of_distinct_dates(chunk.notes);
    const auto result = [&](const Chunk& sent) {
        Trial trial;
        must(trial.store.apply_chunk(begin, {unseen, {0}, context.now}));
        must(trial.store.apply_chunk(sent, context));
        return trial.tables();
    };
    const Chunk other{chunk.done, shuffled(chunk.revlog), shuffled(chunk.cards),
                      shuffled(chunk.notes)};
    RC_ASSERT(result(chunk) == result(other));
}

RC_GTEST_PROP(RowLaw, one_chunk_or_many_is_the_same, ()) {
    const auto begin = some_rows();
    const auto chunk = some_rows();
    const auto result = [&](auto&& apply) {
        Trial trial;
        must(trial.store.apply_chunk(begin, {unseen, {0}, context.now}));
        apply(trial.store);
        return trial.tables();
    };
    RC_ASSERT(result([&](auto& store) { must(store.apply_chunk(chunk, context)); }) ==
              result([&](auto& store) { apply_one_by_one(store, chunk); }));
}

// R-CHUNK-06, R-CHUNK-08, R-CHUNK-09
RC_GTEST_PROP(RowLaw, a_row_wins_unless_the_stored_one_is_unseen_and_newer, ()) {
    Trial trial;
    begin_with_something(trial.store);
    const auto before = trial.tables();
    const auto card = some_card();
    const auto note = some_note();
    must(trial.store.apply_chunk({true, {}, {card}, {note}}, context));
    auto expected = before;
    expected.cards[card.id] = winner(find(before.cards, card.id), card);
    expected.notes[note.id] = winner(find(before.notes, note.id), note);
    expected.graves.erase({Kind::card, card.id.value});
    expected.graves.erase({Kind::note, note.id.value});
    RC_ASSERT(trial.tables() == expected);
}

RC_GTEST_PROP(RowLaw, of_two_devices_that_know_nothing_of_each_other_the_newer_row_wins, ()) {
    auto a = some_card();
    auto b = some_card();
    b.id = a.id;
    RC_PRE(a.mtime != b.mtime);
    const auto result = [&](const Card& first, const Card& second) {
        Trial trial;
        must(trial.store.apply_chunk({true, {}, {first}, {}}, {unseen, unseen, context.now}));
        must(trial.store.apply_chunk({true, {}, {second}, {}}, context));
        auto card = trial.tables().cards.at(a.id);
        card.usn = {};
        return card;
    };
    RC_ASSERT(result(a, b) == result(b, a));
    RC_ASSERT(result(a, b).mtime == std::max(a.mtime, b.mtime));
}

RC_GTEST_PROP(RowLaw, a_review_is_never_changed, ()) {  // R-CHUNK-07
    Trial trial;
    begin_with_something(trial.store);
    const auto before = trial.tables().revlog;
    auto expected = before;
    const auto sent = some_reviews();
    for (auto review : sent) {
        review.usn = context.server_usn;
        expected.try_emplace(review.id, review);
    }
    must(trial.store.apply_chunk({true, sent, {}, {}}, context));
    must(trial.store.apply_graves(some_graves(), context.server_usn));
    RC_ASSERT(trial.tables().revlog == expected);
}

// R-GRAVES-01, R-GRAVES-02, R-GRAVES-05
RC_GTEST_PROP(RowLaw, a_grave_removes_its_own_object_alone_whatever_that_is, ()) {
    Trial trial;
    begin_with_something(trial.store);
    auto expected = trial.tables();
    const auto graves = some_graves();
    must(trial.store.apply_graves(graves, context.server_usn));
    for (const auto id : graves.cards) {
        expected.cards.erase(id);
        expected.graves[{Kind::card, id.value}] = context.server_usn;
    }
    for (const auto id : graves.notes) {
        expected.notes.erase(id);
        expected.graves[{Kind::note, id.value}] = context.server_usn;
    }
    for (const auto id : graves.decks) {
        expected.decks.erase(id);
        expected.graves[{Kind::deck, id.value}] = context.server_usn;
    }
    RC_ASSERT(trial.tables() == expected);
}

RC_GTEST_PROP(RowLaw, a_repeated_grave_is_a_new_one_and_no_more, ()) {  // R-GRAVES-03
    Trial trial;
    begin_with_something(trial.store);
    const auto graves = some_graves();
    must(trial.store.apply_graves(graves, context.server_usn));
    auto once = trial.tables();
    must(trial.store.apply_graves(graves, context.server_usn));
    RC_ASSERT(trial.tables() == once);
    must(trial.store.apply_graves(graves, later.server_usn));
    for (auto& [id, usn] : once.graves) {
        usn = usn == context.server_usn ? later.server_usn : usn;
    }
    RC_ASSERT(trial.tables() == once);
}

RC_GTEST_PROP(RowLaw, a_row_that_comes_back_has_no_grave, ()) {  // R-GRAVES-04
    Trial trial;
    begin_with_something(trial.store);
    const auto chunk = some_rows();
    must(trial.store.apply_graves(some_graves(), context.server_usn));
    must(trial.store.apply_chunk(chunk, context));
    const auto after = trial.tables();
    for (const auto& card : chunk.cards) {
        RC_ASSERT(!after.graves.contains({Kind::card, card.id.value}));
    }
    for (const auto& note : chunk.notes) {
        RC_ASSERT(!after.graves.contains({Kind::note, note.id.value}));
    }
    for (const auto& [grave, usn] : after.graves) {  // nor is anything there that is deleted
        RC_ASSERT(grave.first != Kind::card || !after.cards.contains({grave.second}));
        RC_ASSERT(grave.first != Kind::note || !after.notes.contains({grave.second}));
    }
}

// R-CHUNK-06, R-START-02
RC_GTEST_PROP(RowLaw, what_a_sync_stores_is_new_to_each_other_device_and_nothing_else_is, ()) {
    Trial trial;
    begin_with_something(trial.store);
    const auto before = trial.tables();
    must(trial.store.apply_graves(some_graves(), context.server_usn));
    must(trial.store.apply_chunk(some_rows(), context));
    const auto after = trial.tables();
    const auto is_as_before = [](const auto& map, const auto& earlier, const auto& entry) {
        const auto found = earlier.find(entry.first);
        RC_ASSERT(found != earlier.end());
        RC_ASSERT(found->second == map.at(entry.first));
    };
    const auto check = [&](const auto& map, const auto& earlier) {
        for (const auto& entry : map) {
            RC_ASSERT(entry.second.usn <= context.server_usn);
            if (entry.second.usn != context.server_usn) {
                is_as_before(map, earlier, entry);
            }
        }
    };
    check(after.cards, before.cards);
    check(after.notes, before.notes);
    check(after.revlog, before.revlog);
    // The next sync of this client is told nothing, and its chunks are empty.
    RC_ASSERT(must(trial.store.graves_since(later.client_usn)) == Graves{});
    ChunkCursor cursor(later.client_usn);
    RC_ASSERT(must(trial.store.next_chunk(cursor)) == (Chunk{true, {}, {}, {}}));
}

RC_GTEST_PROP(RowLaw, what_was_stored_can_be_stored_again, ()) {
    Trial trial;
    must(trial.store.apply_chunk(some_rows(), context));
    const auto before = trial.tables();
    ChunkCursor cursor({0});
    const auto rows = must(trial.store.next_chunk(cursor));
    must(trial.store.apply_chunk(rows, context));
    RC_ASSERT(trial.tables() == before);
}

RC_GTEST_PROP(RowLaw, counts_are_those_of_what_is_there, ()) {  // R-SANITY-01
    Trial trial;
    if (*rc::gen::arbitrary<bool>()) {  // from then on they are kept
        must(trial.store.counts());
    }
    begin_with_something(trial.store);
    const auto tables = trial.tables();
    const auto counts = must(trial.store.counts());
    RC_ASSERT(counts.cards == tables.cards.size());
    RC_ASSERT(counts.notes == tables.notes.size());
    RC_ASSERT(counts.revlog == tables.revlog.size());
    RC_ASSERT(counts.notetypes == tables.notetypes.size());
    RC_ASSERT(counts.decks == tables.decks.size());
    RC_ASSERT(counts.deck_configs == tables.deck_configs.size());
}

}  // namespace
}  // namespace ankiwire::collection
