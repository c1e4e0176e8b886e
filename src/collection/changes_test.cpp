#include <gmock/gmock.h>

#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class ChangesTest : public StoreFixture {
protected:
    // What a client at `usn` gets.
    Result<UnchunkedChanges> changes_since(std::int32_t usn, bool with_config = false) {
        auto store = open_store();
        return store.changes_since({usn}, with_config);
    }
    void bury(const Graves& graves, Usn usn) {
        change([&](auto& store) { EXPECT_TRUE(ok(store.apply_graves(graves, usn))); });
    }
};

TEST_F(ChangesTest, sends_whole_objects_from_the_clients_usn_on) {  // R-CHANGES-01, R-CHANGES-02
    UnchunkedChanges stored;
    stored.notetypes = {notetype()};
    stored.notetypes[0].config.set_css("css");
    stored.notetypes[0].fields[1].config.set_font_size(12);
    stored.notetypes[0].templates[0].config.set_q_format("{{Front}}");
    stored.decks = {deck(5,
                         "A\x1f"
                         "B")};
    stored.deck_configs.resize(1);
    stored.deck_configs[0].id = {6};
    stored.deck_configs[0].name = "options";
    stored.deck_configs[0].config.set_new_per_day(7);
    stored.tags = {"tag"};
    apply(stored);

    const auto changes = changes_since(20);
    ASSERT_TRUE(ok(changes));
    ASSERT_EQ(changes->notetypes.size(), 1U);
    const auto& sent = changes->notetypes[0];
    EXPECT_EQ(sent.id, notetype_id);
    EXPECT_EQ(sent.name, "Two fields");
    EXPECT_EQ(sent.usn, Usn{20});
    EXPECT_EQ(sent.config.css(), "css");
    ASSERT_EQ(sent.fields.size(), 2U);
    EXPECT_EQ(sent.fields[0].name, "Front");
    EXPECT_EQ(sent.fields[1].config.font_size(), 12U);
    ASSERT_EQ(sent.templates.size(), 1U);
    EXPECT_EQ(sent.templates[0].config.q_format(), "{{Front}}");
    ASSERT_EQ(changes->decks.size(), 1U);
    EXPECT_EQ(changes->decks[0].name,
              "A\x1f"
              "B");
    EXPECT_EQ(changes->decks[0].kind.normal().config_id(), 1);
    ASSERT_EQ(changes->deck_configs.size(), 1U);
    EXPECT_EQ(changes->deck_configs[0].config.new_per_day(), 7U);
    EXPECT_THAT(changes->tags, ElementsAre("tag"));
    EXPECT_FALSE(changes->config);
    EXPECT_FALSE(changes->created);

    const auto none = changes_since(21);
    EXPECT_THAT(none->notetypes, IsEmpty());
    EXPECT_THAT(none->decks, IsEmpty());
    EXPECT_THAT(none->deck_configs, IsEmpty());
    EXPECT_THAT(none->tags, IsEmpty());
}

TEST_F(ChangesTest, sends_everything_to_a_client_with_a_pending_usn) {
    EXPECT_EQ(changes_since(-1)->decks.size(), 1U);
}

TEST_F(ChangesTest, sends_all_config_when_the_server_is_newer) {  // R-CHANGES-02, R-CHANGES-16
    const std::string deepest = std::string(124, '[') + '1' + std::string(124, ']');
    UnchunkedChanges stored;
    stored.config = {{"a", R"({"x": 1.50})"},
                     {"b", "null"},
                     {"bad", "{"},
                     {"deep", deepest},
                     {"too deep", '[' + deepest + ']'}};
    stored.created = TimestampSecs{1234};
    apply(stored);
    const auto changes = changes_since(1000, true);
    ASSERT_TRUE(ok(changes));
    EXPECT_THAT(*changes->config,
                UnorderedElementsAre(ConfigEntry{"a", R"({"x": 1.50})"}, ConfigEntry{"b", "null"},
                                     ConfigEntry{"deep", deepest}));
    EXPECT_EQ(changes->created, TimestampSecs{1234});
}

TEST_F(ChangesTest, fails_for_an_object_that_cannot_be_decoded) {
    ASSERT_TRUE(ok(open_store().close()));
    execute("insert into decks values (9, 'x', 1, 20, x'', x'')");
    EXPECT_TRUE(fails(changes_since(0), ErrorKind::inconsistent_data));
    execute("update decks set kind = x'ffff' where id = 9");
    EXPECT_TRUE(fails(changes_since(0), ErrorKind::inconsistent_data));
    execute("delete from decks where id = 9; update notetypes set config = 'text'");
    EXPECT_TRUE(fails(changes_since(0), ErrorKind::inconsistent_data));
}

// R-GRAVES-01, R-GRAVES-02, R-START-01
TEST_F(ChangesTest, deletes_what_is_buried_and_nothing_else_and_remembers_it) {
    add_notetype();
    UnchunkedChanges changes;
    changes.decks = {deck(3, "gone"), deck(4, "stays")};
    apply(changes);
    Chunk chunk;
    chunk.cards = {card(1), card(2)};
    chunk.cards[1].note_id = {2};  // a card of the note, in the deck, that go
    chunk.cards[1].deck_id = {3};
    chunk.notes = {note(1), note(2)};
    apply(chunk);
    Graves graves;
    graves.cards = {{1}};
    graves.notes = {{2}, {99}};  // 99 is not known here
    graves.decks = {{3}};
    bury(graves, {20});
    EXPECT_EQ(number("select id from cards where nid = 2 and did = 3"), 2);
    EXPECT_EQ(number("select count(*) from cards"), 1);
    EXPECT_EQ(number("select id from notes"), 1);
    EXPECT_EQ(number("select count(*) from decks where id = 3"), 0);
    EXPECT_EQ(number("select count(*) from decks where id = 4"), 1);
    auto store = open_store();
    EXPECT_EQ(*store.graves_since({20}), graves);
    EXPECT_EQ(*store.graves_since({21}), Graves{});
}

TEST_F(ChangesTest, dates_a_repeated_grave_anew) {  // R-GRAVES-03
    Graves graves;
    graves.notes = {{1}};
    bury(graves, {20});
    bury(graves, {30});
    EXPECT_EQ(*open_store().graves_since({30}), graves);
}

TEST_F(ChangesTest, are_refused_if_no_reply_could_carry_them) {  // R-LIM-09
    ASSERT_TRUE(ok(open_store().close()));
    execute(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 70) "
        "insert into tags select i || hex(zeroblob(500000)), 15, 0, null from n");
    auto store = open_store();
    EXPECT_TRUE(fails(store.changes_since({15}, false), ErrorKind::too_large));
    EXPECT_TRUE(ok(store.changes_since({16}, false)));
}

TEST_F(ChangesTest, sends_no_grave_of_an_unknown_kind) {
    ASSERT_TRUE(ok(open_store().close()));
    execute("insert into graves values (1, 7, 20)");
    EXPECT_EQ(*open_store().graves_since({0}), Graves{});
}

}  // namespace
}  // namespace ankiwire::collection
