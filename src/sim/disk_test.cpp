#include "sim/disk.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>

#include "files/read_file.hpp"
#include "files/temp_folder.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

class DiskTest : public testing::Test {
protected:
    DiskTest() {
        fs::create_directory(root_);
        disk_.emplace(root_);
    }

    // -1: refused.
    ssize_t write(const std::string& name, const std::string& text, bool sync = false) {
        const int fd = ::open((root_ / name).c_str(), O_CREAT | O_WRONLY, 0600);
        if (fd < 0) {
            return -1;
        }
        const auto written = ::write(fd, text.data(), text.size());
        const int synced = sync ? ::fsync(fd) : 0;
        ::close(fd);
        return synced == 0 ? written : -1;
    }
    void sync_folder(const fs::path& folder) {
        const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
        EXPECT_EQ(::fsync(fd), 0);
        ::close(fd);
    }

    // What a file has after a power cut; `none` if it is not there.
    std::string survivor(const std::string& name, Luck luck = Luck::nothing) {
        const auto image = folder_.path() / "image";
        fs::remove_all(image);
        disk_->copy_survivors(image, luck, dice_);
        if (!fs::exists(image / name)) {
            return "none";
        }
        return files::read_file(image / name);
    }

    files::TempFolder folder_;
    fs::path root_ = folder_.path() / "root";
    Dice dice_{1};
    std::optional<Disk> disk_;
};

TEST_F(DiskTest, keeps_of_a_power_cut_only_what_was_synced) {
    write("a", "one", true);
    EXPECT_EQ(survivor("a"), "none");  // its bytes were synced, but not its name
    sync_folder(root_);
    EXPECT_EQ(survivor("a"), "one");
    write("a", "two");
    EXPECT_EQ(survivor("a"), "one");
    EXPECT_EQ(survivor("a", Luck::all), "two");
}

TEST_F(DiskTest, names_may_go_to_disk_before_bytes) {
    write("a", "one");
    EXPECT_EQ(survivor("a", Luck::names), "");
    sync_folder(root_);
    write("a", "one", true);
    EXPECT_EQ(::rename((root_ / "a").c_str(), (root_ / "b").c_str()), 0);
    write("b", "two");
    EXPECT_EQ(survivor("b", Luck::names), "one");
    EXPECT_EQ(survivor("a", Luck::names), "none");
}

TEST_F(DiskTest, a_name_that_was_synced_may_have_a_file_without_its_bytes) {
    write("a", "one");
    sync_folder(root_);
    EXPECT_EQ(survivor("a"), "");
}

TEST_F(DiskTest, a_rename_is_there_whole_or_not_at_all) {
    write("a", "old", true);
    write("b", "new", true);
    sync_folder(root_);
    EXPECT_EQ(std::rename((root_ / "b").c_str(), (root_ / "a").c_str()), 0);
    EXPECT_EQ(survivor("a"), "old");
    EXPECT_EQ(survivor("b"), "new");
    std::set<std::string> seen;
    for (int i = 0; i < 50; ++i) {
        const auto image = folder_.path() / "image";
        fs::remove_all(image);
        disk_->copy_survivors(image, Luck::some, dice_);
        const auto text = files::read_file(image / "a");
        EXPECT_EQ(fs::exists(image / "b"), text == "old");
        seen.insert(text);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"old", "new"}));
    sync_folder(root_);
    EXPECT_EQ(survivor("a"), "new");
}

TEST_F(DiskTest, a_rename_to_another_folder_goes_with_either_of_them) {
    fs::create_directory(root_ / "folder");
    write("a", "text", true);
    sync_folder(root_);
    EXPECT_EQ(std::rename((root_ / "a").c_str(), (root_ / "folder/a").c_str()), 0);
    EXPECT_EQ(survivor("a"), "text");
    sync_folder(root_ / "folder");
    EXPECT_EQ(survivor("a"), "none");
    EXPECT_EQ(survivor("folder/a"), "text");
}

TEST_F(DiskTest, what_was_removed_is_back_until_its_folder_is_synced) {
    write("a", "text", true);
    sync_folder(root_);
    ::unlink((root_ / "a").c_str());
    EXPECT_FALSE(fs::exists(root_ / "a"));
    EXPECT_EQ(survivor("a"), "text");
    sync_folder(root_);
    EXPECT_EQ(survivor("a"), "none");
}

