#include "media/media_store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <optional>

#include "base/limits.hpp"
#include "files/crash_points.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"
#include "media/batch_fixture.hpp"
#include "media/media_db.hpp"

namespace ankiwire::media {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

using files::read_file;

constexpr TimestampSecs now{1'700'000'000};

class MediaStoreTest : public testing::Test {
protected:
    MediaStore open() {
        auto store = MediaStore::open(folder_, now);
        EXPECT_TRUE(store) << store.error().context;
        return std::move(store).value();
    }
    Result<MediaStore::Applied> apply(MediaStore& store, const std::vector<Change>& changes) {
        const auto path = staging_folder(folder_) / "upload.tmp";
        std::ofstream(path, std::ios::binary) << zip_of(changes);
        TRY_ASSIGN(auto batch, StagedBatch::unpack(path));
        return store.apply(batch, now);
    }
    MediaUsn applied(MediaStore& store, const std::vector<Change>& changes) {
        const auto result = apply(store, changes);
        EXPECT_TRUE(result) << result.error().context;
        EXPECT_EQ(result ? result->processed : 0, changes.size());
        return result ? result->usn : MediaUsn{-1};
    }
    // A disk that fails behind the commit, here one that is not there: the zip is staged, and no
    // file is in place.
    void fail_behind_the_commit_of(MediaStore& store, const std::vector<Change>& changes) {
        fs::rename(folder_ / "media", folder_ / "gone");
        EXPECT_FALSE(apply(store, changes));
        fs::rename(folder_ / "gone", folder_ / "media");
    }
    // What is in a folder, by name.
    static std::map<std::string, std::string> contents(const fs::path& folder) {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::directory_iterator(folder)) {
            found.emplace(entry.path().filename(), read_file(entry.path()));
        }
        return found;
    }
    [[nodiscard]] std::map<std::string, std::string> media() const {
        return contents(folder_ / "media");
    }
    [[nodiscard]] std::map<std::string, std::string> staged() const {
        return contents(staging_folder(folder_));
    }
    // The system calls of a batch and its checkpoint that matter after a power cut, in words.
    std::string steps_of(const std::vector<Change>& changes) {
        const auto calls = system_calls_of([&] {
            auto store = MediaStore::open(folder_, now);
            CHECK(store && apply(*store, changes) && store->checkpoint());
        });
        std::string steps;
        for (const auto call : calls) {
            steps += call == SYS_fsync || call == SYS_fdatasync ? "disk "
                     : call == SYS_rename                       ? "rename "
                     : call == SYS_syncfs                       ? "all "
                     : call == SYS_unlink                       ? "unlink "
                                                                : "";
        }
        return steps;
    }
    // Where syncing to disk takes no time, if there is such a place.
    const files::TempFolder temp_folder_{fs::exists("/dev/shm") ? fs::path("/dev/shm")
                                                                : fs::temp_directory_path()};
    const fs::path folder_ = temp_folder_.path();
};

// R-MEDIA-12
TEST_F(MediaStoreTest, each_change_takes_a_usn_and_what_changes_nothing_takes_none) {
    auto store = open();
    EXPECT_EQ(applied(store, {{"a", "one"}, {"b", "two"}}), MediaUsn{2});
    EXPECT_EQ(applied(store, {{"a", "one"}, {"x", std::nullopt}}), MediaUsn{2});
    EXPECT_EQ(applied(store, {{"a", "new"}, {"b", std::nullopt}}), MediaUsn{4});
    EXPECT_THAT(media(), ElementsAre(Pair("a", "new")));
    EXPECT_EQ(*store.file_count(), 1);
    const auto changes = store.changes_after({2});
    ASSERT_TRUE(changes);
    EXPECT_THAT(*changes,
                ElementsAre(MediaChange{"a", {3}, "c2a6b03f190dfb2b4aa91f8af8d477a9bc3401dc"},
                            MediaChange{"b", {4}, ""}));
}

TEST_F(MediaStoreTest, of_one_name_the_last_change_counts) {
    auto store = open();
    applied(store,
            {{"a", "one"}, {"a", std::nullopt}, {"a", "two"}, {"b", "x"}, {"b", std::nullopt}});
    EXPECT_THAT(media(), ElementsAre(Pair("a", "two")));
}

TEST_F(MediaStoreTest, what_is_staged_goes_when_it_is_on_disk) {
    auto store = open();
    applied(store, {{"a", "one"}});
    applied(store, {{"b", "two"}});
    EXPECT_TRUE(store.has_staged());
    EXPECT_EQ(staged().size(), 2U);
    ASSERT_TRUE(store.checkpoint());
    EXPECT_FALSE(store.has_staged());
    EXPECT_THAT(staged(), IsEmpty());
}

// R-MEDIA-22
TEST_F(MediaStoreTest, what_is_staged_goes_at_once_when_it_is_much) {
    auto store = open();
    const std::string content(limits::media_staged_bytes_max / 2, 'x');
    applied(store, {{"a", content}});
    EXPECT_TRUE(store.has_staged());
    applied(store, {{"b", content}});
    EXPECT_FALSE(store.has_staged());
    EXPECT_TRUE(fs::is_empty(staging_folder(folder_)));
    EXPECT_EQ(fs::file_size(folder_ / "media" / "b"), content.size());
    applied(store, {{"c", "little"}});
    EXPECT_TRUE(store.has_staged());
}

// R-MEDIA-15, R-MEDIA-32, R-MEDIA-23
TEST_F(MediaStoreTest, a_row_without_a_file_is_forgotten_and_uses_up_a_usn) {
    auto store = open();
    applied(store, {{"a", "one"}, {"b", "two"}, {"c", "three"}});
    applied(store, {{"d", "four"}});
    fs::remove(folder_ / "media" / "b");
    fs::remove(folder_ / "media" / "d");
    const std::vector<std::string> names = {"a", "b", "c", "d"};
    const auto before = store.open_files(names);
    ASSERT_TRUE(before);
    EXPECT_EQ(before->size(), 1U);  // up to the first that is missing; both are forgotten
    EXPECT_EQ(*store.last_usn(), MediaUsn{6});
    EXPECT_EQ(*store.file_count(), 2);
    const std::vector<std::string> missing = {"b", "c"};
    const auto refused = store.open_files(missing);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::session_conflict);
    EXPECT_EQ(applied(store, {{"b", "two"}}), MediaUsn{7});
    EXPECT_EQ(media().size(), 3U);
}

