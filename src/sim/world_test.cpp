// Some of what ankiwire-sim does, and that it would notice.
#include "sim/world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <filesystem>

#include "files/temp_folder.hpp"
#include "sim/histories.hpp"

namespace ankiwire::sim {
namespace {

const History& history(std::string_view name) {
    return *std::ranges::find(histories(), name, &History::name);
}

class WorldTest : public testing::Test {
protected:
    WorldTest() {
        spdlog::set_level(spdlog::level::off);
        if (std::filesystem::is_directory(memory)) {
            ::setenv("TMPDIR", memory, 0);
        }
    }

private:
    // Much is written, and synced only in the game.
    static constexpr const char* memory = "/dev/shm";
};

TEST_F(WorldTest, loses_nothing_by_chance) {
    for (const std::uint64_t seed : {1U, 213U}) {
        const files::TempFolder folder;
        World world(folder.path(), seed);
        for (std::uint64_t step = 0; step < 2000; ++step) {
            ASSERT_EQ(world.step(step), "");
        }
        EXPECT_EQ(world.settle(), "");
        EXPECT_GT(world.tally().syncs, 10U);
        EXPECT_GT(world.tally().crashes, 0U);
    }
}

// The end of the sync comes before the upload, at each moment of it, and behind it.
TEST_F(WorldTest, keeps_what_a_sync_brings_beside_an_upload) {
    constexpr int turns_max = 10;
    std::uint64_t ended = 0;
    for (int turns = 0; turns <= turns_max; ++turns) {
        const files::TempFolder folder;
        World world(folder.path(), 1);
        ASSERT_EQ(world.act("edit 0 9"), "");
        EXPECT_EQ(world.act(fmt::format("meet 0 1 {}", turns)), "") << turns << " turns";
        ended += world.tally().syncs;
        EXPECT_EQ(world.settle(), "") << turns << " turns";
    }
    EXPECT_GT(ended, 2U);
    EXPECT_LT(ended, turns_max - 2U);
}

TEST_F(WorldTest, loses_nothing_when_the_power_goes) {
    for (const auto* name : {"two devices", "upload, then a sync", "files replaced and deleted"}) {
        const auto points = crash_everywhere(history(name));
        EXPECT_EQ(points.found, "");
        EXPECT_GT(points.count, 60U);
    }
}

TEST_F(WorldTest, loses_nothing_when_a_call_fails) {
    for (const auto* name : {"first sync", "one file"}) {
        const auto points = fail_everywhere(history(name));
        EXPECT_EQ(points.found, "");
        EXPECT_GT(points.count, 50U);
    }
}

// A disk that says that all is synced does to the server what a missing fsync does.
TEST_F(WorldTest, notices_that_a_sync_is_not_on_disk) {
    EXPECT_NE(crash_everywhere({"a sync", {"lie", "edit 0 9", "sync 0"}}).found, "");
}

TEST_F(WorldTest, notices_that_an_upload_is_not_on_disk) {
    EXPECT_NE(crash_everywhere({"an upload", {"lie", "edit 0 9", "upload 0"}}).found, "");
}

TEST_F(WorldTest, notices_that_media_are_not_on_disk) {
    EXPECT_NE(crash_everywhere({"media", {"lie", "media 3"}}).found, "");
}

TEST_F(WorldTest, notices_that_a_backup_is_not_on_disk) {
    EXPECT_NE(crash_everywhere({"a backup", {"lie", "backup 0"}}).found, "");
}

TEST_F(WorldTest, notices_that_a_restored_version_is_not_on_disk) {
    const History history{"a version",
                          {"edit 0 9", "upload 0", "upload 1", "lie", "restore-version"}};
    EXPECT_NE(crash_everywhere(history).found, "");
}

TEST_F(WorldTest, notices_that_a_backup_is_put_back_and_not_on_disk) {
    const History history{"a backup", {"edit 0 9", "sync 0", "backup 0", "lie", "restore-backup"}};
    EXPECT_NE(crash_everywhere(history).found, "");
}

}  // namespace
}  // namespace ankiwire::sim
