#include "files/files.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "files/crash_points.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"

namespace ankiwire::files {
namespace {

constexpr std::size_t kib = 1024;

// While it lives, no file grows beyond `bytes`: a write across that is a short one, and the next
// fails, as on a full disk.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        CHECK(getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    sighandler_t handler_;
    rlimit before_{};
};

template <class Call>
Result<void> with_files_up_to(rlim_t bytes, Call&& call) {
    const FileSizeLimit limit(bytes);
    return call();
}

void expect_storage_error(const Result<void>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::storage);
}

std::filesystem::path written(const std::filesystem::path& path, std::string_view bytes) {
    const auto file = create(path);
    CHECK(file && write_all(*file, bytes));
    return path;
}

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

TEST(Files, compares_files_to_their_last_byte) {
    const TempFolder folder;
    const std::string bytes(512 * kib, 'a');
    const auto file = written(folder.path() / "file", bytes);
    const auto is_equal_to = [&](const std::string& name, std::string_view other) {
        return *have_equal_bytes(file, written(folder.path() / name, other));
    };
    EXPECT_TRUE(is_equal_to("same", bytes));
    EXPECT_FALSE(is_equal_to("longer", bytes + "a"));
    EXPECT_FALSE(is_equal_to("shorter", std::string_view(bytes).substr(1)));
    EXPECT_FALSE(is_equal_to("other end", bytes.substr(1) + "b"));
}

TEST(Files, reads_up_to_the_end_of_the_file) {
    const TempFolder folder;
    const auto file = open_for_reading(written(folder.path() / "file", "0123456789"));
    std::string buffer(16, '.');
    EXPECT_EQ(*read_at(*file, 4, buffer.data(), buffer.size()), 6U);
    EXPECT_EQ(buffer, "456789..........");
    EXPECT_EQ(*read_at(*file, 10, buffer.data(), buffer.size()), 0U);
}

// The kernel gives the list of this process's mappings in pieces of a page.
TEST(Files, reads_on_after_a_short_read) {
    constexpr std::size_t pages = 600;  // each second one a mapping of its own, and a line
    const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    auto* memory = static_cast<char*>(
        mmap(nullptr, pages * page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(memory, MAP_FAILED);
    for (std::size_t i = 0; i < pages; i += 2) {
        ASSERT_EQ(mprotect(memory + i * page_bytes, page_bytes, PROT_NONE), 0);
    }
    const auto file = open_for_reading("/proc/self/maps");
    std::string buffer(16 * kib, '.');
    const auto at_once = pread(file->get(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(at_once, 0);
    ASSERT_LT(static_cast<std::size_t>(at_once), buffer.size());
    EXPECT_EQ(*read_at(*file, 0, buffer.data(), buffer.size()), buffer.size());
    munmap(memory, pages * page_bytes);
}

// The limit is in the middle of the only write.
TEST(Files, a_write_that_was_cut_short_is_no_success) {
    const TempFolder folder;
    const std::string bytes(100, 'a');
    const auto file = create(folder.path() / "new");
    expect_storage_error(with_files_up_to(50, [&] { return write_all(*file, bytes); }));
    EXPECT_EQ(*size_of(*file), 50U);

    const auto old = written(folder.path() / "old", bytes);
    expect_storage_error(with_files_up_to(50, [&] { return write_again(old); }));
    EXPECT_EQ(read_file(old), bytes);
}

TEST(Files, a_copy_that_was_cut_short_leaves_no_target) {
    const TempFolder folder;
    const auto target = folder.path() / "target";
    for (const std::size_t size : {std::size_t{100}, 3 * kib * kib}) {
        const auto path = written(folder.path() / std::to_string(size), std::string(size, 'a'));
        const auto source = open_for_reading(path);
        expect_storage_error(
            with_files_up_to(size / 2, [&] { return copy_file(*source, target); }));
        EXPECT_FALSE(std::filesystem::exists(target));
        ASSERT_TRUE(copy_file(*source, target));
        EXPECT_TRUE(*have_equal_bytes(path, target));
        ASSERT_TRUE(files::remove(target));
    }
}

TEST(Files, moves_to_another_file_system) {
    if (!std::filesystem::is_directory("/dev/shm")) {
        GTEST_SKIP() << "no /dev/shm";
    }
    const TempFolder here;
    const TempFolder there("/dev/shm");
    if (identity_of(here.path())->device == identity_of(there.path())->device) {
        GTEST_SKIP() << "the folder for temporary files and /dev/shm are one file system";
    }
    const auto from = written(here.path() / "from", "new content");
    const auto to = written(there.path() / "to", "old");
    const auto draft = written(there.path() / "draft", "left by a crash");

    expect_storage_error(with_files_up_to(5, [&] { return move(from, to, draft); }));
    EXPECT_EQ(read_file(from), "new content");
    EXPECT_EQ(read_file(to), "old");

    ASSERT_TRUE(move(from, to, draft));
    EXPECT_EQ(read_file(to), "new content");
    EXPECT_FALSE(std::filesystem::exists(from));
    EXPECT_FALSE(std::filesystem::exists(draft));
}

}  // namespace
}  // namespace ankiwire::files