// R-MEDIA-32: a short one would be taken for the file by every device.
TEST_F(MediaStoreTest, what_is_not_the_file_of_its_row_counts_as_missing) {
    auto store = open();
    applied(store, {{"short", "whole"}, {"folder", "whole"}, {"pipe", "whole"}, {"fine", "whole"}});
    std::ofstream(folder_ / "media" / "short") << "who";
    fs::remove(folder_ / "media" / "folder");
    fs::create_directories(folder_ / "media" / "folder" / "of a foreign hand");
    fs::remove(folder_ / "media" / "pipe");
    ASSERT_EQ(::mkfifo((folder_ / "media" / "pipe").c_str(), 0600), 0);
    for (const auto* name : {"short", "folder", "pipe"}) {
        const std::vector<std::string> names = {name};
        const auto refused = store.open_files(names);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::session_conflict) << refused.error().context;
    }
    EXPECT_EQ(*store.file_count(), 1);
    applied(store, {{"short", "whole"}, {"folder", "whole"}, {"pipe", "whole"}});
    EXPECT_EQ(media().size(), 4U);
    for (const auto& [name, content] : media()) {
        EXPECT_EQ(content, "whole") << name;
    }
}

TEST_F(MediaStoreTest, a_folder_in_the_place_of_a_file_goes_aside) {
    auto store = open();
    applied(store, {{"deleted", "x"}});
    fs::remove(folder_ / "media" / "deleted");
    for (const auto* name : {"deleted", "added"}) {
        fs::create_directories(folder_ / "media" / name / "of a foreign hand");
    }
    EXPECT_EQ(applied(store, {{"deleted", std::nullopt}, {"added", "one"}}), MediaUsn{3});
    EXPECT_THAT(media(), ElementsAre(Pair("added", "one")));
    ASSERT_TRUE(store.checkpoint());
    EXPECT_EQ(staged().size(), 2U);
}

TEST_F(MediaStoreTest, the_folder_of_media_may_be_on_another_disk) {
    const files::TempFolder other;  // in /tmp; the rest is in /dev/shm
    fs::create_symlink(other.path(), folder_ / "media");
    auto store = open();
    applied(store, {{"a", "one"}, {"b", "two"}});
    applied(store, {{"a", "new"}, {"b", std::nullopt}});
    EXPECT_THAT(media(), ElementsAre(Pair("a", "new")));
    ASSERT_TRUE(store.checkpoint());
    EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(MediaStoreTest, an_error_names_the_usn_of_a_file_that_cannot_be_read) {
    auto store = open();
    applied(store, {{"a", "one"}, {"b", "two"}});
    fs::remove(folder_ / "media" / "b");
    fs::create_symlink("b", folder_ / "media" / "b");  // to itself
    const std::vector<std::string> names = {"b"};
    const auto refused = store.open_files(names);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::storage);
    EXPECT_THAT(refused.error().context, testing::StartsWith("the media file of usn 2 cannot be"));
}

