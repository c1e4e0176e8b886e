// Files of older schemas, made by hand; clients/test_older_files.py has those that real clients
// wrote.
#include <gmock/gmock.h>

#include "collection/full_sync.hpp"
#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

constexpr auto deck_config_members = R"("mod":5,"usn":3,"maxTaken":60,"autoplay":true,"timer":0,
  "rev":{"ease4":1.3,"ivlFct":1,"maxIvl":36500,"perDay":200},
  "lapse":{"delays":[10],"leechAction":1,"leechFails":8,"minInt":1,"mult":0})";
constexpr auto deck_members =
    R"("mod":5,"usn":3,"collapsed":false,"dyn":0,"desc":"","lrnToday":[0,0],
  "revToday":[0,0],"newToday":[0,0],"timeToday":[0,0])";
constexpr auto notetype_members = R"("mod":5,"usn":3,"type":0,"sortf":0,"did":null,"css":"")";
constexpr auto field_members = R"("font":"Arial","size":20,"sticky":false,"rtl":false)";

std::string object(const std::string& members, const std::string& more) {
    return "{" + members + "," + more + "}";
}

std::string deck_config_json(int id, int initial_factor) {
    return object(deck_config_members, R"("id":)" + std::to_string(id) +
                                           R"(,"name":"options","new":{"delays":[1],)" +
                                           R"("initialFactor":)" + std::to_string(initial_factor) +
                                           R"(,"ints":[1,4,7],"order":1,"perDay":20})");
}

std::string deck_json(const std::string& id, const std::string& name, int config = 1) {
    return object(deck_members, R"("id":)" + id + R"(,"name":")" + name + R"(","conf":)" +
                                    std::to_string(config));
}

std::string notetype_json(const std::string& id, const std::string& name,
                          const std::string& field) {
    const auto fields = "[" + object(field_members, R"("name":"Front")") + "," +
                        object(field_members, R"("name":")" + field + "\"") + "]";
    return object(notetype_members, R"("id":)" + id + R"(,"name":")" + name + R"(","flds":)" +
                                        fields +
                                        R"(,"tmpls":[{"name":"Card 1","qfmt":"{{Front}}",)" +
                                        R"("afmt":"","did":null}])");
}

class UpgradeTest : public StoreFixture {
protected:
    UpgradeTest() {
        apply_empty();
        // What all the schemas share.
        execute(
            "update col set usn = 9; "
            "insert into cards values (1, 1, 1, 0, 1, 2, 2, 2, 1, 5, 1300, 9, 0, 0, 0, 0, 0, ''), "
            "(2, 1, 1, 0, 1, 2, 2, 2, 1, 5, 2100, 9, 0, 0, 0, 0, 0, ''), "
            "(3, 1, 2, 0, 1, 2, 2, 2, 1, 5, 1300, 9, 0, 0, 0, 0, 0, ''), "
            "(4, 1, 2, 0, 1, 2, 2, 2, 1, 5, 1300, 9, 0, 0, 0, 1, 0, '')");  // in a filtered deck
    }
    void apply_empty() {
        change([](CollectionStore&) {});
    }

    // Graves had no key before schema 18.
    void make_17() const {
        execute(
            "drop table graves; create table graves (usn integer not null, oid integer not null, "
            "type integer not null); "
            "insert into graves values (3, 4, 1), (7, 4, 1), (5, 6, 2); update col set ver = 17");
    }
    void make_16() const {
        make_17();
        execute(
            "drop table tags; create table tags (tag text not null primary key collate unicase, "
            "usn integer not null) without rowid; insert into tags values ('Blue', 4), ('red', 5); "
            "update col set ver = 16");
    }
    void make_11(const std::string& dconf, const std::string& decks, const std::string& models,
                 const std::string& conf = "{}", const std::string& tags = "{}") const {
        make_17();
        execute(
            "drop table tags; drop table deck_config; drop table config; drop table fields; "
            "drop table templates; drop table notetypes; drop table decks; "
            "drop index idx_notes_mid; drop index idx_cards_odid; update col set ver = 11, "
            "dconf = '" +
            dconf + "', decks = '" + decks + "', models = '" + models + "', conf = '" + conf +
            "', tags = '" + tags + "'");
    }
    void upgrade() {
        auto store = open_store();
        ASSERT_TRUE(ok(store.close()));
        EXPECT_EQ(number("select ver from col"), 18);
        EXPECT_EQ(text("pragma integrity_check"), "ok");
        for (const std::string table : {"cards", "decks", "graves", "tags", "notetypes"}) {
            EXPECT_EQ(number("select count(*) from " + table + " where usn < 0"), 0) << table;
        }
    }

