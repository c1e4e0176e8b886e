#include "collection/upload_checks.hpp"

#include <gmock/gmock.h>

#include "collection/full_sync.hpp"
#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

// Validates the collection after `sql`.
class UploadChecksTest : public StoreFixture {
protected:
    Result<ContentCounts> validate_after(const std::string& sql) {
        std::filesystem::remove(path);
        Chunk chunk;
        chunk.cards = {card(5)};
        chunk.revlog = {review(5)};
        add_notetype();
        chunk.notes = {note(5)};
        apply(chunk);
        execute("pragma journal_mode = delete; " + sql);
        return validate_upload(path, to_secs(now));
    }
    void takes(const std::string& sql) { EXPECT_TRUE(ok(validate_after(sql))) << sql; }
    void refuses(const std::string& sql) {
        EXPECT_TRUE(fails(validate_after(sql), ErrorKind::corrupt_upload)) << sql;
    }
    // `sql` in the place of a row's column comes out as `expected`.
    void comes_out(const std::string& table, const std::string& column, const std::string& sql,
                   std::int64_t expected) {
        takes("update " + table + " set " + column + " = " + sql);
        EXPECT_EQ(number("select " + column + " from " + table), expected)
            << table << "." << column << " = " << sql;
    }
};

TEST_F(UploadChecksTest, count_what_is_taken) {
    EXPECT_EQ(*validate_after("select 1"), (ContentCounts{.notes = 1, .cards = 1, .reviews = 1}));
    EXPECT_THAT(files(), testing::UnorderedElementsAre("collection.anki2"));
}

TEST_F(UploadChecksTest, want_each_table_with_exactly_its_columns) {  // R-FULL-05
    for (const std::string table :
         {"col", "notes", "cards", "revlog", "deck_config", "config", "fields", "templates",
          "notetypes", "decks", "tags", "graves"}) {
        refuses("drop table " + table);
        refuses("alter table " + table + " add column more");
        refuses("alter table " + table + " rename column " +
                (table == "tags"     ? "collapsed"
                 : table == "fields" ? "config"
                                     : "usn") +
                " to other");
    }
}

TEST_F(UploadChecksTest, want_ids_that_are_rowids) {  // R-FULL-05
    for (const std::string type : {"text", "int", ""}) {
        refuses("drop table revlog; create table revlog (id " + type +
                " primary key, cid, usn, ease, ivl, lastIvl, factor, time, type)");
    }
    takes(
        "drop table revlog; create table revlog (id INTEGER primary key, cid, usn, ease, ivl, "
        "lastIvl, factor, time, type)");
}

TEST_F(UploadChecksTest, want_each_column_with_its_collation) {  // R-FULL-05
    const auto with_collation = [](const std::string& collation) {
        return "drop table deck_config; create table deck_config (id integer primary key, "
               "name text " +
               collation + ", mtime_secs, usn, config)";
    };
    takes(with_collation("collate UNICASE"));
    refuses(with_collation(""));
    refuses(with_collation("collate nocase"));
}

TEST_F(UploadChecksTest, want_one_row_of_sane_numbers_in_col) {  // R-FULL-06
    takes("update col set usn = 1073741823, crt = 0, mod = 0, scm = 0, ls = 0");
    refuses("delete from col");
    refuses(
        "insert into col select 2, crt, mod, scm, ver, dty, usn, ls, '', '', '', '', '' from col");
    refuses("update col set usn = 1073741824");
    refuses("update col set usn = -1");
    for (const std::string column : {"crt", "mod", "scm", "ls"}) {
        refuses("update col set " + column + " = -1");
        refuses("update col set " + column + " = 7258118400001");
        refuses("update col set " + column + " = 1.5");
        refuses("update col set " + column + " = 'x'");
    }
}

TEST_F(UploadChecksTest, want_binary_columns_that_can_be_read) {  // R-FULL-07
    refuses("update decks set common = x'ff'");
    refuses("update decks set kind = x'ff'");
    refuses("update decks set kind = x''");
    refuses("update deck_config set config = x'0a'");
    refuses("update notetypes set config = x'ff'");
    refuses("update fields set config = x'ff'");
    refuses("update templates set config = x'ff'");
    takes("update deck_config set config = x''");
}

