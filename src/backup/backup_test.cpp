#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backup/account_backup.hpp"
#include "backup/backup_folder.hpp"
#include "backup/fixture.hpp"
#include "backup/users_env.hpp"
#include "files/crash_points.hpp"
#include "media/batch_fixture.hpp"

namespace ankiwire::backup {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class BackupTest : public BackupFixture {
protected:
    sqlite::Database open_media_as_a_server() {
        auto db = sqlite::Database::open(accounts / "alice/media.db", {});
        if (!db || !db->execute("pragma locking_mode = exclusive; pragma journal_mode = wal")) {
            ::_exit(1);
        }
        return std::move(db).value();
    }
    // As a server does, with rests: rows are committed, then files take their names.
    [[noreturn]] void replace_media_for_ever() {
        auto db = open_media_as_a_server();
        for (unsigned i = 0;; ++i) {
            const auto name = std::to_string(i * 7919 % 200);
            const auto bytes = "content " + std::to_string(i);
            set_row(db, name, bytes, static_cast<std::int64_t>(bytes.size()));
            ::usleep(500);
            put_file("alice", name, bytes);
            if (i % 40 == 0) {
                ::usleep(i % 7 * 20'000);
            }
        }
    }
    [[noreturn]] void change_a_row_for_ever() {
        auto db = open_media_as_a_server();
        for (unsigned i = 0;; ++i) {
            set_row(db, "without a file", std::to_string(i), 1);
            ::usleep(500);
        }
    }
};

TEST_F(BackupTest, holds_what_an_account_has_and_nothing_else) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "a.png", "picture");
    set_row("alice", "gone.png", "once", 0);
    make_collection("bob", 1);
    const auto alice = accounts / "alice";
    fs::create_directories(alice / "versions");
    fs::create_directories(alice / "media.staging");
    fs::create_directories(accounts / ".ankiwire.restore/carol");
    for (const auto* name : {"restored.json", "versions/5.anki2.zst", "versions/5.json",
                             "versions/6.anki2.zst", "media.staging/x", "upload-1.tmp",
                             "media/not in media.db", "../.ankiwire.restore/carol/media.db"}) {
        write_file(alice / name, name);
    }
    run_on("alice", "ankiwire.db", "create table devices (n)");

    const auto folder = backed_up();
    EXPECT_EQ(folder.filename(), "2026-11-24T18-49-53Z");
    EXPECT_THAT(names_in(folder), UnorderedElementsAre("alice", "bob"));
    EXPECT_THAT(names_in(folder / "alice"),
                UnorderedElementsAre("collection.anki2", "media.db", "media", "versions",
                                     "ankiwire.db", "restored.json"));
    EXPECT_THAT(names_in(folder / "alice/media"), UnorderedElementsAre("a.png"));
    EXPECT_THAT(names_in(folder / "alice/versions"), UnorderedElementsAre("5.anki2.zst", "5.json"));
    EXPECT_EQ(number(folder / "alice/collection.anki2", "select usn from col"), 7);
    EXPECT_EQ(number(folder / "alice/media.db", "select count(*) from media"), 2);
    EXPECT_EQ(read_file(folder / "alice/media/a.png"), "picture");
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
    EXPECT_THAT(names_in(backups), Not(Contains(".incomplete")));
}

TEST_F(BackupTest, links_what_has_not_changed) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "same.png", "picture");
    add_media("alice", "changes.png", "old");
    fs::create_directories(accounts / "alice/versions");
    write_file(accounts / "alice/versions/5.anki2.zst", "packed");
    write_file(accounts / "alice/versions/5.json", "{}");
    const auto first = backed_up();
    const auto second = backed_up(1);
    for (const auto* name : {"collection.anki2", "media.db", "media/same.png", "media/changes.png",
                             "versions/5.anki2.zst"}) {
        EXPECT_TRUE(same_file(first / "alice" / name, second / "alice" / name)) << name;
    }
    EXPECT_EQ(tally_of("alice").files_linked, 5U);

    add_media("alice", "changes.png", "new");
    run_on("alice", "collection.anki2", "update col set usn = 8");
    const auto third = backed_up(2);
    EXPECT_TRUE(same_file(second / "alice/media/same.png", third / "alice/media/same.png"));
    EXPECT_EQ(read_file(third / "alice/media/changes.png"), "new");
    EXPECT_EQ(read_file(second / "alice/media/changes.png"), "old");
    EXPECT_EQ(number(third / "alice/collection.anki2", "select usn from col"), 8);
    EXPECT_EQ(number(second / "alice/collection.anki2", "select usn from col"), 7);
}

