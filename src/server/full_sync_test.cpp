#include "server/full_sync.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "files/read_file.hpp"
#include "server/commands.hpp"
#include "server/data_folder.hpp"
#include "server/server_fixture.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::server {
namespace {

class FullSyncTest : public ServerTest {
protected:
    std::string download() {
        const auto reply = call("download", "{}");
        EXPECT_EQ(reply.status, 200) << reply.body;
        return reply.unpacked();
    }

    // The server's collection after `sql`.
    std::string changed(const char* sql) {
        const auto path = folder_.path() / "changed.anki2";
        std::filesystem::remove(path);
        std::ofstream(path, std::ios::binary) << download();
        {
            auto db = sqlite::Database::open(path, {});
            EXPECT_TRUE(db);
            EXPECT_TRUE(db->execute("pragma journal_mode = delete"));
            const auto done = db->execute(sql);
            EXPECT_TRUE(done) << done.error().context;
        }
        return files::read_file(path);
    }

    std::int64_t cards_on_server() {
        const auto path = folder_.path() / "seen.anki2";
        std::filesystem::remove(path);
        std::ofstream(path, std::ios::binary) << download();
        auto db = sqlite::Database::open(path, {});
        return db ? *db->query_int64("select count(*) from cards") : -1;
    }

    void expect_no_temporary_files() {
        for (const auto& entry : std::filesystem::directory_iterator(account_folder())) {
            EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
        }
    }

    static constexpr auto add_card =
        "insert into cards select max(coalesce((select max(id) from cards), 0)) + 1, "
        "1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '' from col";
};

TEST_F(FullSyncTest, a_download_is_the_collection) {  // R-TRANS-08
    start();
    EXPECT_EQ(download().substr(0, 15), "SQLite format 3");
    expect_no_temporary_files();
}

TEST_F(FullSyncTest, a_download_for_an_older_http_goes_to_the_end_of_the_connection) {
    start();
    auto text = post("/sync/download", zstd::pack("{}"));
    text.replace(text.find("HTTP/1.1"), 8, "HTTP/1.0");
    const auto client = connect();
    const auto reply = client->ask(text);
    EXPECT_EQ(reply.unpacked().substr(0, 15), "SQLite format 3");
    EXPECT_TRUE(client->is_closed());
}

TEST_F(FullSyncTest, an_upload_replaces_the_collection) {  // R-FULL-01, R-FULL-11
    start();
    EXPECT_EQ(good("upload", changed(add_card)), "OK");
    EXPECT_EQ(cards_on_server(), 1);
    expect_no_temporary_files();
}

TEST_F(FullSyncTest, the_replaced_collection_is_kept_and_can_be_restored) {  // R-FULL-10
    start();
    const auto empty = changed("select 1");
    good("upload", changed(add_card));
    EXPECT_TRUE(collection::list_versions(account_folder())->versions.empty())
        << "of an empty collection";
    good("upload", empty);
    EXPECT_EQ(cards_on_server(), 0);
    const auto list = collection::list_versions(account_folder());
    ASSERT_TRUE(list);
    ASSERT_EQ(list->versions.size(), 1U);
    const auto& kept = list->versions.front();
    EXPECT_EQ(kept.reason, "upload");
    EXPECT_EQ(kept.client, header_.client);
    EXPECT_EQ(kept.lost.cards, 1);

    stop();
    EXPECT_EQ(list_versions(environment_, "alice", false), 0);
    EXPECT_EQ(list_versions(environment_, "", true), 0);
    {
        const auto lock = DataFolder::lock(folder_.path());
        EXPECT_EQ(restore_version(environment_, "alice", kept.kept_at.value), 1);
    }
    EXPECT_EQ(restore_version(environment_, "bob", kept.kept_at.value), 1);
    EXPECT_EQ(restore_version(environment_, "../x", kept.kept_at.value), 1);
    EXPECT_EQ(restore_version(environment_, "alice", 7), 1);
    EXPECT_EQ(restore_version(environment_, "alice", kept.kept_at.value), 0);
    expect_no_temporary_files();
    start();
    EXPECT_EQ(cards_on_server(), 1);
}

TEST_F(FullSyncTest, a_version_is_restored_over_a_damaged_collection) {
    start();
    good("upload", changed(add_card));
    good("upload", changed("delete from cards"));
    const auto kept = collection::list_versions(account_folder())->versions.front();
    stop();
    const std::string damage(100'000, 'x');
    std::ofstream(account_folder() / "collection.anki2", std::ios::binary) << damage;
    EXPECT_EQ(restore_version(environment_, "alice", kept.kept_at.value), 0);
    bool moved_aside = false;
    for (const auto& entry : std::filesystem::directory_iterator(account_folder())) {
        moved_aside = moved_aside || (entry.path().filename().string().starts_with("damaged-") &&
                                      entry.file_size() == damage.size());
    }
    EXPECT_TRUE(moved_aside);
    start();
    EXPECT_EQ(cards_on_server(), 1);
}

TEST_F(FullSyncTest, an_upload_that_is_no_collection_changes_nothing) {  // R-FULL-03
    start();
    const auto good_file = changed(add_card);
    good("upload", good_file);
    const auto packed = zstd::pack(good_file);
    for (const auto& body :
         {std::string(), std::string("not zstd"), zstd::pack("not a collection"), zstd::pack(""),
          packed.substr(0, packed.size() / 2), zstd::pack(good_file.substr(0, 5000))}) {
        const auto reply = connect()->ask(post("/sync/upload", body));
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.unpacked(), upload_corrupt_text);
    }
    EXPECT_EQ(cards_on_server(), 1);
    expect_no_temporary_files();
}

TEST_F(FullSyncTest, an_upload_over_the_limits_is_refused_in_words) {  // R-FULL-02, R-LIM-02
    start();
    std::string noise(2U << 20U, '\0');
    std::uint32_t state = 1;
    for (auto& byte : noise) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24U);
    }
    for (const auto& body : {zstd::pack(std::string(4U << 20U, '\0')), zstd::pack(noise)}) {
        const auto reply = connect()->ask(post("/sync/upload", body));
        EXPECT_EQ(reply.status, 200);
        EXPECT_EQ(reply.unpacked(), upload_too_large_text);
    }
    expect_no_temporary_files();
}

