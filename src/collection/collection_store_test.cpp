#include "collection/collection_store.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "collection/store_fixture.hpp"
#include "sqlite/database_file.hpp"

namespace ankiwire::collection {
namespace {

using testing::UnorderedElementsAre;

class CollectionStoreTest : public StoreFixture {
protected:
    void write_file(const std::filesystem::path& file, const std::string& bytes) const {
        std::ofstream(file, std::ios::binary) << bytes;
    }

    // Whether another process finds SQLite's bytes of the file locked. In this process SQLite would
    // know without asking the kernel.
    [[nodiscard]] bool is_locked_for_others() const {
        const pid_t child = ::fork();
        if (child == 0) {
            constexpr off_t sqlite_lock_bytes = 0x4000'0000;
            struct flock lock{};
            lock.l_type = F_RDLCK;
            lock.l_whence = SEEK_SET;
            lock.l_start = sqlite_lock_bytes;
            lock.l_len = 512;
            const int fd = ::open(path.c_str(), O_RDONLY);
            ::_exit(fd >= 0 && ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
        }
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        return WIFEXITED(status) && WEXITSTATUS(status) == 1;
    }

    // More than the page cache holds.
    static Chunk large_chunk() {
        Chunk chunk;
        for (std::int64_t id = 1; id <= 800; ++id) {
            chunk.cards.push_back(card(id));
            chunk.cards.back().data = std::string(20'000, 'x');
        }
        return chunk;
    }
    static Chunk one_card(std::int64_t id) {
        Chunk chunk;
        chunk.cards = {card(id)};
        return chunk;
    }
};

TEST_F(CollectionStoreTest, creates_a_collection_where_there_is_none) {
    auto store = open_store();
    EXPECT_TRUE(store.committed().empty);
    EXPECT_EQ(store.committed().schema_modified, now);
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select ver from col"), 18);
    EXPECT_EQ(number("pragma page_size"), 4096);
    EXPECT_THAT(files(), UnorderedElementsAre("collection.anki2"));
}

TEST_F(CollectionStoreTest, takes_an_empty_file_for_none) {
    write_file(path, "");
    ASSERT_TRUE(ok(open_store().close()));
    EXPECT_EQ(number("select ver from col"), 18);
}

TEST_F(CollectionStoreTest, does_not_read_the_log_of_a_collection_that_has_gone) {
    ASSERT_TRUE(ok(open_store().close()));
    const auto made = std::filesystem::file_size(path);
    std::filesystem::remove(path);
    write_file(sqlite::log_path(path), "of another file");
    ASSERT_TRUE(ok(open_store().close()));
    EXPECT_EQ(std::filesystem::file_size(path), made);
}

TEST_F(CollectionStoreTest, opens_what_it_has_written) {
    change([](auto& store) { EXPECT_TRUE(ok(store.apply_chunk(one_card(5), context))); });
    EXPECT_FALSE(open_store().committed().empty);
}

TEST_F(CollectionStoreTest, keeps_foreign_openers_out_until_it_is_closed) {  // R-STORE-04
    auto store = open_store();
    auto foreign = sqlite::Database::open(path, {});
    if (foreign) {  // SQLite looks at the file with the first statement
        EXPECT_TRUE(fails(foreign->query_int64("select ver from col"), ErrorKind::busy));
    } else {
        EXPECT_TRUE(fails(foreign, ErrorKind::busy));
    }
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select ver from col"), 18);
}

TEST_F(CollectionStoreTest, keeps_its_lock_after_a_copy) {  // R-STORE-04
    auto store = open_store();
    EXPECT_TRUE(is_locked_for_others());
    ASSERT_TRUE(ok(store.copy_to(folder / "copy")));
    EXPECT_TRUE(is_locked_for_others());
    ASSERT_TRUE(ok(store.close()));
    EXPECT_FALSE(is_locked_for_others());
}

TEST_F(CollectionStoreTest, is_busy_while_a_foreign_program_holds_the_file) {
    ASSERT_TRUE(ok(open_store().close()));
    auto foreign = sqlite::Database::open(path, {});
    ASSERT_TRUE(ok(foreign));
    ASSERT_TRUE(ok(foreign->execute("begin exclusive")));
    EXPECT_TRUE(fails(CollectionStore::open(path, now), ErrorKind::busy));
    ASSERT_TRUE(ok(foreign->execute("rollback")));
    ASSERT_TRUE(ok(foreign->close()));
    EXPECT_TRUE(ok(CollectionStore::open(path, now)));
}

TEST_F(CollectionStoreTest, refuses_what_is_no_collection_and_leaves_it) {
    write_file(path,
               "not a database, but longer than the header of one would have to be; "
               "it goes on and on until the first hundred bytes are full");
    EXPECT_TRUE(fails(CollectionStore::open(path, now), ErrorKind::damaged));
    EXPECT_GT(std::filesystem::file_size(path), 100U);
    std::filesystem::remove(path);
    auto db = sqlite::Database::open(path, {.mode = sqlite::OpenMode::create});
    ASSERT_TRUE(ok(db->execute("create table t (x)")));
    ASSERT_TRUE(ok(db->close()));
    EXPECT_TRUE(fails(CollectionStore::open(path, now), ErrorKind::damaged));
}

TEST_F(CollectionStoreTest, upgrades_an_older_file) {  // R-STORE-01
    change([](auto& store) { EXPECT_TRUE(ok(store.apply_chunk(one_card(5), context))); });
    execute(
        "drop table graves; create table graves (usn, oid, type); "
        "insert into graves values (3, 4, 1); update col set ver = 17");
    auto store = open_store();
    EXPECT_FALSE(store.committed().empty);
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select ver from col"), 18);
    EXPECT_EQ(number("select count(*) from graves where oid = 4 and type = 1 and usn = 3"), 1);
    EXPECT_THAT(files(), UnorderedElementsAre("collection.anki2"));
}

TEST_F(CollectionStoreTest, upgrades_what_is_only_in_the_log_of_an_older_file) {
    ASSERT_TRUE(ok(open_store().close()));
    execute(
        "drop table graves; create table graves (usn, oid, type); update col set ver = 17; "
        "pragma journal_mode = wal");
    {
        auto db = sqlite::Database::open(path, {});
        ASSERT_TRUE(ok(db));
        ASSERT_TRUE(ok(db->execute("insert into graves values (3, 4, 1)")));
        // As after a kill: what is committed has not been written back.
        std::filesystem::copy_file(path, folder / "killed");
        std::filesystem::copy_file(sqlite::log_path(path), folder / "killed-wal");
    }
    std::filesystem::rename(folder / "killed", path);
    std::filesystem::rename(folder / "killed-wal", sqlite::log_path(path));
    ASSERT_TRUE(ok(open_store().close()));
    EXPECT_EQ(number("select ver from col"), 18);
    EXPECT_EQ(number("select count(*) from graves where oid = 4 and type = 1 and usn = 3"), 1);
}

TEST_F(CollectionStoreTest, leaves_a_file_that_it_cannot_upgrade) {
    ASSERT_TRUE(ok(open_store().close()));
    execute("drop table graves; update col set ver = 17");
    EXPECT_TRUE(fails(CollectionStore::open(path, now), ErrorKind::damaged));
    EXPECT_EQ(number("select ver from col"), 17);
    EXPECT_THAT(files(), UnorderedElementsAre("collection.anki2"));
}

TEST_F(CollectionStoreTest, removes_what_a_crash_left) {
    for (const char* name : {"collection.anki2.new", "collection.anki2.new-wal"}) {
        write_file(folder / name, "half");
    }
    ASSERT_TRUE(ok(open_store().close()));
    EXPECT_THAT(files(), UnorderedElementsAre("collection.anki2"));
}

TEST_F(CollectionStoreTest, gives_pending_rows_its_usn_and_moves_the_date) {  // R-STORE-06
    add_notetype();
    Chunk chunk = one_card(1);
    chunk.notes = {note(1)};
    chunk.revlog = {review(1)};
    apply(chunk);
    execute(
        "update col set usn = 42, mod = 5; insert into graves values (9, 0, -1); "
        "insert into tags values ('t', -1, 0, null); update cards set usn = -1; "
        "update notes set usn = -1; update revlog set usn = -1; update decks set usn = -1; "
        "update deck_config set usn = -1; update notetypes set usn = -1");
    auto store = open_store();
    EXPECT_EQ(store.committed().modified, now);
    EXPECT_FALSE(*store.has_pending_rows());
    ASSERT_TRUE(ok(store.close()));
    for (const std::string table :
         {"cards", "notes", "revlog", "graves", "decks", "deck_config", "tags", "notetypes"}) {
        EXPECT_EQ(number("select count(*) from " + table + " where usn != 42"), 0) << table;
    }
}

TEST_F(CollectionStoreTest, moves_a_date_in_the_future_forward_too) {  // R-META-06
    apply(one_card(1));
    execute("update col set mod = 1800000000000; update cards set usn = -1");
    EXPECT_EQ(open_store().committed().modified, TimestampMs{1'800'000'000'001});
}

TEST_F(CollectionStoreTest, leaves_the_date_without_pending_rows) {
    apply(one_card(1));
    execute("update col set mod = 5");
    EXPECT_EQ(open_store().committed().modified, TimestampMs{5});
}

TEST_F(CollectionStoreTest, gives_rows_of_an_impossible_usn_its_own) {
    apply(one_card(1));
    execute("update col set usn = 42; update cards set usn = 'x'");
    ASSERT_TRUE(ok(open_store().close()));
    EXPECT_EQ(number("select usn from cards"), 42);
}

TEST_F(CollectionStoreTest, rolls_back_to_what_was_committed) {  // R-SESS-01
    apply(one_card(1));
    auto store = open_store();
    const auto before = store.committed();
    ASSERT_TRUE(ok(store.begin()));
    auto state = *store.state();
    state.modified = {state.modified.value + 1};
    ASSERT_TRUE(ok(store.set_state(state)));
    ASSERT_TRUE(ok(store.apply_chunk(large_chunk(), context)));
    Graves graves;
    graves.cards = {{1}};
    ASSERT_TRUE(ok(store.apply_graves(graves, {20})));
    EXPECT_EQ(store.committed(), before);
    store.rollback();
    EXPECT_FALSE(store.in_transaction());
    EXPECT_EQ(store.committed(), before);
    EXPECT_EQ(*store.state(), before);
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select count(*) from cards"), 1);
    EXPECT_EQ(number("select count(*) from graves"), 0);
}

TEST_F(CollectionStoreTest, forgets_a_transaction_when_it_goes) {
    {
        auto store = open_store();
        ASSERT_TRUE(ok(store.begin()));
        ASSERT_TRUE(ok(store.apply_chunk(large_chunk(), context)));
    }
    EXPECT_EQ(number("select count(*) from cards"), 0);
}

TEST_F(CollectionStoreTest, tells_of_a_commit_afterwards) {
    auto store = open_store();
    const CollectionState state{{11}, {12}, {13}, {14}, {15}, true};
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.set_state(state)));
    ASSERT_TRUE(ok(store.commit()));
    EXPECT_EQ(store.committed(), state);
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(open_store().committed(), state);
}

TEST_F(CollectionStoreTest, writes_nothing_outside_of_a_transaction) {
    auto store = open_store();
    EXPECT_TRUE(fails(store.apply_chunk(one_card(1), context), ErrorKind::storage));
    EXPECT_TRUE(fails(store.apply_graves({}, {20}), ErrorKind::storage));
    EXPECT_TRUE(fails(store.apply_changes({}, context), ErrorKind::storage));
    EXPECT_TRUE(fails(store.roll_over_day(context.now), ErrorKind::storage));
    EXPECT_TRUE(fails(store.set_state({}), ErrorKind::storage));
    EXPECT_TRUE(fails(store.commit(), ErrorKind::storage));
}

TEST_F(CollectionStoreTest, answers_with_errors_once_closed) {
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.close()));
    EXPECT_FALSE(store.in_transaction());
    EXPECT_TRUE(fails(store.begin(), ErrorKind::storage));
    EXPECT_TRUE(fails(store.state(), ErrorKind::storage));
    EXPECT_TRUE(fails(store.copy_to(folder / "copy"), ErrorKind::storage));
    EXPECT_TRUE(ok(store.close()));
}

