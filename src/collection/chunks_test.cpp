#include <gmock/gmock.h>

#include <algorithm>

#include "base/limits.hpp"
#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

using testing::ElementsAre;

class ChunksTest : public StoreFixture {
protected:
    static std::size_t size(const Chunk& chunk) {
        return chunk.revlog.size() + chunk.cards.size() + chunk.notes.size();
    }
    void add_cards(std::int64_t first, std::int64_t last) {
        Chunk chunk;
        for (std::int64_t id = first; id <= last; ++id) {
            chunk.cards.push_back(card(id));
        }
        apply(chunk);
    }
    // The chunks that a client at usn 10 gets, up to the one that is done.
    std::vector<Chunk> all_chunks() {
        auto store = open_store();
        ChunkCursor cursor(Usn{10});
        std::vector<Chunk> chunks;
        do {
            auto chunk = store.next_chunk(cursor);
            EXPECT_TRUE(ok(chunk));
            chunks.push_back(chunk ? *chunk
                                   : Chunk{.done = true, .revlog = {}, .cards = {}, .notes = {}});
        } while (!chunks.back().done && chunks.size() < 100);
        return chunks;
    }
    std::vector<std::size_t> chunk_sizes() {
        std::vector<std::size_t> sizes;
        for (const auto& chunk : all_chunks()) {
            sizes.push_back(size(chunk));
        }
        return sizes;
    }
    void store_card(std::int64_t usn, std::int64_t mtime) {
        add_cards(1, 1);
        execute("update cards set reps = 1, usn = " + std::to_string(usn) +
                ", mod = " + std::to_string(mtime));
    }
    // Sends card 1 with reps 2 at `mtime` and tells whether it was taken.
    bool takes_card(std::int64_t mtime) {
        Chunk chunk;
        chunk.cards = {card(1, mtime)};
        chunk.cards[0].reps = 2;
        apply(chunk);
        return number("select reps from cards") == 2;
    }
};

TEST_F(ChunksTest, ends_with_a_chunk_that_is_not_full) {  // R-CHUNK-01, R-CHUNK-02
    EXPECT_THAT(chunk_sizes(), ElementsAre(0));
    add_cards(1, 249);
    EXPECT_THAT(chunk_sizes(), ElementsAre(249));
    add_cards(250, 250);
    EXPECT_THAT(chunk_sizes(), ElementsAre(250, 0));
    add_cards(251, 251);
    EXPECT_THAT(chunk_sizes(), ElementsAre(250, 1));
}

TEST_F(ChunksTest, sends_revlog_then_cards_then_notes) {
    add_notetype();
    Chunk stored;
    for (std::int64_t id = 1; id <= 100; ++id) {
        stored.revlog.push_back(review(id));
        stored.cards.push_back(card(id));
        stored.notes.push_back(note(id));
    }
    apply(stored);
    const auto chunks = all_chunks();
    ASSERT_EQ(chunks.size(), 2U);
    EXPECT_EQ(chunks[0].revlog.size(), 100U);
    EXPECT_EQ(chunks[0].cards.size(), 100U);
    EXPECT_EQ(chunks[0].notes.size(), 50U);
    EXPECT_EQ(chunks[1].notes.size(), 50U);
    EXPECT_EQ(chunks[1].notes.back().id, NoteId{100});
}