// R-MEDIA-24
TEST_F(MediaStoreTest, rows_that_are_lost_are_made_of_the_files) {
    {
        auto store = open();
        applied(store, {{"a", "one"}, {"b", "two"}});
        ASSERT_TRUE(store.checkpoint());
    }
    fs::remove(folder_ / "media.db");
    std::ofstream(folder_ / "media.db-wal") << "of the lost one";
    std::ofstream(folder_ / "media" / "empty");
    std::ofstream(folder_ / "media" / "not\xffUTF-8") << "x";
    fs::create_directory(folder_ / "media" / "folder");
    std::ofstream(folder_ / "media" / "large") << "x";
    fs::resize_file(folder_ / "media" / "large", limits::media_file_bytes_max + 1);
    fs::create_symlink("itself", folder_ / "media" / "itself");
    fs::create_symlink("nowhere", folder_ / "media" / "dangling");

    auto store = open();
    EXPECT_EQ(*store.file_count(), 2);
    EXPECT_EQ(store.unreadable_files(), 2U);
    const auto usn = *store.last_usn();
    EXPECT_GE(usn.value, 1 << 20);  // above all that devices may know
    const auto changes = store.changes_after({usn.value - 2});
    ASSERT_TRUE(changes);
    std::map<std::string, std::string> found;
    for (const auto& change : *changes) {
        found.emplace(change.name, change.sha1_hex);
    }
    EXPECT_THAT(found, ElementsAre(Pair("a", "fe05bcdcdc4928012781a5f1a2a77cbb5398e106"),
                                   Pair("b", "ad782ecdac770fc6eb9a62e44f90873fb97fb26b")));
    EXPECT_EQ(applied(store, {{"a", "one"}}), usn);
    EXPECT_EQ(applied(store, {{"a", std::nullopt}}), MediaUsn{usn.value + 1});
    ASSERT_TRUE(store.close());
    store = open();
    EXPECT_EQ(*store.last_usn(), MediaUsn{usn.value + 1});
    EXPECT_EQ(*store.file_count(), 1);
}

TEST_F(MediaStoreTest, what_a_closed_one_told_is_true_until_its_database_changes) {
    auto store = open();
    applied(store, {{"a", "one"}});
    const auto known = store.close();
    ASSERT_TRUE(known);
    EXPECT_EQ(known->usn, MediaUsn{1});
    EXPECT_TRUE(known->is_true_of(folder_));

    const auto log = folder_ / "media.db-wal";
    std::ofstream(log) << "of another program";
    EXPECT_FALSE(known->is_true_of(folder_));
    fs::remove(log);
    EXPECT_TRUE(known->is_true_of(folder_));

    store = open();
    applied(store, {{"a", "two"}});
    ASSERT_TRUE(store.close());
    EXPECT_FALSE(known->is_true_of(folder_));
    fs::remove(folder_ / "media.db");
    EXPECT_FALSE(known->is_true_of(folder_));
}

TEST_F(MediaStoreTest, a_file_that_is_open_stays_as_it_was) {
    auto store = open();
    applied(store, {{"a", "one"}});
    const std::vector<std::string> names = {"a"};
    const auto files = store.open_files(names);
    ASSERT_TRUE(files);
    applied(store, {{"a", "another"}});
    std::string content(10, '\0');
    const auto size = files::read_at(files->front().file, 0, content.data(), content.size());
    EXPECT_EQ(content.substr(0, *size), "one");
}

TEST_F(MediaStoreTest, an_identical_upload_brings_back_a_file_that_is_lost_or_bad) {
    auto store = open();
    applied(store, {{"a", "one"}, {"b", "two"}});
    fs::remove(folder_ / "media" / "a");
    std::ofstream(folder_ / "media" / "b") << "bad";
    EXPECT_EQ(applied(store, {{"a", "one"}, {"b", "two"}}), MediaUsn{2});
    EXPECT_THAT(media(), ElementsAre(Pair("a", "one"), Pair("b", "two")));
}

TEST_F(MediaStoreTest, a_batch_that_does_not_commit_changes_nothing) {
    auto store = open();
    applied(store, {{"a", "one"}});
    ASSERT_TRUE(store.close());
    {
        auto db = sqlite::Database::open(folder_ / "media.db", {});
        ASSERT_TRUE(
            db->execute("create trigger refuse before insert on media when new.fname = 'c' "
                        "begin select raise(abort, 'no'); end"));
    }
    store = open();
    EXPECT_FALSE(apply(store, {{"a", "new"}, {"b", "two"}, {"c", "three"}}));
    EXPECT_THAT(media(), ElementsAre(Pair("a", "one")));
    EXPECT_EQ(*store.file_count(), 1);
    EXPECT_EQ(*store.last_usn(), MediaUsn{1});
    EXPECT_THAT(staged(), ElementsAre(Pair("upload.tmp", testing::_)));  // its maker's
    EXPECT_EQ(applied(store, {{"d", "four"}}), MediaUsn{2});
}