TEST_F(CollectionStoreTest, copies_itself_as_one_file_between_transactions) {
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.apply_chunk(one_card(1), context)));
    ASSERT_TRUE(ok(store.commit()));
    ASSERT_TRUE(ok(store.copy_to(folder / "copy")));
    EXPECT_FALSE(std::filesystem::exists(folder / "copy-wal"));
    EXPECT_EQ(number(folder / "copy", "select count(*) from cards"), 1);
}

TEST_F(CollectionStoreTest, copies_the_last_commit_while_a_transaction_runs) {  // R-FULL-11
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.apply_chunk(one_card(1000), context)));
    ASSERT_TRUE(ok(store.commit()));  // stays in the log
    const auto log_before = std::filesystem::file_size(sqlite::log_path(path));
    ASSERT_GT(log_before, 0U);
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.apply_chunk(large_chunk(), context)));
    ASSERT_GT(std::filesystem::file_size(sqlite::log_path(path)),
              log_before + 1'000'000);  // spilled

    ASSERT_TRUE(ok(store.copy_to(folder / "copy")));
    EXPECT_EQ(number(folder / "copy", "select count(*) from cards"), 1);
    EXPECT_EQ(number(folder / "copy", "select id from cards"), 1000);
    ASSERT_TRUE(ok(store.commit()));
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select count(*) from cards"), 801);
}