// True: most rows are pending, and are sent in the order of their ids; false: by usn.
class ChunkOrderTest : public ChunksTest, public testing::WithParamInterface<bool> {
protected:
    void SetUp() override {
        if (!most_are_pending()) {
            add_cards(100'001, 102'000);
            execute("update cards set usn = 5");
        }
    }
    static bool most_are_pending() { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Pending, ChunkOrderTest, testing::Bool(),
                         [](const auto& each) { return each.param ? "most" : "few"; });

TEST_P(ChunkOrderTest, sends_each_row_from_the_clients_usn_on_once) {  // R-CHUNK-05
    add_cards(1, 1000);
    execute("update cards set usn = 19 - (id - 1) / 70 where id <= 1000");  // the client is at 10
    std::vector<std::int64_t> ids;
    for (const auto& chunk : all_chunks()) {
        for (const auto& card : chunk.cards) {
            EXPECT_EQ(card.usn.value, 19 - (card.id.value - 1) / 70);
            ids.push_back(card.id.value);
        }
    }
    EXPECT_EQ(ids.size(), 700U);
    EXPECT_EQ(std::is_sorted(ids.begin(), ids.end()), most_are_pending());
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST_P(ChunkOrderTest, sends_the_smallest_and_the_largest_id) {
    add_cards(1, 300);
    execute(
        "update cards set id = -9223372036854775808 where id = 1; "
        "update cards set id = 9223372036854775807 where id = 250; "
        "update cards set usn = 21 where id between 251 and 300");
    std::size_t count = 0;
    for (const auto& chunk : all_chunks()) {
        count += chunk.cards.size();
    }
    EXPECT_EQ(count, 300U);
}

TEST_P(ChunkOrderTest, ends_with_the_largest_id_and_usn) {
    add_cards(1, 250);
    execute(
        "update cards set id = 9223372036854775807 where id = 250; "
        "update cards set usn = 2147483647 where id < 250 or id = 9223372036854775807");
    EXPECT_THAT(chunk_sizes(), ElementsAre(250, 0));
}

TEST_P(ChunkOrderTest, goes_on_when_pending_rows_are_deleted_under_it) {  // R-CHUNK-04
    add_cards(1, 600);
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ChunkCursor cursor(Usn{10});
    ASSERT_EQ(store.next_chunk(cursor)->cards.size(), 250U);
    Graves graves;
    for (std::int64_t id = 200; id <= 400; ++id) {
        graves.cards.push_back({id});
    }
    ASSERT_TRUE(ok(store.apply_graves(graves, {20})));
    const auto next = store.next_chunk(cursor);
    ASSERT_TRUE(ok(next));
    EXPECT_EQ(next->cards.size(), 200U);
    EXPECT_EQ(next->cards.front().id, CardId{401});
    EXPECT_TRUE(next->done);
}

TEST_P(ChunkOrderTest, ends_with_rows_of_a_broken_usn) {
    add_cards(1, 600);
    ASSERT_TRUE(ok(open_store().close()));
    execute(
        "update cards set usn = 20.5 where id between 1 and 200; "
        "update cards set usn = 'x' where id between 201 and 400; "
        "update cards set usn = 2147483648 where id between 401 and 599; "
        "update col set usn = 2147483648");  // or rows would be mended as the store opens
    EXPECT_EQ(chunk_sizes(), std::vector<std::size_t>{1});
}

TEST_F(ChunksTest, ends_early_if_the_text_is_long) {  // R-CHUNK-14, R-CHUNK-02
    add_notetype();
    Chunk chunk;
    for (const int id : {1, 2, 3, 4, 5}) {
        chunk.notes.push_back(note(id));
        chunk.notes.back().fields =
            "front\x1f" + std::string(limits::chunk_text_bytes_max / 2, 'x');
    }
    chunk.cards = {card(1)};
    apply(chunk);
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ChunkCursor cursor({10});
    std::vector<std::int64_t> ids;
    for (const std::size_t expected : {std::size_t{2}, std::size_t{2}, std::size_t{1}}) {
        const auto sent = store.next_chunk(cursor);
        ASSERT_TRUE(ok(sent));
        ASSERT_EQ(sent->notes.size(), expected);
        EXPECT_EQ(sent->done, expected == 1);
        for (const auto& each : sent->notes) {
            ids.push_back(each.id.value);
        }
    }
    EXPECT_THAT(ids, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(ChunksTest, does_not_echo_what_comes_in_after_the_end) {  // R-CHUNK-03
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ChunkCursor cursor(Usn{10});
    EXPECT_TRUE(store.next_chunk(cursor)->done);
    Chunk incoming;
    incoming.cards = {card(1)};
    ASSERT_TRUE(ok(store.apply_chunk(incoming, context)));
    EXPECT_EQ(size(*store.next_chunk(cursor)), 0U);
}

TEST_F(ChunksTest, returns_rows_as_they_came) {  // R-CHUNK-13
    add_notetype();
    Chunk chunk;
    chunk.done = true;
    chunk.revlog = {{{1}, {2}, {20}, 3, -4, 5, 4'000'000'000, 4'000'000'001, 5}};
    chunk.cards = {{{1},
                    {2},
                    {3},
                    65535,
                    {5},
                    {20},
                    3,
                    -3,
                    -1,
                    -8,
                    65000,
                    4'000'000'000,
                    10,
                    11,
                    12,
                    {13},
                    255,
                    R"({ "unknown" : [1] , "s":1.0 })"}};
    chunk.notes = {{{1}, "g'\"", notetype_id, {5}, {20}, " one two ", "a\x1f<b>ü</b>"}};
    apply(chunk);
    EXPECT_EQ(all_chunks(), std::vector<Chunk>{chunk});
}

TEST_F(ChunksTest, sends_what_a_row_cannot_mean_as_the_nearest_that_it_can) {
    add_notetype();
    Chunk chunk;
    chunk.revlog = {review(1)};
    chunk.cards = {card(1)};
    chunk.notes = {note(1)};
    apply(chunk);
    execute(
        "update revlog set ease = 999, ivl = 1.9, lastIvl = 'x', factor = -1, time = -5, "
        "type = 9; update cards set ord = -1, type = 7, queue = -9, due = 99999999999, "
        "ivl = 1.9, factor = 70000, reps = -1, lapses = 'x', left = -3, odue = 2.5, "
        "flags = 300, data = x'ff'; update notes set guid = 7, tags = x'ff'");
    const auto sent = all_chunks();
    ASSERT_EQ(size(sent.at(0)), 3U);
    const RevlogEntry entry{{1}, {}, {20}, 255, 1, 0, 0, 0, 0};
    EXPECT_EQ(sent[0].revlog[0], entry);
    const Card clamped{{1}, {},    {}, 0, {100}, {20}, 3,  -3,  0,
                       1,   65535, 0,  0, 0,     0,    {}, 255, "\xff"};
    EXPECT_EQ(sent[0].cards[0], clamped);
    EXPECT_EQ(sent[0].notes[0].guid, "7");
}

TEST_F(ChunksTest, takes_a_newer_card) {  // R-CHUNK-08
    store_card(15, 100);
    EXPECT_TRUE(takes_card(101));
    EXPECT_EQ(number("select usn from cards"), 20);
}

TEST_F(ChunksTest, takes_the_clients_card_in_a_tie) {  // R-CHUNK-09
    store_card(15, 100);
    EXPECT_TRUE(takes_card(100));
}

TEST_F(ChunksTest, keeps_a_newer_card_that_the_client_has_not_seen) {  // R-CHUNK-08
    store_card(10, 101);
    EXPECT_FALSE(takes_card(100));
    EXPECT_EQ(number("select usn from cards"), 10);
}

TEST_F(ChunksTest, replaces_a_newer_card_that_the_client_has_seen) {  // R-CHUNK-08
    store_card(9, 101);
    EXPECT_TRUE(takes_card(100));
}

TEST_F(ChunksTest, stores_rows_at_its_own_usn_whatever_the_client_stamped) {  // R-CHUNK-06
    add_notetype();
    Chunk chunk;
    chunk.revlog = {review(1)};
    chunk.cards = {card(1)};
    chunk.notes = {note(1)};
    chunk.revlog[0].usn = chunk.cards[0].usn = chunk.notes[0].usn = usn_pending;
    apply(chunk);
    EXPECT_EQ(number("select usn from revlog"), 20);
    EXPECT_EQ(number("select usn from cards"), 20);
    EXPECT_EQ(number("select usn from notes"), 20);
}

TEST_F(ChunksTest, never_changes_a_review) {  // R-CHUNK-07
    Chunk chunk;
    chunk.revlog = {review(1)};
    apply(chunk);
    chunk.revlog[0].ease = 1;
    apply(chunk);
    EXPECT_EQ(number("select ease from revlog"), 3);
}

TEST_F(ChunksTest, resolves_notes_as_it_does_cards) {  // R-CHUNK-08, R-CHUNK-09
    add_notetype();
    const auto takes = [this](std::int64_t usn, std::int64_t stored, std::int64_t incoming) {
        Chunk chunk;
        chunk.notes = {note(1, 1'000'000)};
        apply(chunk);
        execute("update notes set guid = 'old', usn = " + std::to_string(usn) +
                ", mod = " + std::to_string(stored));
        chunk.notes = {note(1, incoming)};
        apply(chunk);
        return text("select guid from notes") == "guid";
    };
    EXPECT_TRUE(takes(15, 100, 101));
    EXPECT_TRUE(takes(15, 100, 100));
    EXPECT_FALSE(takes(10, 101, 100));
    EXPECT_TRUE(takes(9, 101, 100));
}

// R-CHUNK-12, R-STORE-09 to R-STORE-11
TEST_F(ChunksTest, computes_the_sort_field_and_checksum_of_a_note) {
    UnchunkedChanges changes;
    changes.notetypes = {notetype()};
    changes.notetypes[0].config.set_sort_field_idx(1);
    apply(changes);
    Chunk chunk;
    chunk.notes = {note(1)};
    chunk.notes[0].fields =
        "<i>a\r</i>\x1f"
        "12";
    chunk.notes[0].tags = "one\u3000two  one";
    apply(chunk);
    EXPECT_EQ(text("select flds from notes"),
              "<i>a</i>\x1f"
              "12");
    EXPECT_EQ(number("select sfld = 12 and typeof(sfld) = 'integer' from notes"), 1);
    EXPECT_EQ(number("select csum from notes"), 0x86f7e437);  // of "a"
    EXPECT_EQ(text("select tags from notes"), " one two one ");
}

TEST_F(ChunksTest, clears_flags_and_data_of_a_note_that_it_replaces) {
    add_notetype();
    Chunk chunk;
    chunk.notes = {note(1)};
    apply(chunk);
    execute("update notes set flags = 7, data = 'x'");
    apply(chunk);
    EXPECT_EQ(number("select flags = 0 and data = '' from notes"), 1);
}

TEST_F(ChunksTest, refuses_rows_that_contradict_the_collection) {  // R-CHUNK-10
    add_notetype();
    Chunk chunk;
    chunk.notes = {note(1)};
    chunk.notes[0].notetype_id = {12345};
    EXPECT_TRUE(fails(refused(chunk), ErrorKind::inconsistent_data));
    chunk.notes[0] = note(1);
    chunk.notes[0].fields = "only one";
    EXPECT_TRUE(fails(refused(chunk), ErrorKind::inconsistent_data));
    chunk.notes[0] = note(0);
    EXPECT_TRUE(fails(refused(chunk), ErrorKind::inconsistent_data));
    chunk.notes.clear();
    chunk.cards = {card(0)};
    EXPECT_TRUE(fails(refused(chunk), ErrorKind::inconsistent_data));
}

TEST_F(ChunksTest, takes_one_field_for_a_notetype_without_fields) {  // R-CHUNK-15
    add_notetype();
    execute("delete from fields where ntid = 77");
    Chunk chunk;
    chunk.notes = {note(1)};
    chunk.notes[0].fields = "text";
    apply(chunk);
    EXPECT_EQ(number("select count(*) from notes"), 1);
}

TEST_F(ChunksTest, forgets_a_notetype_that_was_rolled_back) {
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    UnchunkedChanges changes;
    changes.notetypes = {notetype()};
    ASSERT_TRUE(ok(store.apply_changes(changes, context)));
    Chunk chunk;
    chunk.notes = {note(1)};
    ASSERT_TRUE(ok(store.apply_chunk(chunk, context)));
    store.rollback();
    ASSERT_TRUE(ok(store.begin()));
    EXPECT_TRUE(fails(store.apply_chunk(chunk, context), ErrorKind::inconsistent_data));
}

TEST_F(ChunksTest, sees_the_new_sort_field_of_a_changed_notetype) {
    add_notetype();
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    Chunk chunk;
    chunk.notes = {note(1)};
    ASSERT_TRUE(ok(store.apply_chunk(chunk, context)));
    UnchunkedChanges changes;
    changes.notetypes = {notetype(200)};
    changes.notetypes[0].config.set_sort_field_idx(1);
    ASSERT_TRUE(ok(store.apply_changes(changes, context)));
    ASSERT_TRUE(ok(store.apply_chunk(chunk, context)));
    ASSERT_TRUE(ok(store.commit()));
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(text("select sfld from notes"), "back");
}

TEST_F(ChunksTest, takes_the_graves_of_rows_that_come_back) {  // R-GRAVES-04
    add_notetype();
    change([](auto& store) {
        Graves graves;
        graves.cards = {{1}, {2}};
        graves.notes = {{1}, {2}};
        EXPECT_TRUE(ok(store.apply_graves(graves, {20})));
    });
    Chunk chunk;
    chunk.cards = {card(1)};
    chunk.notes = {note(2)};
    apply(chunk);
    EXPECT_EQ(number("select count(*) from graves"), 2);
    EXPECT_EQ(number("select count(*) from graves where oid = 1 and type = 1"), 1);
    EXPECT_EQ(number("select count(*) from graves where oid = 2 and type = 0"), 1);
}

}  // namespace
}  // namespace ankiwire::collection