TEST_F(BackupTest, does_not_link_what_is_damaged_in_the_last_one) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "a.png", "picture");
    const auto first = backed_up();
    fs::resize_file(first / "alice/media/a.png", 3);
    auto bytes = read_file(first / "alice/collection.anki2");
    bytes[bytes.size() - 1] = static_cast<char>(bytes[bytes.size() - 1] + 1);
    write_file(first / "alice/collection.anki2", bytes);
    const auto second = backed_up(1);
    EXPECT_EQ(read_file(second / "alice/media/a.png"), "picture");
    EXPECT_FALSE(same_file(first / "alice/collection.anki2", second / "alice/collection.anki2"));
}

TEST_F(BackupTest, leaves_out_rows_whose_file_is_missing_or_another_one) {
    make_media("alice");
    add_media("alice", "fine.png", "fine");
    add_media("alice", "missing.png", "missing");
    fs::remove(accounts / "alice/media/missing.png");
    add_media("alice", "other.png", "other");
    write_file(accounts / "alice/media/other.png", "OTHER");
    set_row("alice", "../../outside", "x", 1);
    set_row("alice", std::string("a\0b", 3), "x", 1);
    write_file(accounts / "outside", "x");

    const auto folder = backed_up();
    EXPECT_THAT(tally_of("alice").missing,
                UnorderedElementsAre(HasSubstr(
                    R"(4 media files ("../../outside", "a\x00b", "missing.png", "other.png"))")));
    EXPECT_THAT(tally_of("alice").unreadable, IsEmpty());
    EXPECT_THAT(names_in(folder / "alice/media"), UnorderedElementsAre("fine.png"));
    const auto media_db = folder / "alice/media.db";
    EXPECT_EQ(number(media_db, "select count(*) from media"), 1);
    EXPECT_EQ(number(media_db, "select total_bytes from meta"), 4);
    EXPECT_EQ(number(media_db, "select total_nonempty_files from meta"), 1);
    EXPECT_EQ(number(accounts / "alice/media.db", "select count(*) from media"), 5);
}

// A folder cannot be read as a file, by root neither.
// As a power cut, or a full disk, leaves them; and as a server has them for a moment.
TEST_F(BackupTest, takes_what_is_not_in_its_place_yet_from_the_staged_zips) {
    make_media("alice");
    add_media("alice", "there.jpg", "there");
    set_row("alice", "torn.jpg", "whole", 5);
    put_file("alice", "torn.jpg", "who");
    set_row("alice", "late.jpg", "newer", 5);
    put_file("alice", "late.jpg", "older");
    const auto staging = accounts / "alice" / "media.staging";
    fs::create_directories(staging);
    using Changes = std::vector<media::Change>;
    write_file(staging / "2.zip", media::zip_of(Changes{{"torn.jpg", "whole"}}));
    write_file(staging / "3.zip", media::zip_of(Changes{{"late.jpg", "newer"}, {"x", "x"}}));
    write_file(staging / "4.zip", media::zip_of(Changes{{"late.jpg", "OTHER"}, {"x", {}}}));
    write_file(staging / "5.zip", "no zip");
    const auto made = backed_up() / "alice";
    EXPECT_EQ(read_file(made / "media" / "there.jpg"), "there");
    EXPECT_EQ(read_file(made / "media" / "torn.jpg"), "whole");
    EXPECT_EQ(read_file(made / "media" / "late.jpg"), "newer");
    EXPECT_EQ(number(made / "media.db", "select count(*) from media"), 3);
    EXPECT_THAT(tally_of("alice").missing, IsEmpty());
}