TEST_F(CollectionStoreTest, copies_over_no_file) {
    auto store = open_store();
    write_file(folder / "copy", "precious");
    EXPECT_TRUE(fails(store.copy_to(folder / "copy"), ErrorKind::storage));
    EXPECT_EQ(std::filesystem::file_size(folder / "copy"), 8U);
}

TEST_F(CollectionStoreTest, leaves_no_copy_of_which_the_log_is_missing) {
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.apply_chunk(one_card(1000), context)));
    ASSERT_TRUE(ok(store.commit()));
    ASSERT_TRUE(ok(store.begin()));
    write_file(folder / "copy-wal", "in the way");
    EXPECT_TRUE(fails(store.copy_to(folder / "copy"), ErrorKind::storage));
    EXPECT_FALSE(std::filesystem::exists(folder / "copy"));
}

TEST_F(CollectionStoreTest, is_replaced_by_an_upload) {
    apply(one_card(1));
    std::filesystem::rename(path, folder / "upload");
    auto store = open_store();
    EXPECT_TRUE(store.committed().empty);
    ASSERT_TRUE(ok(store.replace_with(folder / "upload", now)));
    EXPECT_FALSE(store.committed().empty);
    EXPECT_TRUE(is_locked_for_others());
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select id from cards"), 1);
    EXPECT_THAT(files(), UnorderedElementsAre("collection.anki2"));
}