TEST_F(FullSyncTest, an_upload_that_breaks_off_leaves_nothing_behind) {  // R-FULL-14
    start();
    const auto packed = zstd::pack(changed(add_card));
    const auto text = post("/sync/upload", packed, false, "Expect: 100-continue\r\n");
    {
        const auto client = connect();
        EXPECT_EQ(client->ask(text.substr(0, text.size() - packed.size())).status, 100);
        client->send(packed.substr(0, packed.size() / 2));
    }
    stop();  // waits for the connection's end
    expect_no_temporary_files();
    start();
    EXPECT_EQ(cards_on_server(), 0);
}

TEST_F(FullSyncTest, what_a_crash_left_is_removed_at_the_start) {
    std::filesystem::create_directories(account_folder());
    for (const auto* name : {"upload-0123456789abcdef.tmp", "upload-0123456789abcdef.tmp-wal"}) {
        std::ofstream(account_folder() / name) << "x";
    }
    std::ofstream(account_folder() / "mine.tmp") << "x";
    start();
    EXPECT_FALSE(std::filesystem::exists(account_folder() / "upload-0123456789abcdef.tmp"));
    EXPECT_FALSE(std::filesystem::exists(account_folder() / "upload-0123456789abcdef.tmp-wal"));
    EXPECT_TRUE(std::filesystem::exists(account_folder() / "mine.tmp"));
}

TEST_F(FullSyncTest, a_device_is_noted_with_what_it_did_last) {
    start();
    good("upload", changed(add_card));
    stop();
    auto devices = Devices(account_folder()).list();
    ASSERT_TRUE(devices);
    ASSERT_EQ(devices->size(), 1U);
    EXPECT_EQ(devices->front().outcome, "uploaded");
    start();
    good("start", R"({"minUsn":0,"lnewer":false})");
    good("finish", "{}");
    stop();
    devices = Devices(account_folder()).list();
    ASSERT_TRUE(devices);
    ASSERT_EQ(devices->size(), 1U);
    EXPECT_EQ(devices->front().outcome, "synced");
    EXPECT_EQ(devices->front().client, header_.client);
    EXPECT_EQ(devices->front().platform, "linux");
}

TEST_F(FullSyncTest, a_download_that_breaks_off_is_not_noted_as_one) {
    environment_["MAX_SYNC_PAYLOAD_MEGS"] = "20";
    start();
    good("upload", changed("create table more (x); with recursive n(i) as (select 1 union all "
                           "select i + 1 from n where i < 12) "
                           "insert into more select randomblob(1000000) from n"));
    header_.client = "99,phone,ios";
    const auto client = connect();
    client->send(post("/sync/download", zstd::pack("{}")));
    client->close();
    stop();
    const auto devices = Devices(account_folder()).list();
    ASSERT_TRUE(devices);
    ASSERT_EQ(devices->size(), 1U);
    EXPECT_NE(devices->front().client, header_.client);
    expect_no_temporary_files();
}

TEST(DataFolders, say_what_is_wrong_with_them) {
    const files::TempFolder folder;
    EXPECT_EQ(DataFolder::problem(folder.path()), "");
    EXPECT_EQ(DataFolder::problem(folder.path() / "new" / "deep"), "");
    std::ofstream(folder.path() / "file") << "x";
    EXPECT_NE(DataFolder::problem(folder.path() / "file"), "");
    EXPECT_NE(DataFolder::problem(folder.path() / "file" / "below"), "");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "new"));
}

TEST(DataFolders, belong_to_one_process_at_a_time) {
    const files::TempFolder folder;
    {
        const auto first = DataFolder::lock(folder.path() / "new");
        EXPECT_TRUE(first);
        const auto second = DataFolder::lock(folder.path() / "new");
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().kind, ErrorKind::busy);
    }
    EXPECT_TRUE(DataFolder::lock(folder.path() / "new"));
}

}  // namespace
}  // namespace ankiwire::server
