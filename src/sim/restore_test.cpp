// A restore over a damaged collection, which a person may want to look at.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "collection/versions.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"
#include "server/commands.hpp"
#include "sim/disk.hpp"
#include "sim/world.hpp"
#include "sqlite/database_file.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* user = DiskPromises::account_name;
constexpr const char* data = DiskPromises::first_data_folder;
constexpr std::size_t page_bytes = 4096;
std::string damage() { return std::string(page_bytes, 'x'); }

class RestoreTest : public testing::Test {
protected:
    // The root of a disk with an account that has a version to restore. Its server was killed: the
    // last commits are in the log.
    RestoreTest() {
        World world(folder_.path() / "world", 1);
        for (const auto* command : {"edit 0 9", "upload 0", "upload 1", "edit 1 9", "sync 1"}) {
            EXPECT_EQ(world.act(command), "");
        }
        const Aside aside;
        fs::create_directory(sound_);
        fs::copy(folder_.path() / "world" / "disk" / data, sound_ / data,
                 fs::copy_options::recursive);
    }

    // A copy of that whose collection is damaged here.
    fs::path damaged(std::size_t at) {
        auto root = folder_.path() / std::to_string(at);
        fs::copy(sound_, root, fs::copy_options::recursive);
        std::fstream file(collection_in(root), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(at)) << damage();
        return root;
    }
    static fs::path collection_in(const fs::path& root) {
        return root / data / user / "collection.anki2";
    }
    static std::vector<collection::Version> versions_in(const fs::path& root) {
        const Aside aside;
        auto list = collection::list_versions(root / data / user);
        EXPECT_TRUE(list);
        return std::move(list->versions);
    }
    // The newest version.
    static int restore(const fs::path& root) {
        return server::restore_version({{"SYNC_BASE", root / data}}, user,
                                       versions_in(root).back().kept_at.value);
    }
    // What was moved aside.
    static std::vector<fs::path> aside_in(const fs::path& root) {
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(root / data / user)) {
            const auto name = entry.path().filename().native();
            if (name.starts_with("damaged-") && name.ends_with(".anki2")) {
                found.push_back(entry.path());
            }
        }
        return found;
    }
    static bool has_aside(const fs::path& root, std::size_t at) {
        return std::ranges::any_of(aside_in(root), [at](const fs::path& path) {
            return files::read_file(path).substr(at, page_bytes) == damage();
        });
    }

    files::TempFolder folder_;
    fs::path sound_ = folder_.path() / "sound";
};

TEST_F(RestoreTest, does_not_mind_which_page_is_damaged) {
    for (std::size_t at = 0; at < fs::file_size(collection_in(sound_)); at += page_bytes) {
        EXPECT_EQ(restore(damaged(at)), 0) << "from byte " << at;
    }
}

// A file that has lost so much that SQLite cannot write its log back: the last commit is in that
// alone.
TEST_F(RestoreTest, keeps_the_log_of_what_is_damaged) {
    const auto root = folder_.path() / "cut";
    fs::copy(sound_, root, fs::copy_options::recursive);
    const auto collection = collection_in(root);
    std::string log;
    {
        auto db = sqlite::Database::open(collection, {.mode = sqlite::OpenMode::read_write});
        ASSERT_TRUE(db);
        ASSERT_TRUE(
            db->execute("pragma journal_mode = wal;"
                        "insert into config values ('filling', 0, 0, zeroblob(400000));"
                        "pragma wal_checkpoint(truncate); update col set mod = mod + 1"));
        log = files::read_file(sqlite::log_path(collection));
    }
    std::ofstream(sqlite::log_path(collection), std::ios::binary) << log;
    fs::resize_file(collection, page_bytes);

    EXPECT_EQ(restore(root), 0);
    const auto aside = aside_in(root);
    ASSERT_EQ(aside.size(), 1U);
    EXPECT_GT(log.size(), page_bytes);
    EXPECT_EQ(files::read_file(sqlite::log_path(aside.front())), log);
}

// A disk that fails to read once does not make a sound collection a damaged one.
TEST_F(RestoreTest, keeps_a_version_of_what_is_sound) {
    bool has_failed = true;
    for (std::uint64_t skip = 0; has_failed; ++skip) {
        const auto root = folder_.path() / fmt::format("read {}", skip);
        fs::copy(sound_, root, fs::copy_options::recursive);
        const auto before = versions_in(root).size();
        Disk disk(root);
        disk.fail({.call = Call::read, .error = EIO, .skip = skip});
        const int status = restore(root);
        has_failed = disk.has_failed();
        EXPECT_GE(versions_in(root).size(), before + (status == 0 ? 1 : 0)) << "read " << skip;
    }
}

// Whenever the power goes, the restore can be done again, and what was damaged is there.
TEST_F(RestoreTest, keeps_what_is_damaged) {
    constexpr int enough = 2;
    int found_damaged = 0;  // other pages are in the log still, and whole
    const auto bytes = fs::file_size(collection_in(sound_));
    for (std::size_t at = 0; at < bytes && found_damaged < enough; at += page_bytes) {
        const auto root = damaged(at);
        std::vector<fs::path> images;  // of each third change
        std::size_t changes = 0;
        {
            Disk disk(root);
            Dice dice(1);
            disk.before_change([&] {
                if (++changes % 3 == 0) {
                    images.push_back(folder_.path() / fmt::format("{}-{}", at, changes));
                    disk.copy_survivors(images.back(), each_luck[changes % each_luck.size()], dice);
                }
            });
            EXPECT_EQ(restore(root), 0);
            disk.before_change({});
        }
        EXPECT_GT(images.size(), 30U);
        const bool is_aside = has_aside(root, at);
        found_damaged += is_aside ? 1 : 0;
        for (const auto& image : images) {
            EXPECT_EQ(restore(image), 0) << image;
            EXPECT_EQ(has_aside(image, at), is_aside) << image;
        }
    }
    EXPECT_EQ(found_damaged, enough);
}

}  // namespace
}  // namespace ankiwire::sim