TEST_F(CollectionStoreTest, stays_open_when_it_cannot_be_replaced) {
    apply(one_card(1));
    auto store = open_store();
    EXPECT_TRUE(fails(store.replace_with(folder / "missing", now), ErrorKind::storage));
    write_file(folder / "junk", std::string(5000, 'j'));
    EXPECT_FALSE(ok(store.replace_with(folder / "junk", now)));
    EXPECT_FALSE(store.committed().empty);
    EXPECT_TRUE(ok(store.begin()));
    EXPECT_TRUE(ok(store.apply_chunk(one_card(2), context)));
    EXPECT_TRUE(ok(store.commit()));
    ASSERT_TRUE(ok(store.close()));
    EXPECT_EQ(number("select count(*) from cards"), 2);
}

TEST_F(CollectionStoreTest, reads_a_state_of_odd_values) {
    ASSERT_TRUE(ok(open_store().close()));
    execute("update col set usn = -7, mod = 'x', ls = 1.5");
    const auto state = open_store().committed();
    EXPECT_EQ(state.usn, Usn{0});
    EXPECT_EQ(state.modified, TimestampMs{0});
    EXPECT_EQ(state.last_sync, TimestampMs{1});
}

TEST_F(CollectionStoreTest, counts_what_the_sanity_check_compares) {  // R-SANITY-01
    add_notetype();
    Chunk chunk = one_card(1);
    chunk.notes = {note(1), note(2)};
    chunk.revlog = {review(1), review(2), review(3)};
    apply(chunk);
    execute("insert into graves values (9, 0, 3)");
    const auto notetypes = number("select count(*) from notetypes");
    auto store = open_store();
    const auto counts = *store.counts();
    EXPECT_EQ(counts.cards, 1U);
    EXPECT_EQ(counts.notes, 2U);
    EXPECT_EQ(counts.revlog, 3U);
    EXPECT_EQ(counts.graves, 1U);
    EXPECT_EQ(counts.notetypes, notetypes);
    EXPECT_EQ(counts.decks, 1U);
    EXPECT_EQ(counts.deck_configs, 1U);
    EXPECT_FALSE(*store.has_pending_rows());
}

