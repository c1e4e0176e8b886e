#include "backup/restore.hpp"

#include "backup/fixture.hpp"
#include "collection/lost_usns.hpp"

namespace ankiwire::backup {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class RestoreTest : public BackupFixture {
protected:
    void move_away() {
        fs::rename(accounts, root / ("away" + std::to_string(moves_++)));
        fs::create_directories(accounts);
    }
    std::string problem(const fs::path& from, const std::string& account = {}) {
        const auto done = put_back(from, account);
        return done ? std::string() : done.error().context;
    }
    [[nodiscard]] std::int64_t usn() const {
        return number(accounts / "alice/collection.anki2", "select usn from col");
    }
    collection::LostUsns lost() {
        const TimestampMs scm{number(accounts / "alice/collection.anki2", "select scm from col")};
        const auto read = collection::LostUsns::read(accounts / "alice", scm);
        EXPECT_TRUE(read) << read.error().context;
        return *read;
    }

private:
    int moves_ = 0;
};

// R-STORE-18
TEST_F(RestoreTest, brings_everything_back_with_usns_above_those_that_were_lost) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "a.png", "picture");
    fs::create_directories(accounts / "alice/versions");
    write_file(accounts / "alice/versions/5.anki2.zst", "packed");
    write_file(accounts / "alice/versions/5.json", "{}");
    const auto before = number(accounts / "alice/collection.anki2", "select mod + scm from col");
    const auto folder = backed_up();
    move_away();
    const auto restored = put_back(backups);
    ASSERT_TRUE(restored) << restored.error().context;
    EXPECT_EQ(restored->from, folder);
    EXPECT_THAT(names_in(accounts), UnorderedElementsAre("alice"));
    EXPECT_EQ(number(accounts / "alice/collection.anki2", "select mod + scm from col"), before);
    EXPECT_EQ(read_file(accounts / "alice/media/a.png"), "picture");
    EXPECT_EQ(read_file(accounts / "alice/versions/5.anki2.zst"), "packed");
    EXPECT_GE(usn(), 7 + (1 << 20));
    EXPECT_GE(number(accounts / "alice/media.db", "select last_usn from meta"), 1 + (1 << 20));
    for (const auto at : {8, 9, (1 << 20)}) {
        EXPECT_TRUE(lost().contains({at})) << at;
    }
    EXPECT_FALSE(lost().contains({7}));
    EXPECT_TRUE(lost().contains({static_cast<std::int32_t>(usn()) - 1}));
    EXPECT_FALSE(lost().contains({static_cast<std::int32_t>(usn())}));
    EXPECT_EQ(number(folder / "alice/collection.anki2", "select usn from col"), 7);
}

// R-STORE-18
TEST_F(RestoreTest, what_was_lost_before_stays_lost) {
    make_collection("alice", 7);
    backed_up();
    move_away();
    ASSERT_TRUE(put_back(backups));
    const auto first = static_cast<std::int32_t>(usn());
    run_on("alice", "collection.anki2", "update col set usn = usn + 5");
    backed_up(1);
    move_away();
    ASSERT_TRUE(put_back(backups));
    EXPECT_TRUE(lost().contains({8}));
    EXPECT_FALSE(lost().contains({first + 5}));
    EXPECT_TRUE(lost().contains({first + 6}));
    EXPECT_GT(usn(), first + 6);
}