// A disk that fails behind the commit, here one that is not there.
TEST_F(MediaStoreTest, a_file_that_could_not_be_put_in_place_is_put_there_later) {
    auto store = open();
    fs::rename(folder_ / "media", folder_ / "gone");
    EXPECT_FALSE(apply(store, {{"a", "one"}, {"b", "two"}}));
    EXPECT_FALSE(store.file_count());  // not before it is repaired
    fs::rename(folder_ / "gone", folder_ / "media");
    EXPECT_EQ(*store.file_count(), 2);
    EXPECT_THAT(media(), ElementsAre(Pair("a", "one"), Pair("b", "two")));
    EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(MediaStoreTest, a_staging_folder_that_cannot_be_read_is_not_taken_for_an_empty_one) {
    auto store = open();
    fail_behind_the_commit_of(store, {{"a", "one"}});
    fs::rename(staging_folder(folder_), folder_ / "gone");
    std::ofstream(staging_folder(folder_)) << "no folder";
    EXPECT_FALSE(store.file_count());
    fs::remove(staging_folder(folder_));
    fs::rename(folder_ / "gone", staging_folder(folder_));
    EXPECT_EQ(*store.file_count(), 1);
    EXPECT_THAT(media(), ElementsAre(Pair("a", "one")));
}

TEST_F(MediaStoreTest, a_staged_zip_that_is_damaged_goes_aside) {
    auto store = open();
    fail_behind_the_commit_of(store, {{"a", "first"}, {"b", "second"}});
    const auto [name, whole] = *staged().begin();
    const auto without_content =
        whole.substr(0, whole.find("first")) + "worst" + whole.substr(whole.find("first") + 5);
    const auto without_end = whole.substr(0, whole.size() - 1);
    std::ofstream(staging_folder(folder_) / "0.zip", std::ios::binary) << without_end;
    std::ofstream(staging_folder(folder_) / name, std::ios::binary) << without_content;
    EXPECT_TRUE(store.last_usn());
    EXPECT_THAT(media(), ElementsAre(Pair("b", "second")));
    EXPECT_THAT(staged(), ElementsAre(Pair("0.zip.damaged", without_end),
                                      Pair(name + ".damaged", without_content)));
}

// R-MEDIA-20, R-MEDIA-21
TEST_F(MediaStoreTest, a_crash_at_any_system_call_leaves_each_row_with_its_file) {
    const std::vector<Change> first = {{"kept", "kept"}, {"replaced", "old"}, {"deleted", "gone"}};
    const std::vector<Change> second = {{"replaced", "new"},
                                        {"deleted", std::nullopt},
                                        {"added", "added"},
                                        {"twice", "1"},
                                        {"twice", "2"}};
    const std::map<std::string, std::string> before = {
        {"kept", "kept"}, {"replaced", "old"}, {"deleted", "gone"}};
    const std::map<std::string, std::string> after = {
        {"kept", "kept"}, {"replaced", "new"}, {"added", "added"}, {"twice", "2"}};
    int points = 0;
    int committed = 0;
    for (bool ended = false; !ended; ++points) {
        ASSERT_LT(points, 2'000);
        fs::remove_all(folder_);
        fs::create_directory(folder_);
        {
            auto store = open();
            applied(store, first);
            ASSERT_TRUE(store.close());
        }
        ended = run_to_system_call(points + 1, [&] {
            auto store = MediaStore::open(folder_, now);
            const auto done = apply(*store, second);
            (void)store->checkpoint();
            if (!done) {
                std::abort();
            }
        });
        auto store = open();
        const bool has_committed = *store.last_usn() == MediaUsn{8};
        EXPECT_TRUE(has_committed || *store.last_usn() == MediaUsn{3});
        EXPECT_EQ(media(), has_committed ? after : before) << points;
        EXPECT_EQ(static_cast<std::size_t>(*store.file_count()), media().size());
        for (const auto& [name, content] : staged()) {
            EXPECT_TRUE(name.starts_with("upload.tmp")) << name;  // the server removes these
        }
        committed += has_committed ? 1 : 0;
    }
    EXPECT_GT(points, 50);
    EXPECT_GT(committed, 10);
    EXPECT_LT(committed, points);
}

// R-MEDIA-20, R-MEDIA-21: several zips are staged, and the repair itself is broken off.
TEST_F(MediaStoreTest, a_crash_at_any_system_call_of_a_repair_is_repaired) {
    const std::vector<std::vector<Change>> batches = {
        {{"a", "1"}, {"b", "1"}},
        {{"a", "2"}, {"b", std::nullopt}, {"c", "1"}},
        {{"b", "3"}, {"c", std::nullopt}, {"d", "1"}}};
    const std::map<std::string, std::string> after = {{"a", "2"}, {"b", "3"}, {"d", "1"}};
    const auto prepared = folder_ / "prepared";
    {
        auto store = open();
        for (const auto& batch : batches) {
            applied(store, batch);
        }
        fs::create_directory(prepared);
        for (const auto* name : {"media.db", "media.db-wal", "media.staging"}) {
            fs::copy(folder_ / name, prepared / name, fs::copy_options::recursive);
        }
        fs::create_directory(prepared / "media");  // as if no file had got there
    }
    const auto work = folder_ / "work";
    int points = 0;
    for (bool ended = false; !ended; ++points) {
        ASSERT_LT(points, 2'000);
        fs::remove_all(work);
        fs::copy(prepared, work, fs::copy_options::recursive);
        ended = run_to_system_call(points + 1, [&] { CHECK(MediaStore::open(work, now)); });
        const auto store = MediaStore::open(work, now);
        ASSERT_TRUE(store) << store.error().context;
        EXPECT_EQ(contents(work / "media"), after) << points;
        EXPECT_THAT(contents(work / "media.staging"), IsEmpty());
    }
    EXPECT_GT(points, 50);
}

// A power cut spares only what was synced before, so the order is what R-MEDIA-20 rests on.
TEST_F(MediaStoreTest, each_step_waits_for_the_disk_before_the_next) {
    {
        auto store = open();
        applied(store, {{"old", "content"}, {"gone", "content"}});
        ASSERT_TRUE(store.close());
    }
    // The zip is on disk, has its name, the name is on disk; the rows are; the file is changed; all
    // is on disk; the zip goes.
    const std::string before = "(disk |unlink )*disk rename disk (disk )+";
    const std::string put_in_place = "rename ";
    const std::string removed = "unlink ";
    const std::string after = "all unlink (unlink |disk )*";
    EXPECT_THAT(steps_of({{"new", "content"}}),
                testing::MatchesRegex(before + put_in_place + after));
    EXPECT_THAT(steps_of({{"old", "another"}}),
                testing::MatchesRegex(before + put_in_place + after));
    EXPECT_THAT(steps_of({{"gone", std::nullopt}}),
                testing::MatchesRegex(before + removed + after));
}

TEST_F(MediaStoreTest, a_media_db_of_form_3_is_brought_up_to_date) {
    {
        auto db = sqlite::Database::open(folder_ / "media.db", {.mode = sqlite::OpenMode::create});
        ASSERT_TRUE(db->execute(
            "create table media (fname text not null primary key, csum blob, sz int not null, "
            "usn int not null, deleted int not null);"
            "create index ix_usn on media (usn);"
            "create table meta (usn int not null, sz int not null);"
            "insert into meta values (7, 3);"
            "insert into media values ('a', x'fe05bcdcdc4928012781a5f1a2a77cbb5398e106', 3, 5, 0);"
            "insert into media values ('b', null, 0, 7, 1);"
            "pragma user_version = 3"));
    }
    fs::create_directory(folder_ / "media");
    std::ofstream(folder_ / "media" / "a") << "one";
    auto store = open();
    EXPECT_EQ(*store.file_count(), 1);
    EXPECT_EQ(store.changes_after({0})->size(), 1U);
    EXPECT_EQ(*store.last_usn(), MediaUsn{7});  // also if the last change was a deletion
    EXPECT_EQ(applied(store, {{"a", "one"}}), MediaUsn{7});
}

TEST_F(MediaStoreTest, one_of_a_newer_form_is_refused) {
    {
        auto db = sqlite::Database::open(folder_ / "media.db", {.mode = sqlite::OpenMode::create});
        ASSERT_TRUE(db->execute("create table media (x); pragma user_version = 5"));
    }
    const auto store = MediaStore::open(folder_, now);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().kind, ErrorKind::damaged);
}

TEST_F(MediaStoreTest, another_program_is_kept_out) {
    const auto store = open();
    const auto other = MediaStore::open(folder_, now);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().kind, ErrorKind::busy);
}

}  // namespace
}  // namespace ankiwire::media