TEST_F(DiskTest, syncing_the_file_system_is_syncing_all) {
    fs::create_directories(root_ / "x/y");
    write("x/y/a", "text");
    const int fd = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
    EXPECT_EQ(::syncfs(fd), 0);
    ::close(fd);
    EXPECT_EQ(survivor("x/y/a"), "text");
}

TEST_F(DiskTest, tears_a_long_write_between_sectors) {
    write("a", "", true);
    sync_folder(root_);
    write("a", std::string(4096, 'x'));
    std::set<std::size_t> sizes;
    for (int i = 0; i < 200; ++i) {
        sizes.insert(survivor("a", Luck::some).size());
    }
    EXPECT_GT(sizes.size(), 4U);
    for (const auto size : sizes) {
        EXPECT_EQ(size % 512, 0U);
    }
}

TEST_F(DiskTest, fails_the_calls_that_it_is_told_to) {
    disk_->fail({.call = Call::write, .error = EIO, .skip = 1});
    EXPECT_EQ(write("a", "one"), 3);
    EXPECT_FALSE(disk_->has_failed());
    EXPECT_EQ(write("b", "two"), -1);
    EXPECT_TRUE(disk_->has_failed());
    EXPECT_EQ(errno, EIO);
    EXPECT_EQ(write("c", "three"), 5);
    disk_->fail({.call = Call::read, .error = EIO});
    EXPECT_EQ(write("c", "five"), -1) << "cannot be opened";
    EXPECT_EQ(write("c", "five"), 4);
}

TEST_F(DiskTest, writes_half_of_what_is_too_much) {
    disk_->fail({.call = Call::write, .error = ENOSPC, .times = 2});
    EXPECT_EQ(write("a", "four"), 2);
    EXPECT_EQ(write("b", "1"), -1);
    EXPECT_EQ(errno, ENOSPC);
    EXPECT_EQ(survivor("a", Luck::all), "fo");
    EXPECT_EQ(write("b", "1"), 1);
}

TEST_F(DiskTest, forgets_what_a_failed_sync_could_not_write) {
    write("a", "one", true);
    sync_folder(root_);
    disk_->fail({.call = Call::sync, .error = EIO});
    EXPECT_EQ(write("a", "two", true), -1);
    write("a", "", true);  // as if all were well
    EXPECT_EQ(survivor("a"), "one");

    write("a", "two");
    const int folder = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
    const int other = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY);
    disk_->fail({.call = Call::sync, .error = EIO});
    EXPECT_EQ(::syncfs(folder), -1);
    EXPECT_EQ(::syncfs(folder), 0);
    EXPECT_EQ(::syncfs(other), -1);  // it was open
    EXPECT_EQ(::syncfs(other), 0);
    ::close(folder);
    ::close(other);
    EXPECT_EQ(survivor("a"), "one");
}

TEST_F(DiskTest, without_power_nothing_works_until_it_restarts) {
    write("a", "one", true);
    sync_folder(root_);
    disk_->cut_power_after(1);
    EXPECT_EQ(write("a", "two", true), -1);  // written, but no longer synced
    EXPECT_TRUE(disk_->is_off());
    EXPECT_EQ(write("b", "three"), -1);
    EXPECT_EQ(errno, EIO);
    disk_->restart(Luck::nothing, dice_);
    EXPECT_EQ(survivor("a", Luck::all), "one");
    EXPECT_EQ(write("b", "three"), 5);
}

TEST_F(DiskTest, counts_each_change_and_tells_of_it_before_it_is_made) {
    const auto before = disk_->changes();
    std::vector<bool> was_there;
    disk_->before_change([&] { was_there.push_back(fs::exists(root_ / "a")); });
    write("a", "one", true);
    disk_->before_change({});
    EXPECT_EQ(was_there, (std::vector{false, true, true}));  // the name, the bytes, the sync
    EXPECT_EQ(disk_->changes() - before, 3U);
}

TEST_F(DiskTest, has_nothing_to_do_with_what_is_elsewhere) {
    const auto before = disk_->changes();
    std::ofstream(folder_.path() / "root-not") << "text";
    EXPECT_EQ(disk_->changes(), before);
}

}  // namespace
}  // namespace ankiwire::sim
