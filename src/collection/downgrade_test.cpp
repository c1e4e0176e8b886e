// Snapshots of schema 11, looked at as they are; clients/test_schema_11.py has what the official
// library makes and takes.
#include <gmock/gmock.h>

#include <fstream>

#include "collection/full_sync.hpp"
#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

class DowngradeTest : public StoreFixture {
protected:
    // The collection after `sql`, as a client of protocol 10 would get it.
    Result<std::uint64_t> downgrade_after(const std::string& sql) {
        auto store = open_store();
        EXPECT_TRUE(ok(store.close()));
        execute(sql);
        std::filesystem::remove(snapshot);
        store = open_store();
        EXPECT_TRUE(ok(store.copy_to(snapshot)));
        EXPECT_TRUE(ok(store.close()));
        EXPECT_TRUE(ok(finish_snapshot(snapshot)));
        return downgrade_snapshot(snapshot);
    }
    void downgrade(const std::string& sql) { ASSERT_TRUE(ok(downgrade_after(sql))); }
    [[nodiscard]] std::string in_snapshot(const std::string& sql) const {
        return text(snapshot, sql);
    }

    const std::filesystem::path snapshot = folder / "snapshot.anki2";
};

TEST_F(DowngradeTest, leaves_the_tables_and_indexes_of_schema_11) {  // R-LEG-24
    downgrade("select 1");
    EXPECT_EQ(in_snapshot("select ver from col"), "11");
    EXPECT_EQ(in_snapshot("select group_concat(name) from (select name from sqlite_master where "
                          "type = 'table' order by name)"),
              "cards,col,graves,notes,revlog");
    EXPECT_EQ(in_snapshot("select group_concat(name) from (select name from sqlite_master where "
                          "type = 'index' order by name)"),
              "ix_cards_nid,ix_cards_sched,ix_cards_usn,ix_notes_csum,ix_notes_usn,ix_revlog_cid,"
              "ix_revlog_usn");
    EXPECT_EQ(in_snapshot("select group_concat(name || pk) from pragma_table_info('graves')"),
              "usn0,oid0,type0");
    EXPECT_EQ(in_snapshot("pragma integrity_check"), "ok");
}

TEST_F(DowngradeTest, leaves_one_file_without_a_log) {  // R-LEG-24
    const auto size = downgrade_after("select 1");
    ASSERT_TRUE(ok(size));
    EXPECT_EQ(*size, std::filesystem::file_size(snapshot));
    EXPECT_THAT(files(), testing::UnorderedElementsAre("collection.anki2", "snapshot.anki2"));
    std::ifstream file(snapshot, std::ios::binary);
    std::string header(20, '\0');
    file.read(header.data(), 20);
    EXPECT_EQ(header[18], 1);  // the versions of the format: 2 is WAL
    EXPECT_EQ(header[19], 1);
}

TEST_F(DowngradeTest, keeps_rows_and_stamps) {  // R-LEG-27
    Chunk chunk;
    chunk.cards = {card(5)};
    chunk.revlog = {review(5)};
    add_notetype();
    chunk.notes = {note(5)};
    apply(chunk);
    downgrade(
        "update col set crt = 1, mod = 2, scm = 3, usn = 40, ls = 5; "
        "insert into graves values (7, 1, 3), (6, 2, 4), (7, 0, 5)");
    EXPECT_EQ(in_snapshot("select crt || mod || scm || usn || ls from col"), "123405");
    EXPECT_EQ(in_snapshot("select group_concat(oid || ':' || type || ':' || usn) from graves"),
              "6:2:4,7:0:5,7:1:3");
    const auto attach = "attach '" + path.string() + "' as stored; ";
    auto db = sqlite::Database::open(snapshot, {});
    ASSERT_TRUE(ok(db));
    ASSERT_TRUE(ok(db->execute(attach.c_str())));
    for (const std::string table : {"notes", "cards", "revlog"}) {
        EXPECT_EQ(*db->query_int64("select count(*) from " + table), 1) << table;
        EXPECT_EQ(*db->query_int64("select count(*) from (select * from main." + table +
                                   " except select * from stored." + table + ")"),
                  0)
            << table;
    }
}