TEST_F(UploadChecksTest, clamp_each_column_to_what_a_row_can_carry) {  // R-FULL-08
    struct Range {
        std::string table;
        std::string column;
        std::int64_t low;
        std::int64_t high;
    };
    for (const auto& [table, column, low, high] : std::vector<Range>{
             {"notes", "mod", 0, INT64_MAX},
             {"cards", "ord", 0, 65'535},
             {"cards", "mod", 0, INT64_MAX},
             {"cards", "type", 0, 3},
             {"cards", "queue", -3, 4},
             {"cards", "due", INT32_MIN, INT32_MAX},
             {"cards", "ivl", INT32_MIN, INT32_MAX},
             {"cards", "factor", 0, 65'535},
             {"cards", "reps", 0, UINT32_MAX},
             {"cards", "lapses", 0, UINT32_MAX},
             {"cards", "left", 0, UINT32_MAX},
             {"cards", "odue", INT32_MIN, INT32_MAX},
             {"cards", "flags", 0, 255},
             {"revlog", "ease", 0, 255},
             {"revlog", "ivl", INT32_MIN, INT32_MAX},
             {"revlog", "lastIvl", INT32_MIN, INT32_MAX},
             {"revlog", "factor", 0, UINT32_MAX},
             {"revlog", "time", 0, UINT32_MAX},
             {"revlog", "type", 0, 5},
         }) {
        comes_out(table, column, std::to_string(low), low);
        comes_out(table, column, std::to_string(high), high);
        comes_out(table, column, std::to_string(low - 1), low);
        if (high != INT64_MAX) {
            comes_out(table, column, std::to_string(high + 1), high);
        }
        comes_out(table, column, "2.5", 2);
        comes_out(table, column, "'no number'", std::max<std::int64_t>(low, 0));
    }
}

TEST_F(UploadChecksTest, want_rows_of_a_bounded_size) {  // R-LIM-08
    takes("update notes set tags = cast(replace(hex(zeroblob(33000000)), '0', 'x') as text)");
    refuses("update notes set tags = cast(zeroblob(67200000) as text)");
    refuses(
        "update notes set tags = cast(zeroblob(40000000) as text), flds = cast(zeroblob(40000000) "
        "as text)");
    refuses("update cards set data = cast(zeroblob(67200000) as text)");
    refuses("insert into config values ('big', 0, 0, zeroblob(67200000))");
    refuses("update deck_config set config = zeroblob(67200000)");
}

TEST_F(UploadChecksTest, fill_what_is_null) {  // R-FULL-21
    takes(
        "drop table cards; create table cards (id integer primary key, nid, did, ord, mod, usn, "
        "type, queue, due, ivl, factor, reps, lapses, left, odue, odid, flags, data); "
        "insert into cards (id) values (7)");
    EXPECT_EQ(number("select count(*) from cards where mod = 0 and usn = 0 and queue = 0 and "
                     "typeof(data) = 'text' and data = ''"),
              1);
}

TEST_F(UploadChecksTest, cast_text_and_bytes) {  // R-FULL-21, R-STORE-03
    takes(
        "update notes set flds = cast(flds as blob), guid = 5; "
        "insert into config values ('text', 0, 0, '[1]')");
    EXPECT_EQ(text("select typeof(flds) || typeof(guid) || guid from notes"), "texttext5");
    EXPECT_EQ(text("select typeof(val) from config where key = 'text'"), "blob");
}

TEST_F(UploadChecksTest, leave_no_row_pending) {  // R-FULL-09
    takes(
        "update col set usn = 42; update cards set usn = -1; update notes set usn = -7; "
        "update revlog set usn = 'x'; insert into graves values (1, 1, -1); "
        "insert into tags values ('t', -1, 0, null); update decks set usn = 9999999999; "
        "update deck_config set usn = -1; update notetypes set usn = -1");
    for (const std::string table :
         {"cards", "notes", "revlog", "graves", "tags", "decks", "deck_config", "notetypes"}) {
        EXPECT_EQ(number("select count(*) from " + table + " where usn is not 42"), 0) << table;
    }
}

TEST_F(UploadChecksTest, want_a_schema_that_does_nothing_by_itself) {  // R-FULL-04
    refuses("create trigger t after insert on notes begin select 1; end");
    refuses("create view v as select 1");
    refuses("create table t (a, b generated always as (a + 1))");
    const std::string forge = "pragma writable_schema = on; insert into sqlite_master values ";
    refuses(forge +
            "('TRIGGER', 't', 'notes', 0, 'create trigger t after insert on notes begin "
            "select 1; end')");
    refuses(forge + "('INDEX', 'i', 'notes', 0, 'create index i on notes (length(flds))')");
    refuses(forge + "('table', 'v', 'v', 0, 'create  virtual table v using fts5(x)')");
}

TEST_F(UploadChecksTest, drop_indexes_that_compute_and_keep_others) {  // R-FULL-19
    takes(
        "create index \"an \"\"expression\" on notes (length(flds)); "
        "create index some on notes (mod) where mod > 5; create index plain on notes (mod); "
        "drop index idx_cards_odid; create index idx_cards_odid on cards (odid) where did = 7; "
        "drop index ix_notes_csum");
    EXPECT_EQ(
        number("select count(*) from sqlite_master where name in ('some', 'an \"expression')"), 0);
    EXPECT_EQ(number("select count(*) from sqlite_master where name in ('plain', 'ix_notes_csum')"),
              2);
    EXPECT_THAT(text("select sql from sqlite_master where name = 'idx_cards_odid'"),
                testing::HasSubstr("odid != 0"));
}

TEST_F(UploadChecksTest, want_the_tables_of_the_version_that_it_states) {  // R-FULL-04
    for (const int version : {11, 14, 15, 16}) {
        refuses("update col set ver = " + std::to_string(version));
    }
    refuses("drop table graves; update col set ver = 17");
}

}  // namespace
}  // namespace ankiwire::collection
