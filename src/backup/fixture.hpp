// For tests of backups: a data folder with accounts made by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "backup/backup.hpp"
#include "backup/media.hpp"
#include "backup/restore.hpp"
#include "collection/collection_store.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"
#include "media/sha1.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::backup {

namespace fs = std::filesystem;

using files::read_file;

inline void write_file(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

class BackupFixture : public testing::Test {
protected:
    static constexpr TimestampMs now{1'795'546'193'000};  // 2026-11-24T18:49:53Z

    BackupFixture() { fs::create_directories(accounts); }

    // A new collection at this usn.
    void make_collection(const std::string& user, std::int32_t usn) {
        fs::create_directories(accounts / user);
        auto store = collection::CollectionStore::open(accounts / user / "collection.anki2", now);
        ASSERT_TRUE(store) << store.error().context;
        ASSERT_TRUE(store->close());
        run_on(user, "collection.anki2", "update col set usn = " + std::to_string(usn));
    }
    void run_on(const std::string& user, const char* database, const std::string& sql) {
        auto db =
            sqlite::Database::open(accounts / user / database, {.mode = sqlite::OpenMode::create});
        ASSERT_TRUE(db);
        const auto done = db->execute(sql.c_str());
        ASSERT_TRUE(done) << done.error().context;
    }
    static std::int64_t number(const fs::path& database, const std::string& sql) {
        auto db = sqlite::Database::open(database, {.mode = sqlite::OpenMode::read_only});
        EXPECT_TRUE(db) << database;
        const auto value = db->query_int64(sql);
        EXPECT_TRUE(value) << value.error().context;
        return value ? *value : -1;
    }

    void make_media(const std::string& user) {
        fs::create_directories(accounts / user / "media");
        run_on(user, "media.db",
               "create table media (fname text not null primary key, csum blob not null, "
               "size integer not null, usn integer not null, mtime integer not null);"
               "create table meta (last_usn integer not null, total_bytes integer not null, "
               "total_nonempty_files integer not null);"
               "insert into meta values (0, 0, 0); pragma user_version = 4");
    }
    void set_row(const std::string& user, const std::string& name, const std::string& bytes,
                 std::int64_t size) {
        auto db = sqlite::Database::open(accounts / user / "media.db", {});
        ASSERT_TRUE(db);
        set_row(*db, name, bytes, size);
    }
    static void set_row(sqlite::Database& db, const std::string& name, const std::string& bytes,
                        std::int64_t size) {
        ASSERT_TRUE(db.execute("begin; update meta set last_usn = last_usn + 1"));
        auto insert = db.prepare(
            "insert or replace into media values "
            "(?, ?, ?, (select last_usn from meta), 0)");
        ASSERT_TRUE(insert);
        insert->bind_text(1, name);
        insert->bind_blob(2, media::sha1_of(bytes));
        insert->bind(3, size);
        ASSERT_TRUE(insert->run());
        ASSERT_TRUE(db.execute("commit"));
    }
    void add_media(const std::string& user, const std::string& name, const std::string& bytes) {
        set_row(user, name, bytes, static_cast<std::int64_t>(bytes.size()));
        put_file(user, name, bytes);
    }
    void put_file(const std::string& user, const std::string& name, const std::string& bytes) {
        // As servers do: another file takes the name.
        write_file(accounts / user / "new", bytes);
        fs::rename(accounts / user / "new", accounts / user / "media" / name);
    }

    Result<Backup> back_up(std::int64_t seconds_later = 0, std::size_t keep = 0,
                           const std::string& users_env = {}) {
        outcomes.clear();
        return backup::back_up(
            {.accounts = accounts, .directory = backups, .users_env = users_env, .keep = keep},
            {now.value + 1000 * seconds_later}, tell());
    }
    // The folder of a backup that must succeed.
    fs::path backed_up(std::int64_t seconds_later = 0, std::size_t keep = 0) {
        const auto made = back_up(seconds_later, keep);
        EXPECT_TRUE(made) << made.error().context;
        return made ? made->folder : fs::path();
    }
    Result<Restored> put_back(const fs::path& from, const std::string& account = {}) {
        outcomes.clear();
        return backup::restore({.from = from, .accounts = accounts, .account = account}, now,
                               tell());
    }
    TellAccount tell() {
        return [this](const std::string& account, const Result<Tally>& outcome) {
            outcomes.emplace(account, outcome);
        };
    }
    [[nodiscard]] const Tally& tally_of(const std::string& user) const {
        EXPECT_TRUE(outcomes.at(user)) << outcomes.at(user).error().context;
        return *outcomes.at(user);
    }
    static std::vector<std::string> names_in(const fs::path& folder) {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder)) {
            names.push_back(entry.path().filename().string());
        }
        return names;
    }
    static bool same_file(const fs::path& a, const fs::path& b) { return fs::equivalent(a, b); }

    const files::TempFolder temp_folder;
    const fs::path root = temp_folder.path();
    fs::path accounts = root / "accounts";
    fs::path backups = root / "backups";
    std::map<std::string, Result<Tally>> outcomes;
};

}  // namespace ankiwire::backup