TEST_F(DowngradeTest, writes_objects_under_their_ids) {  // R-LEG-28
    add_notetype();
    UnchunkedChanges changes;
    changes.decks = {deck(8,
                          "a\x1f"
                          "b")};
    apply(changes);
    downgrade("update deck_config set usn = 6");
    const auto member = [&](const std::string& column, const std::string& where) {
        return in_snapshot("select " + column + " ->> '" + where + "' from col");
    };
    EXPECT_EQ(member("models", "$.77.name"), "Two fields");
    EXPECT_EQ(member("models", "$.77.id"), "77");
    EXPECT_EQ(member("models", "$.77.flds[1].name"), "Back");
    EXPECT_EQ(member("models", "$.77.tmpls[0].name"), "Card 1");
    EXPECT_EQ(member("decks", "$.8.name"), "a::b");
    EXPECT_EQ(member("decks", "$.8.dyn"), "0");
    EXPECT_EQ(member("decks", "$.1.name"), "Default");
    EXPECT_EQ(member("dconf", "$.1.usn"), "6");
    EXPECT_EQ(in_snapshot("select count(*) from col, json_each(models)"), "7");
    EXPECT_EQ(in_snapshot("select count(*) from col, json_each(decks)"), "2");
}

TEST_F(DowngradeTest, brings_numbers_of_deck_configs_into_their_ranges) {  // R-STORE-16
    downgrade("update deck_config set config = x''");
    EXPECT_EQ(in_snapshot("select dconf ->> '$.1.new.initialFactor' from col"), "2500");
    EXPECT_EQ(in_snapshot("select dconf ->> '$.1.maxTaken' from col"), "60");
}

TEST_F(DowngradeTest, writes_config_and_tags) {  // R-LEG-28
    downgrade(
        "delete from config; insert into config values ('a', 1, 2, cast('[1, {\"b\": null}]' as "
        "blob)), ('broken', 1, 2, x'7b'), ('c\"d', 0, 0, cast('true' as blob)); "
        "insert into tags values ('one', 3, 0, null), ('two::three', 4, 1, null)");
    EXPECT_EQ(in_snapshot("select conf from col"), R"({"a":[1, {"b": null}],"c\"d":true})");
    EXPECT_EQ(in_snapshot("select tags from col"), R"({"one":3,"two::three":4})");
}

TEST_F(DowngradeTest, writes_empty_objects_for_what_is_not_there) {
    downgrade(
        "delete from config; delete from decks; delete from notetypes; "
        "delete from deck_config");
    EXPECT_EQ(in_snapshot("select models || decks || dconf || conf || tags from col"),
              "{}{}{}{}{}");
}

TEST_F(DowngradeTest, keeps_what_add_ons_made_unless_it_needs_the_collation) {  // R-LEG-24
    downgrade(
        "create table \"an \"\"add-on\" (a text, b integer); "
        "create index its on \"an \"\"add-on\" (b); create index more on notes (mod); "
        "create table sorted (a text collate unicase); create index a_sorted on sorted (a); "
        "create index words on notes (tags collate UniCase); "
        "create table quoted (a text collate\n\"unicase\"); "
        "create table apart (a text collate /* */ unicase); "
        "create table unicase_log (a text collate nocase, b default 'no unicase here'); "
        "create view named as select * from decks; create view sorts as select a from sorted "
        "order by a collate unicase");
    EXPECT_EQ(
        in_snapshot("select group_concat(name) from (select name from sqlite_master where "
                    "sql like '%unicase%' or name in ('an \"add-on', 'its', 'more', 'sorted', "
                    "'a_sorted', 'words') order by name)"),
        "an \"add-on,its,more,unicase_log");
}

TEST_F(DowngradeTest, makes_indexes_that_are_missing) {
    downgrade("drop index ix_notes_csum; drop index idx_notes_mid; drop index idx_cards_odid");
    EXPECT_EQ(in_snapshot("select count(*) from sqlite_master where type = 'index'"), "7");
}

TEST_F(DowngradeTest, refuses_what_it_cannot_convert) {
    EXPECT_TRUE(
        fails(downgrade_after("update decks set kind = x''"), ErrorKind::inconsistent_data));
    EXPECT_TRUE(fails(downgrade_after("update decks set kind = x'0a00'; update notetypes set "
                                      "config = x'ff'"),
                      ErrorKind::inconsistent_data));
    downgrade("delete from notetypes");
    EXPECT_TRUE(fails(downgrade_snapshot(snapshot), ErrorKind::inconsistent_data));  // once more
    EXPECT_TRUE(fails(downgrade_snapshot(folder / "none"), ErrorKind::storage));
}

}  // namespace
}  // namespace ankiwire::collection
