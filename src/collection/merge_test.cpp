#include <gmock/gmock.h>

#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

class MergeTest : public StoreFixture {
protected:
    // Stores an object of mtime 100, then merges one of `mtime` that looks different. True if it
    // was taken.
    bool takes_notetype(std::int64_t mtime) {
        execute_fresh("delete from notetypes where id = 77; delete from fields where ntid = 77");
        apply({.notetypes = {notetype()},
               .decks = {},
               .deck_configs = {},
               .tags = {},
               .config = {},
               .created = {}});
        UnchunkedChanges changes;
        changes.notetypes = {notetype(mtime)};
        changes.notetypes[0].fields[0].name = "Other";
        apply(changes);
        return number("select count(*) from fields where ntid = 77 and name = 'Other'") == 1;
    }
    bool takes_deck(std::int64_t mtime) {
        execute_fresh("delete from decks where id = 5");
        UnchunkedChanges changes;
        changes.decks = {deck(5, "old")};
        apply(changes);
        changes.decks = {deck(5, "new", mtime)};
        apply(changes);
        return text("select name from decks where id = 5") == "new";
    }
    bool takes_deck_config(std::int64_t mtime) {
        execute_fresh("delete from deck_config where id = 6");
        UnchunkedChanges changes;
        changes.deck_configs.resize(1);
        auto& config = changes.deck_configs[0];
        config.id = {6};
        config.name = "old";
        config.mtime = {100};
        apply(changes);
        config.name = "new";
        config.mtime = {mtime};
        apply(changes);
        return text("select name from deck_config where id = 6") == "new";
    }
    // Of mtime 100: notetype 77, deck 5, deck config 6.
    static UnchunkedChanges one_of_each() {
        UnchunkedChanges changes;
        changes.notetypes = {notetype()};
        changes.decks = {deck(5, "deck")};
        changes.deck_configs.resize(1);
        changes.deck_configs[0].id = {6};
        changes.deck_configs[0].mtime = {100};
        return changes;
    }
    void merge_tags(std::vector<std::string> tags) {
        UnchunkedChanges changes;
        changes.tags = std::move(tags);
        apply(changes);
    }
    static UnchunkedChanges created_at(std::int64_t created) {
        UnchunkedChanges changes;
        changes.created = TimestampSecs{created};
        return changes;
    }

private:
    void execute_fresh(const std::string& sql) {
        ASSERT_TRUE(ok(open_store().close()));
        execute(sql);
    }
};

// R-CHANGES-04, R-CHANGES-05
TEST_F(MergeTest, takes_what_is_not_older) {
    EXPECT_TRUE(takes_notetype(101));
    EXPECT_TRUE(takes_notetype(100));
    EXPECT_FALSE(takes_notetype(99));
    EXPECT_TRUE(takes_deck(101));
    EXPECT_TRUE(takes_deck(100));
    EXPECT_FALSE(takes_deck(99));
    EXPECT_TRUE(takes_deck_config(101));
    EXPECT_TRUE(takes_deck_config(100));
    EXPECT_FALSE(takes_deck_config(99));
}