    const std::string one_config = R"({"1":)" + deck_config_json(1, 2500) + "}";
    const std::string one_deck = R"({"1":)" + deck_json("1", "Default") + "}";
    const std::string one_notetype = R"({"5":)" + notetype_json("5", "Basic", "Back") + "}";
};

TEST_F(UpgradeTest, of_17_gives_each_grave_once) {  // R-STORE-01
    make_17();
    upgrade();
    EXPECT_EQ(number("select count(*) from graves"), 2);
    EXPECT_EQ(number("select usn from graves where oid = 4 and type = 1"), 3);
}

TEST_F(UpgradeTest, of_16_folds_its_tags) {
    make_16();
    upgrade();
    EXPECT_EQ(text("select group_concat(tag || usn || collapsed) from tags"), "Blue41,red51");
    EXPECT_EQ(number("select count(*) from tags where config is null"), 2);
}

TEST_F(UpgradeTest, of_15_reads_eases_in_percent) {
    make_16();
    // Field 11 of the message is the ease, a float: 250 and 130 in schema 15.
    execute(
        "delete from deck_config; insert into deck_config values "
        "(1, 'good', 0, 0, x'5d00007a43'), (2, 'faulty', 0, 0, x'5d00000243'); "
        "update col set ver = 15");
    upgrade();
    EXPECT_EQ(text("select group_concat(hex(config)) from deck_config"), "5D00002040,5D00002040");
}

TEST_F(UpgradeTest, of_14_takes_deck_configs_in_json) {
    make_11("{}", one_deck, one_notetype);
    execute(
        "create table deck_config (id integer primary key not null, name text not null "
        "collate unicase, mtime_secs integer not null, usn integer not null, "
        "config blob not null); create table config (KEY text not null primary key, usn integer "
        "not null, mtime_secs integer not null, val blob not null) without rowid; "
        "create table tags (tag text not null primary key collate unicase, usn integer not "
        "null) without rowid; insert into config values ('kept', 1, 2, x'37'); update col set "
        "ver = 14; insert into deck_config values (1, 'options', 5, 3, cast('" +
        deck_config_json(7, 2300) + "' as blob))");
    upgrade();
    EXPECT_EQ(text("select name || mtime_secs || usn from deck_config where id = 1"), "options53");
    EXPECT_EQ(number("select instr(config, x'5d33331340') > 0 from deck_config"), 1);  // 2.3
    EXPECT_EQ(text("select cast(val as text) from config where key = 'kept'"), "7");
}

TEST_F(UpgradeTest, of_11_makes_rows_of_its_json) {  // R-STORE-01
    make_11(one_config, one_deck, one_notetype, R"({"key":{"deep":[1,null]}})",
            R"({"Blue":4,"blue":5,"a::b":-1})");
    upgrade();
    EXPECT_EQ(text("select name || usn from deck_config where id = 1"), "options3");
    EXPECT_EQ(text("select name || mtime_secs || usn from decks where id = 1"), "Default53");
    EXPECT_EQ(text("select name || mtime_secs || usn from notetypes where id = 5"), "Basic53");
    EXPECT_EQ(text("select group_concat(ord || name) from fields where ntid = 5"), "0Front,1Back");
    EXPECT_EQ(text("select group_concat(ord || name) from templates where ntid = 5"), "0Card 1");
    EXPECT_EQ(text("select cast(val as text) from config where key = 'key'"),
              R"({"deep":[1,null]})");
    EXPECT_EQ(text("select typeof(val) from config where key = 'key'"), "blob");
    EXPECT_EQ(text("select group_concat(tag || usn) from tags"), "a::b9,Blue4");
    EXPECT_EQ(text("select conf || models || decks || dconf || tags from col"), "");
    EXPECT_EQ(number("select count(*) from cards"), 4);
}