TEST_F(BackupTest, what_cannot_be_read_does_not_keep_the_rest_out) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "fine.png", "fine");
    add_media("alice", "bad.png", "bad");
    fs::remove(accounts / "alice/media/bad.png");
    fs::create_directory(accounts / "alice/media/bad.png");
    fs::create_directories(accounts / "alice/versions/5.anki2.zst");
    write_file(accounts / "alice/versions/5.json", "{}");
    write_file(accounts / "alice/versions/6.anki2.zst", "packed");
    write_file(accounts / "alice/versions/6.json", "{}");
    make_collection("bob", 8);
    const auto older = backed_up(-1);  // kept in spite of `keep`
    EXPECT_TRUE(older.native().ends_with("Z.partial"));

    const auto made = back_up(0, 1);
    ASSERT_TRUE(made) << made.error().context;
    EXPECT_TRUE(made->is_partial && made->lacks_any);
    EXPECT_EQ(made->failed, 0U);
    EXPECT_TRUE(fs::exists(older));
    EXPECT_THAT(tally_of("alice").missing, IsEmpty());
    EXPECT_THAT(tally_of("alice").unreadable,
                UnorderedElementsAre(HasSubstr(R"(1 media file ("bad.png"))"),
                                     HasSubstr("versions/5.anki2.zst")));
    const auto folder = made->folder;
    EXPECT_EQ(number(folder / "alice/collection.anki2", "select usn from col"), 7);
    EXPECT_EQ(number(folder / "bob/collection.anki2", "select usn from col"), 8);
    EXPECT_THAT(names_in(folder / "alice/media"), ElementsAre("fine.png"));
    EXPECT_EQ(number(folder / "alice/media.db", "select count(*) from media"), 1);
    EXPECT_THAT(names_in(folder / "alice/versions"), UnorderedElementsAre("6.anki2.zst", "6.json"));
}

TEST_F(BackupTest, a_version_without_its_description_is_not_saved) {
    make_collection("alice", 7);
    fs::create_directories(accounts / "alice/versions/5.json");
    write_file(accounts / "alice/versions/5.anki2.zst", "packed");
    fs::create_symlink("removed meanwhile", accounts / "alice/versions/6.json");
    write_file(accounts / "alice/versions/6.anki2.zst", "packed");
    const auto made = back_up();
    ASSERT_TRUE(made) << made.error().context;
    EXPECT_THAT(tally_of("alice").unreadable, ElementsAre(HasSubstr("versions/5.json")));
    EXPECT_THAT(names_in(made->folder / "alice/versions"), IsEmpty());
}

TEST_F(BackupTest, without_media_db_the_files_are_saved_as_they_are) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "a.png", "a");
    add_media("alice", "b.png", "b");
    const auto first = backed_up();
    write_file(accounts / "alice/media.db", std::string(4096, 'x'));
    put_file("alice", "b.png", "new");
    fs::create_directory(accounts / "alice/media/folder");
    const auto made = back_up(1);
    ASSERT_TRUE(made) << made.error().context;
    EXPECT_TRUE(made->is_partial);
    EXPECT_THAT(tally_of("alice").unreadable, ElementsAre(HasSubstr("without media.db")));
    const auto folder = made->folder / "alice";
    EXPECT_EQ(number(folder / "collection.anki2", "select usn from col"), 7);
    EXPECT_THAT(names_in(folder), UnorderedElementsAre("collection.anki2", "media"));
    EXPECT_THAT(names_in(folder / "media"), UnorderedElementsAre("a.png", "b.png"));
    EXPECT_TRUE(same_file(first / "alice/media/a.png", folder / "media/a.png"));
    EXPECT_EQ(read_file(folder / "media/b.png"), "new");
}

TEST_F(BackupTest, what_the_data_folder_lacks_itself_removes_nothing_old) {
    make_collection("alice", 7);
    make_media("alice");
    add_media("alice", "a.png", "a");
    const auto first = backed_up();
    set_row("alice", "a.png", "new", 3);  // and its file is still the old one
    const auto second = back_up(1, 1);
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->lacks_any);
    EXPECT_FALSE(second->is_partial);
    EXPECT_TRUE(fs::exists(first));
}

TEST_F(BackupTest, takes_all_names_that_a_file_can_have) {
    make_media("alice");
    const std::vector<std::string> names = {
        std::string(255, 'x'), "a\nb", "\xff\xfe", ".hidden", "-rf *", "a'b\"c\\", "x.tmp"};
    for (const auto& name : names) {
        add_media("alice", name, "of " + name);
    }
    backed_up();
    const auto folder = backed_up(1);
    EXPECT_TRUE(tally_of("alice").missing.empty());
    for (const auto& name : names) {
        EXPECT_EQ(read_file(folder / "alice/media" / name), "of " + name);
    }
}