TEST_F(MergeTest, wins_ties_of_what_it_is_to_send_by_a_second) {  // R-CHANGES-05
    const auto changes = one_of_each();
    apply(changes);
    for (const std::string table : {"notetypes", "decks", "deck_config"}) {
        const auto set = [&](const std::string& values) {
            execute("update " + table + " set " + values + " where id in (5, 6, 77)");
            change([&](auto& store) { EXPECT_TRUE(ok(store.win_ties(changes, context))); });
            return number("select mtime_secs * 1000 + usn from " + table +
                          " where id in (5, 6, 77)");
        };
        const auto known = std::to_string(context.client_usn.value - 1);
        const auto sent = std::to_string(context.client_usn.value);
        EXPECT_EQ(set("mtime_secs = 100, usn = " + sent), 101'020) << table;
        EXPECT_EQ(set("mtime_secs = 100, usn = " + known), 100'000 + std::stoi(known)) << table;
        EXPECT_EQ(set("mtime_secs = 99, usn = " + sent), 99'000 + std::stoi(sent)) << table;
        EXPECT_EQ(set("mtime_secs = 101, usn = " + sent), 101'000 + std::stoi(sent)) << table;
    }
}

TEST_F(MergeTest, stores_objects_at_its_own_usn_whatever_the_client_stamped) {  // R-CHUNK-06
    auto changes = one_of_each();
    changes.notetypes[0].usn = changes.decks[0].usn = changes.deck_configs[0].usn = usn_pending;
    changes.tags = {"tag"};
    apply(changes);
    EXPECT_EQ(number("select usn from notetypes where id = 77"), 20);
    EXPECT_EQ(number("select usn from decks where id = 5"), 20);
    EXPECT_EQ(number("select usn from deck_config where id = 6"), 20);
    EXPECT_EQ(number("select usn from tags"), 20);
}

TEST_F(MergeTest, replaces_all_parts_of_a_notetype) {  // R-STORE-14
    add_notetype();
    UnchunkedChanges changes;
    changes.notetypes = {notetype(200)};
    std::swap(changes.notetypes[0].fields[0], changes.notetypes[0].fields[1]);
    changes.notetypes[0].templates[0].name = "Card one";
    changes.notetypes[0].templates[0].config.set_a_format("answer");
    apply(changes);
    EXPECT_EQ(text("select group_concat(name) from (select name from fields where ntid = 77 "
                   "order by ord)"),
              "Back,Front");
    EXPECT_EQ(text("select name from templates where ntid = 77"), "Card one");
    EXPECT_EQ(number("select typeof(config) = 'blob' from templates where ntid = 77"), 1);
    EXPECT_EQ(number("select mtime_secs from notetypes where id = 77"), 200);
}

TEST_F(MergeTest, refuses_another_number_of_fields_or_templates) {  // R-CHANGES-06
    add_notetype();
    UnchunkedChanges changes;
    changes.notetypes = {notetype(200)};
    changes.notetypes[0].fields.emplace_back().name = "Third";
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
    changes.notetypes = {notetype(200)};
    changes.notetypes[0].templates.clear();
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
    changes.notetypes[0].mtime = {99};  // would be ignored anyway
    EXPECT_TRUE(ok(refused(changes)));
}

TEST_F(MergeTest, refuses_fields_of_one_name) {
    UnchunkedChanges changes;
    changes.notetypes = {notetype()};
    changes.notetypes[0].fields[1].name = "fRONT";
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
}

TEST_F(MergeTest, refuses_objects_with_id_0) {  // R-CHANGES-10
    UnchunkedChanges changes;
    changes.notetypes = {notetype()};
    changes.notetypes[0].id = {0};
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
    changes = {};
    changes.decks = {deck(0, "deck")};
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
    changes = {};
    changes.deck_configs.resize(1);
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
}

TEST_F(MergeTest, makes_names_unique_and_dates_the_change) {  // R-CHANGES-07
    UnchunkedChanges changes;
    changes.decks = {deck(5, "Maße"), deck(6, "MASSE"), deck(7, "masse")};
    changes.notetypes = {notetype(), notetype()};
    changes.notetypes[1].id = {78};
    apply(changes);
    EXPECT_EQ(text("select name from decks where id = 5"), "Maße");
    EXPECT_EQ(text("select name from decks where id = 6"), "MASSE+");
    EXPECT_EQ(text("select name from decks where id = 7"), "masse++");
    EXPECT_EQ(number("select mtime_secs from decks where id = 5"), 100);
    EXPECT_EQ(number("select mtime_secs from decks where id = 7"), context.now.value);
    EXPECT_EQ(text("select name from notetypes where id = 78"), "Two fields+");
}

TEST_F(MergeTest, renames_in_a_chain_and_in_a_ring) {  // R-CHANGES-14
    UnchunkedChanges changes;
    changes.decks = {deck(5, "A"), deck(6, "B"), deck(7, "C")};
    changes.notetypes = {notetype(), notetype()};
    changes.notetypes[0].name = "A";
    changes.notetypes[1].name = "B";
    changes.notetypes[1].id = {78};
    apply(changes);
    changes.decks = {deck(5, "b", 200), deck(6, "D", 200), deck(7, "A", 200)};
    for (auto& each : changes.notetypes) {
        each.name = each.name == "A" ? "B" : "A";
        each.mtime = {200};
    }
    apply(changes);
    EXPECT_EQ(text("select group_concat(id || name) from decks where id > 4"), "5b,6D,7A");
    EXPECT_EQ(text("select group_concat(id || name) from notetypes where id in (77, 78)"),
              "77B,78A");
    // What the server keeps keeps its name.
    changes.notetypes.clear();
    changes.decks = {deck(5, "A", 300), deck(7, "E", 100)};
    apply(changes);
    EXPECT_EQ(text("select group_concat(id || name) from decks where id > 4"), "5A+,6D,7A");
}

TEST_F(MergeTest, looks_for_the_spelling_of_a_hundred_ancestors_at_most) {
    UnchunkedChanges changes;
    std::string deep = "Root";
    for (int level = 0; level < 150; ++level) {
        deep += "::x";
    }
    changes.tags = {"root", "root::x", deep, "Root::x::y"};
    apply(changes);
    EXPECT_EQ(number("select count(*) from tags where tag = 'root::x::y' collate binary"), 1);
    EXPECT_EQ(number("select count(*) from tags where tag glob 'Root::x::x*'"), 1);
}

TEST_F(MergeTest, lets_an_object_keep_its_name) {
    UnchunkedChanges changes;
    changes.decks = {deck(5, "deck")};
    apply(changes);
    changes.decks = {deck(5, "DECK", 200)};
    apply(changes);
    EXPECT_EQ(text("select name from decks where id = 5"), "DECK");
}

TEST_F(MergeTest, refuses_a_crowd_of_one_name) {
    UnchunkedChanges changes;
    for (std::int64_t id = 10; id < 130; ++id) {
        changes.decks.push_back(deck(id, "deck"));
    }
    EXPECT_TRUE(fails(refused(changes), ErrorKind::inconsistent_data));
}

TEST_F(MergeTest, takes_the_grave_of_a_deck_that_comes_back) {  // R-GRAVES-04
    change([](auto& store) {
        EXPECT_TRUE(
            ok(store.apply_graves({.cards = {{5}}, .notes = {}, .decks = {{5}, {6}}}, {20})));
    });
    UnchunkedChanges changes;
    changes.decks = {deck(5, "deck")};
    apply(changes);
    EXPECT_EQ(number("select count(*) from graves"), 2);
    EXPECT_EQ(number("select count(*) from graves where oid = 5 and type = 2"), 0);
}

TEST_F(MergeTest, registers_tags_in_their_normal_form) {  // R-CHANGES-09, R-STORE-13
    merge_tags({"a b", "", "x:: ::y"});
    EXPECT_EQ(text("select group_concat(tag) from (select tag from tags order by tag)"),
              "ab,blank,x::blank::y");
    EXPECT_EQ(number("select count(*) from tags where collapsed = 1 and config is null"), 3);
}

TEST_F(MergeTest, leaves_registered_tags) {  // R-CHANGES-09
    merge_tags({"Tag"});
    execute("update tags set usn = 3, collapsed = 0");
    merge_tags({"tAG"});
    EXPECT_EQ(number("select count(*) from tags where tag = 'Tag' and usn = 3 and not collapsed"),
              1);
    EXPECT_EQ(number("select count(*) from tags"), 1);
    EXPECT_EQ(text("select tag from tags"), "Tag");
}

TEST_F(MergeTest, spells_a_tag_as_its_nearest_registered_ancestor) {  // R-STORE-13
    merge_tags({"One", "ONE::Two"});
    EXPECT_EQ(text("select tag from tags where tag = 'one::two'"), "One::Two");
    merge_tags({"one::tWO::Three::Four"});
    EXPECT_EQ(text("select tag from tags where tag = 'one::two::three::four'"),
              "One::Two::Three::Four");
    EXPECT_EQ(number("select count(*) from tags"), 3);  // `…::Three` was not made up
}

TEST_F(MergeTest, replaces_the_whole_config) {  // R-CHANGES-03, R-STORE-03
    UnchunkedChanges changes;
    changes.config = {{"new", R"({"a":[1,2]})"}, {"twice", "1"}, {"twice", "2"}};
    apply(changes);
    EXPECT_EQ(number("select count(*) from config"), 2);
    EXPECT_EQ(text("select cast(val as text) from config where key = 'new'"), R"({"a":[1,2]})");
    EXPECT_EQ(text("select cast(val as text) from config where key = 'twice'"), "2");
    EXPECT_EQ(number("select count(*) from config where usn = 20 and mtime_secs = 1700000000 "
                     "and typeof(val) = 'blob'"),
              2);
}

TEST_F(MergeTest, leaves_config_and_creation_time_when_the_client_sends_none) {
    ASSERT_TRUE(ok(open_store().close()));
    const auto count = number("select count(*) from config");
    const auto created = number("select crt from col");
    apply(UnchunkedChanges{});
    EXPECT_EQ(number("select count(*) from config"), count);
    EXPECT_EQ(number("select crt from col"), created);
}

TEST_F(MergeTest, takes_a_plausible_creation_time) {  // R-CHANGES-11
    apply(created_at(1'234'567'890));
    EXPECT_EQ(number("select crt from col"), 1'234'567'890);
    EXPECT_TRUE(ok(refused(created_at(context.now.value + 86'400))));
    EXPECT_TRUE(fails(refused(created_at(-1)), ErrorKind::inconsistent_data));
    EXPECT_TRUE(fails(refused(created_at(context.now.value * 1000)), ErrorKind::inconsistent_data));
}

}  // namespace
}  // namespace ankiwire::collection