TEST_F(CollectionStoreTest, counts_what_was_committed_and_not_what_was_rolled_back) {
    auto store = open_store();
    for (std::int64_t id = 1; id <= 3; ++id) {
        ASSERT_TRUE(ok(store.begin()));
        ASSERT_TRUE(ok(store.apply_chunk(one_card(id), context)));
        EXPECT_EQ(store.counts()->cards, id);
        ASSERT_TRUE(ok(store.commit()));
        ASSERT_TRUE(ok(store.begin()));
        ASSERT_TRUE(ok(store.apply_chunk(one_card(77), context)));
        ASSERT_TRUE(ok(store.apply_graves({.cards = {{1}}, .notes = {}, .decks = {}}, {20})));
        EXPECT_EQ(store.counts()->cards, id);
        store.rollback();
        EXPECT_EQ(store.counts()->cards, id);
    }
}

TEST_F(CollectionStoreTest, knows_the_rows_of_a_file_that_it_has_closed) {
    apply(one_card(1));
    auto store = open_store();
    ASSERT_TRUE(ok(store.close()));
    EXPECT_FALSE(store.known_rows());  // nobody has counted
    store = open_store();
    ASSERT_TRUE(ok(store.counts()));
    ASSERT_TRUE(ok(store.close()));
    ASSERT_TRUE(store.known_rows());
    auto known = *store.known_rows();
    EXPECT_EQ(known.counts.cards, 1);

    known.counts.cards = 77;  // so that one sees where they come from
    auto again = CollectionStore::open(path, now, known);
    ASSERT_TRUE(ok(again));
    EXPECT_EQ(again->counts()->cards, 77U);
    ASSERT_TRUE(ok(again->close()));
}

TEST_F(CollectionStoreTest, counts_the_rows_of_a_file_that_has_changed) {
    apply(one_card(1));
    auto store = open_store();
    ASSERT_TRUE(ok(store.counts()));
    ASSERT_TRUE(ok(store.close()));
    const auto known = store.known_rows();
    execute("delete from cards");
    auto again = CollectionStore::open(path, now, known);
    ASSERT_TRUE(ok(again));
    EXPECT_EQ(again->counts()->cards, 0U);
}

TEST_F(CollectionStoreTest, counts_the_rows_of_a_replacement) {
    apply(one_card(1));
    std::filesystem::copy_file(path, folder / "upload");
    change([](auto& old) { EXPECT_TRUE(ok(old.apply_chunk(one_card(2), context))); });
    auto store = open_store();
    EXPECT_EQ(store.counts()->cards, 2U);
    ASSERT_TRUE(ok(store.replace_with(folder / "upload", now)));
    EXPECT_EQ(store.counts()->cards, 1U);
}

TEST_F(CollectionStoreTest, finds_a_pending_row) {  // R-SANITY-01
    auto store = open_store();
    ASSERT_TRUE(ok(store.begin()));
    ASSERT_TRUE(ok(store.apply_chunk(one_card(1), {usn_pending, {0}, {0}})));
    EXPECT_TRUE(*store.has_pending_rows());
}

}  // namespace
}  // namespace ankiwire::collection
