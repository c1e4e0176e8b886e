#include "files/files.hpp"

#include <gtest/gtest.h>

#include "files/crash_points.hpp"
#include "files/temp_folder.hpp"

namespace ankiwire::files {
namespace {

// The calls that make folders and sync them, in words.
std::string steps_of(const std::filesystem::path& path) {
    std::string steps;
    for (const auto call : system_calls_of([&] { CHECK(make_folders(path)); })) {
        steps += call == SYS_mkdir ? "make " : call == SYS_fsync ? "sync " : "";
    }
    return steps;
}

// The name of a folder is in the one above it: what is synced below is lost without that.
TEST(Files, syncs_the_name_of_each_folder_that_it_makes) {
    const TempFolder folder;
    EXPECT_EQ(steps_of(folder.path() / "a" / "b"), "make sync make sync ");
    EXPECT_EQ(steps_of(folder.path() / "a" / "c"), "make sync ");
    EXPECT_EQ(steps_of(folder.path() / "a" / "c"), "");
    EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "a" / "b"));
}

TEST(Files, says_why_a_folder_cannot_be_made) {
    const TempFolder folder;
    ASSERT_TRUE(create(folder.path() / "file"));
    const auto made = make_folders(folder.path() / "file" / "below");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::storage);
}

}  // namespace
}  // namespace ankiwire::files