TEST_F(BackupTest, media_that_change_all_the_time_fit_their_rows) {
    make_media("alice");
    for (int i = 0; i < 200; ++i) {
        add_media("alice", std::to_string(i), std::to_string(i));
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        replace_media_for_ever();
    }
    int saved = 0;
    for (int i = 0; saved < 5 && i < 100; ++i) {
        const auto made = back_up(i);
        ASSERT_TRUE(made) << made.error().context;
        if (made->is_partial) {  // it had no luck
            EXPECT_THAT(tally_of("alice").unreadable, ElementsAre(HasSubstr("kept changing")));
            EXPECT_FALSE(fs::exists(made->folder / "alice/media.db"));
            continue;
        }
        ++saved;
        EXPECT_TRUE(tally_of("alice").missing.empty());
        const auto wanted = live_media(made->folder / "alice/media.db");
        ASSERT_TRUE(wanted);
        EXPECT_EQ(wanted->size(), 200U);
        for (const auto& [name, file] : *wanted) {
            EXPECT_EQ(media::sha1_of(read_file(made->folder / "alice/media" / name)), file.sha1);
        }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(saved, 5);
}

// It is another row each time, so its file may yet come.
TEST_F(BackupTest, a_row_that_keeps_changing_is_not_left_out) {
    make_media("alice");
    add_media("alice", "kept", "kept");
    const pid_t child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        change_a_row_for_ever();
    }
    const auto made = back_up();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(made) << made.error().context;
    EXPECT_TRUE(made->is_partial);
    EXPECT_THAT(tally_of("alice").unreadable, ElementsAre(HasSubstr("kept changing")));
    EXPECT_THAT(names_in(made->folder / "alice"), ElementsAre("media"));
    EXPECT_EQ(read_file(made->folder / "alice/media/kept"), "kept");
}

TEST_F(BackupTest, keeps_the_newest_after_a_success_alone) {
    make_collection("alice", 1);
    const auto first = backed_up(0, 2);
    const auto second = backed_up(1, 2);
    const auto third = backed_up(2, 2);
    EXPECT_FALSE(fs::exists(first));
    EXPECT_TRUE(fs::exists(second) && fs::exists(third));

    make_collection("bob", 1);
    write_file(accounts / "bob/collection.anki2", "not a database, but long enough to look like");
    const auto partial = back_up(3, 1);
    ASSERT_TRUE(partial);
    EXPECT_EQ(partial->failed, 1U);
    EXPECT_TRUE(partial->folder.native().ends_with("Z.partial"));
    EXPECT_THAT(names_in(partial->folder), UnorderedElementsAre("alice"));
    EXPECT_THAT(outcomes.at("bob").error().context, HasSubstr("collection.anki2"));
    EXPECT_TRUE(fs::exists(second) && fs::exists(third));

    fs::remove_all(accounts / "bob");
    const auto last = backed_up(4, 1);
    EXPECT_THAT(names_in(backups),
                UnorderedElementsAre(last.filename().string(), ".ankiwire-backup.lock"));
}

// They are valid for what the collection's stamp tells: an upload between the two ends that.
TEST_F(BackupTest, copies_lost_usns_before_the_collection) {
    fs::create_directories(accounts / "bob");
    write_file(accounts / "bob/restored.json", "{}");
    write_file(accounts / "bob/collection.anki2", "not a database, but long enough to look like");
    ASSERT_FALSE(back_up_account(accounts / "bob", root / "bob", {}));
    EXPECT_EQ(read_file(root / "bob/restored.json"), "{}");
}

TEST_F(BackupTest, a_new_one_comes_last_whatever_the_clock_does) {
    make_collection("alice", 1);
    const auto first = backed_up(3600);
    const auto second = backed_up(0, 1);
    EXPECT_GT(second, first);
    EXPECT_FALSE(fs::exists(first));
    const auto third = backed_up(0, 1);
    EXPECT_GT(third, second);
    EXPECT_TRUE(fs::exists(third));
    EXPECT_FALSE(fs::exists(second));
}

TEST_F(BackupTest, an_account_that_cannot_be_looked_into_is_not_forgotten) {
    make_collection("alice", 1);
    fs::create_directories(accounts / "media only/media");
    write_file(accounts / "media only/media/a.png", "a");
    fs::create_directories(accounts / "empty/media");
    fs::create_symlink("of a disk that is not there", accounts / "gone");
    const auto made = back_up();
    ASSERT_TRUE(made) << made.error().context;
    EXPECT_EQ(made->accounts, 3U);
    EXPECT_EQ(made->failed, 1U);
    EXPECT_FALSE(outcomes.at("gone"));
    EXPECT_EQ(read_file(made->folder / "media only/media/a.png"), "a");
}