// R-STORE-18
TEST_F(RestoreTest, a_second_return_does_not_meet_the_usns_of_the_first) {
    make_collection("alice", 7);
    backed_up();
    move_away();
    ASSERT_TRUE(put_back(backups));
    const auto first = static_cast<std::int32_t>(usn());
    move_away();
    ASSERT_TRUE(backup::restore({.from = backups, .accounts = accounts, .account = {}},
                                {now.value + 60'000}, tell()));
    EXPECT_TRUE(lost().contains({first + 59}));
    EXPECT_EQ(usn(), first + 60);
}

TEST_F(RestoreTest, one_account_of_many) {
    make_collection("alice", 7);
    make_collection("bob", 7);
    backed_up();
    fs::rename(accounts / "bob", root / "bob");
    fs::create_directories(accounts / "bob");  // empty
    ASSERT_EQ(problem(backups, "bob"), "");
    EXPECT_THAT(names_in(accounts), UnorderedElementsAre("alice", "bob"));
    EXPECT_EQ(usn(), 7);
    EXPECT_THAT(problem(backups, "carol"), HasSubstr("has nothing of carol"));
    EXPECT_THAT(problem(backups, "../bob"), HasSubstr("has nothing of"));
}

TEST_F(RestoreTest, touches_no_account_that_exists) {
    make_collection("alice", 7);
    make_collection("bob", 7);
    backed_up();
    fs::rename(accounts / "bob", root / "bob");
    EXPECT_THAT(problem(backups), HasSubstr("alice exists; move it away first"));
    EXPECT_THAT(names_in(accounts), UnorderedElementsAre("alice"));
}

TEST_F(RestoreTest, a_damaged_collection_is_not_put_back_and_the_others_are) {
    make_collection("alice", 7);
    make_collection("bob", 7);
    const auto folder = backed_up();
    move_away();
    auto bytes = read_file(folder / "bob/collection.anki2");
    bytes.replace(bytes.size() - 4096, 4096, 4096, 'x');  // its last page
    write_file(folder / "bob/collection.anki2", bytes);
    const auto restored = put_back(backups);
    ASSERT_TRUE(restored);
    EXPECT_EQ(restored->failed, 1U);
    EXPECT_THAT(outcomes.at("bob").error().context, HasSubstr("collection.anki2"));
    EXPECT_THAT(names_in(accounts), UnorderedElementsAre("alice"));
}

TEST_F(RestoreTest, media_that_are_damaged_or_missing_are_forgotten) {
    make_media("alice");
    for (const auto* name : {"fine", "damaged", "missing"}) {
        add_media("alice", name, name);
    }
    const auto folder = backed_up();
    move_away();
    write_file(folder / "alice/media/damaged", "DAMAGED");
    fs::remove(folder / "alice/media/missing");
    ASSERT_EQ(problem(backups), "");
    EXPECT_THAT(tally_of("alice").missing, UnorderedElementsAre(HasSubstr("2 media files")));
    EXPECT_THAT(names_in(accounts / "alice/media"), UnorderedElementsAre("fine"));
    EXPECT_EQ(number(accounts / "alice/media.db", "select count(*) from media"), 1);
}

TEST_F(RestoreTest, without_media_db_the_files_are_put_back_as_they_are) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "a", "a");
    const auto folder = backed_up();
    move_away();
    for (const bool exists : {true, false}) {
        if (exists) {
            write_file(folder / "alice/media.db", std::string(4096, 'x'));
        } else {
            fs::remove(folder / "alice/media.db");
        }
        fs::remove_all(accounts / "alice");
        const auto restored = put_back(backups);
        ASSERT_TRUE(restored) << restored.error().context;
        EXPECT_EQ(restored->lacks_any, exists);
        EXPECT_EQ(tally_of("alice").unreadable.size(), exists ? 1U : 0U);
        EXPECT_GT(usn(), 7);
        EXPECT_EQ(read_file(accounts / "alice/media/a"), "a");
        EXPECT_FALSE(fs::exists(accounts / "alice/media.db"));
    }
}

// R-MEDIA-26
TEST_F(RestoreTest, each_row_of_media_is_new_to_every_device) {
    make_media("alice");
    for (const auto* name : {"a", "b", "c"}) {
        add_media("alice", name, name);
    }
    add_media("alice", "a", "again");
    set_row("alice", "b", "b", 0);
    backed_up();
    move_away();
    ASSERT_EQ(problem(backups), "");
    const auto media_db = accounts / "alice/media.db";
    const auto last = number(media_db, "select last_usn from meta");
    EXPECT_EQ(number(media_db, "select usn from media where fname = 'c'"), last - 2);
    EXPECT_EQ(number(media_db, "select usn from media where fname = 'a'"), last - 1);
    EXPECT_EQ(number(media_db, "select usn from media where fname = 'b'"), last);
    EXPECT_GT(last - 2, 5 + (1 << 20));
}

TEST_F(RestoreTest, an_account_that_cannot_be_read_is_told) {
    make_collection("alice", 7);
    const auto folder = backed_up();
    move_away();
    fs::create_symlink("of a disk that is not there", folder / "bob");
    const auto restored = put_back(backups);
    ASSERT_TRUE(restored) << restored.error().context;
    EXPECT_EQ(restored->failed, 1U);
    EXPECT_FALSE(outcomes.at("bob"));
}

TEST_F(RestoreTest, a_partial_backup_is_taken_if_it_is_named) {
    make_collection("alice", 7);
    make_collection("bob", 7);
    const auto complete = backed_up();
    write_file(accounts / "bob/collection.anki2", std::string(100, 'x'));
    const auto partial = backed_up(1);
    move_away();
    fs::rename(complete, root / "elsewhere");
    EXPECT_THAT(problem(backups), HasSubstr("only partial backups, such as " + partial.string()));
    fs::rename(root / "elsewhere", complete);
    const auto chosen = put_back(backups);
    ASSERT_TRUE(chosen) << chosen.error().context;
    EXPECT_EQ(chosen->from, complete);
    EXPECT_EQ(chosen->newer_partial, partial);
    fs::remove_all(accounts / "alice");
    fs::remove_all(accounts / "bob");
    ASSERT_EQ(problem(partial), "");
    EXPECT_THAT(names_in(accounts), UnorderedElementsAre("alice"));
}

TEST_F(RestoreTest, what_a_crash_left_is_removed) {
    make_collection("alice", 7);
    backed_up();
    move_away();
    fs::create_directories(accounts / restore_folder_name / "alice/versions");
    ASSERT_EQ(problem(backups), "");
    EXPECT_THAT(names_in(accounts), UnorderedElementsAre("alice"));
    EXPECT_FALSE(fs::exists(accounts / "alice/versions"));
}

TEST_F(RestoreTest, says_why_there_is_nothing_to_put_back) {
    make_collection("alice", INT32_MAX - (1 << 20));
    const auto folder = backed_up();
    move_away();
    ASSERT_TRUE(put_back(backups));
    EXPECT_THAT(outcomes.at("alice").error().context, HasSubstr("are used up"));
    EXPECT_TRUE(names_in(accounts).empty());

    EXPECT_THAT(problem(root / "nowhere"), HasSubstr("nowhere cannot be read"));
    EXPECT_THAT(problem(accounts), HasSubstr("there is no backup in"));
    fs::rename(folder, backups / ".incomplete");
    EXPECT_THAT(problem(backups / ".incomplete"), HasSubstr("was not finished"));
    EXPECT_THAT(problem(backups / ".incomplete/"), HasSubstr("was not finished"));
}

}  // namespace
}  // namespace ankiwire::backup