TEST_F(UpgradeTest, of_11_makes_repeated_names_unique_in_the_order_of_ids) {
    make_11(
        one_config,
        R"({"3":)" + deck_json("3", "same::NAME") + R"(,"2":)" + deck_json("2", "Same::name") + "}",
        R"({"5":)" + notetype_json("5", "One", "front") + R"(,"4":)" +
            notetype_json("4", "one", "Back") + "}");
    upgrade();
    EXPECT_EQ(text("select replace(group_concat(id || name), char(31), '::') from decks"),
              "2Same::name,3same::NAME_");
    EXPECT_EQ(text("select group_concat(usn) from decks where mtime_secs = " +
                   std::to_string(to_secs(now).value)),
              "9");
    EXPECT_EQ(text("select group_concat(id || name) from notetypes"), "4one,5One_");
    EXPECT_EQ(text("select group_concat(name) from fields where ntid = 5"), "Front,front+");
}

TEST_F(UpgradeTest, of_11_takes_ids_from_the_keys_and_gives_one_to_a_notetype_without) {
    make_11(R"({"8":)" + deck_config_json(1, 2500) + "}", one_deck,
            R"({"0":)" + notetype_json("0", "No id", "Back") + "}");
    upgrade();
    EXPECT_EQ(number("select id from deck_config"), 8);
    const auto id = number("select id from notetypes");
    EXPECT_GT(id, 0);
    EXPECT_EQ(number("select count(*) from fields where ntid = " + std::to_string(id)), 2);
}

TEST_F(UpgradeTest, of_11_repairs_a_starting_ease_that_is_too_low) {
    make_11(
        R"({"1":)" + deck_config_json(1, 1300) + R"(,"2":)" + deck_config_json(2, 1310) + "}",
        R"({"1":)" + deck_json("1", "Default", 1) + R"(,"2":)" + deck_json("2", "Good", 2) + "}",
        one_notetype);
    upgrade();
    EXPECT_EQ(text("select group_concat(id || ':' || factor || ':' || usn) from cards"),
              "1:2500:9,2:2100:2,3:1300:2,4:2500:9");
    EXPECT_EQ(number("select instr(config, x'5d00002040') > 0 from deck_config where id = 1"), 1);
    EXPECT_EQ(number("select instr(config, x'5d00002040') > 0 from deck_config where id = 2"), 0);
}

TEST_F(UpgradeTest, of_11_takes_the_last_of_a_repeated_member) {
    make_11(one_config, one_deck,
            R"({"5":)" + notetype_json("5", "First", "Back") + R"(,"5":)" +
                notetype_json("5", "Last", "Back") + "}",
            R"({"key":1,"key":2})", R"({"b":1,"a":2,"b":3})");
    upgrade();
    EXPECT_EQ(text("select group_concat(name) from notetypes"), "Last");
    EXPECT_EQ(text("select cast(val as text) from config where key = 'key'"), "2");
    EXPECT_EQ(text("select group_concat(tag || usn) from tags"), "a2,b3");
}

TEST_F(UpgradeTest, refuses_what_it_cannot_understand_and_leaves_the_file) {
    const auto refuses = [&](const std::string& decks, const std::string& models) {
        std::filesystem::remove(path);
        apply_empty();
        make_11(one_config, decks, models);
        EXPECT_FALSE(CollectionStore::open(path, now)) << models;
        EXPECT_EQ(number("select ver from col"), 11);
        EXPECT_EQ(text("select models from col"), models);
        const auto copy = folder / "copy.anki2";
        std::filesystem::copy_file(path, copy);
        EXPECT_TRUE(fails(validate_upload(copy, to_secs(now)), ErrorKind::corrupt_upload))
            << models;
        std::filesystem::remove(copy);
    };
    for (const std::string bad : {"", "[]", "{", R"({"x":{}})", R"({"1":{}})", R"({"1":7})"}) {
        refuses(one_deck, bad);
    }
    for (const std::string id : {"05", "+5", " 5", "5.0", ""}) {
        refuses(one_deck, R"({")" + id + R"(":)" + notetype_json("5", "Basic", "Back") + "}");
    }
    refuses(R"({"1":)" + deck_json("0", "Default") + "}", one_notetype);
}

TEST_F(UpgradeTest, refuses_versions_that_never_were) {  // R-FULL-04
    for (const int version : {-1, 0, 10, 12, 13, 19, 111}) {
        execute("update col set ver = " + std::to_string(version));
        EXPECT_FALSE(CollectionStore::open(path, now)) << version;
        EXPECT_EQ(number("select ver from col"), version);
    }
}

}  // namespace
}  // namespace ankiwire::collection