TEST_F(BackupTest, files_without_media_db_are_saved) {
    make_collection("alice", 1);
    make_media("alice");
    add_media("alice", "a.png", "a");
    for (const bool is_empty : {false, true}) {
        fs::remove(accounts / "alice/media.db");
        if (is_empty) {
            write_file(accounts / "alice/media.db", "");
        }
        const auto made = back_up();
        ASSERT_TRUE(made);
        EXPECT_FALSE(made->lacks_any);
        EXPECT_EQ(read_file(made->folder / "alice/media/a.png"), "a");
        EXPECT_FALSE(fs::exists(made->folder / "alice/media.db"));
    }
}

TEST_F(BackupTest, an_old_one_that_is_being_removed_does_not_pass_for_a_complete_one) {
    make_collection("alice", 1);
    const auto old = backed_up();
    backed_up(1);
    const auto both = root / "both";
    fs::copy(backups, both, fs::copy_options::recursive);
    bool is_done = false;
    for (int calls = 1; !is_done; ++calls) {
        is_done = run_to_system_call(calls, [&] {
            auto folder = BackupFolder::lock(backups);
            CHECK(folder && folder->keep(1));
        });
        EXPECT_EQ(fs::exists(old), fs::exists(old / "alice/collection.anki2")) << calls;
        EXPECT_FALSE(is_done && fs::exists(old));
        fs::remove_all(backups);
        fs::copy(both, backups, fs::copy_options::recursive);
    }
}

TEST_F(BackupTest, what_a_run_that_broke_off_left_is_removed) {
    make_collection("alice", 1);
    fs::create_directories(backups / ".incomplete/alice/media");
    const auto folder = backed_up();
    EXPECT_THAT(names_in(folder / "alice"), UnorderedElementsAre("collection.anki2", "media"));
}

TEST_F(BackupTest, says_why_there_is_none) {
    const auto problem = [&] {
        const auto made = back_up();
        return made ? std::string() : made.error().context;
    };
    EXPECT_THAT(problem(), HasSubstr("no account"));
    make_collection("alice", 1);
    {
        const auto other = BackupFolder::lock(backups);
        EXPECT_THAT(problem(), HasSubstr("another backup"));
    }
    backups = accounts / "alice/backups";
    EXPECT_THAT(problem(), HasSubstr("inside of the data folder"));
    fs::create_symlink(accounts, root / "link");
    backups = root / "link" / "backups";
    EXPECT_THAT(problem(), HasSubstr("inside of the data folder"));
    EXPECT_FALSE(fs::exists(accounts / "backups"));
    write_file(root / "file", "");
    backups = root / "file";
    EXPECT_THAT(problem(), HasSubstr("cannot be written"));
    backups = root / "good";
    write_file(accounts / "alice/collection.anki2", std::string(100, 'x'));
    EXPECT_THAT(problem(), HasSubstr("no account could be saved"));
    EXPECT_THAT(names_in(backups), UnorderedElementsAre(".ankiwire-backup.lock"));
    accounts = root / "nowhere";
    EXPECT_THAT(problem(), HasSubstr("nowhere cannot be read"));
}

TEST(UsersEnv, is_read_by_a_shell_as_it_was) {
    const std::map<std::string, std::string, std::less<>> variables = {
        {"SYNC_USER1", R"(alice:p a$$'"\w`x`)"},
        {"SYNC_USER22", "bob:$pbkdf2-sha256$i=1,l=32$c2FsdA$aGFzaA"},
        {"SYNC_USER3", "eve: #\"\\\n!"},
        {"PASSWORDS_HASHED", ""}};
    auto environment = variables;
    environment.insert({{"SYNC_USER", "x"}, {"SYNC_USERS1", "x"}, {"HOME", "x"}});
    const auto path = fs::path(testing::TempDir()) / ("users-" + std::to_string(getpid()));
    write_file(path, users_env(environment));
    const auto command = "env -i sh -c 'set -a; . " + path.string() + "; exec env -0'";
    FILE* pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string said(4096, '\0');
    said.resize(::fread(said.data(), 1, said.size(), pipe));
    ::pclose(pipe);
    fs::remove(path);
    for (const auto& [name, value] : variables) {
        EXPECT_THAT(said, HasSubstr(name + "=" + value + '\0'));
    }
    EXPECT_THAT(said, Not(HasSubstr("SYNC_USERS1")));
    EXPECT_EQ(users_env({{"PASSWORDS_HASHED", "1"}}), "");
}

}  // namespace
}  // namespace ankiwire::backup
