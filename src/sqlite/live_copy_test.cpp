#include "sqlite/live_copy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <new>
#include <optional>
#include <random>
#include <string>

#include "files/crash_points.hpp"
#include "files/files.hpp"
#include "files/temp_folder.hpp"
#include "sqlite/database_file.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sqlite {
namespace {

namespace fs = std::filesystem;

// Shared with the writer's process.
struct Progress {
    std::atomic<std::int64_t> committed = 0;  // the counter of the last commit that returned
    std::atomic<std::int64_t> replaced = 0;   // how often the file was replaced
    std::atomic<bool> failed = false;
};

void must(const Result<void>& result) {
    if (!result) {
        throw std::runtime_error(result.error().context);
    }
}

// Changes a database as servers do, in a process of its own: two tables that always say the same,
// rows that come, change and go, all kinds of checkpoints, a file that is closed, opened and
// replaced, and transactions that are rolled back after they have spilled into the log.
class Writer {
public:
    enum class Way {
        busy,
        leaves_no_log,  // empties it after each commit, and rests now and then
        by_journal,     // of the mode without a log; rests amid a transaction
    };
    Writer(fs::path path, Progress& progress, Way way)
        : path_(std::move(path)), progress_(progress), way_(way) {}

    void make() {
        open();
        run("create table a (n integer not null); create table b (n integer not null);"
            "create table filling (id integer primary key, bytes blob not null);"
            "insert into a values (0); insert into b values (0)");
        close();
    }

    [[noreturn]] void work_for_ever() {
        try {
            open();
            for (;;) {
                way_ == Way::busy ? step() : way_ == Way::leaves_no_log ? burst() : rest_amid();
            }
        } catch (...) {
            progress_.failed = true;
        }
        _exit(1);
    }

private:
    void open() {
        auto db = Database::open(path_, {.mode = OpenMode::create, .cache_kib = 64});
        if (!db) {
            throw std::runtime_error(db.error().context);
        }
        db_ = std::move(db).value();
        run(way_ == Way::by_journal ? "pragma journal_mode = delete; pragma cache_size = 2"
                                    : "pragma locking_mode = exclusive; pragma journal_mode = wal;"
                                      "pragma wal_autocheckpoint = 50");
        run("pragma synchronous = off");
    }
    void close() {
        must(db_->close());
        db_.reset();
    }
    void run(const std::string& sql) { must(db_->execute(sql.c_str())); }

    void step() {
        const auto kind = random_() % 100;
        if (kind < 60) {
            commit();
        } else if (kind < 80) {
            change_much();
            run("rollback");
        } else if (kind < 84) {
            run("pragma wal_checkpoint(passive)");
        } else if (kind < 88) {
            run("pragma wal_checkpoint(restart)");
        } else if (kind < 92) {
            run("pragma wal_checkpoint(truncate)");
        } else if (kind < 95) {
            close();
            open();
        } else if (kind < 97) {
            replace();
        } else {
            usleep(3000);
        }
    }
    void burst() {
        for (std::uint64_t i = random_() % 20; i > 0; --i) {
            commit();
            run("pragma wal_checkpoint(truncate)");
        }
        usleep(static_cast<useconds_t>(random_() % 60'000));
    }
    void rest_amid() {
        for (std::uint64_t i = random_() % 20; i > 0; --i) {
            change_much();
            end();
        }
        change_much();
        usleep(static_cast<useconds_t>(random_() % 60'000));
        end();
    }
    void end() {
        const bool is_kept = random_() % 3 != 0;
        run(is_kept ? "commit" : "rollback");
        progress_.committed += is_kept ? 1 : 0;
    }
    void change_much() {
        run("begin immediate; update a set n = n + 1");
        for (std::uint64_t i = random_() % 30; i > 0; --i) {
            const auto id = std::to_string(random_() % 400);
            run("insert or replace into filling values (" + id + ", randomblob(" +
                std::to_string(random_() % 9000) + "))");
            run("delete from filling where id = (" + id + " * 7919) % 400");
        }
        run("update b set n = n + 1");
    }
    void commit() {
        change_much();
        run("commit");
        ++progress_.committed;
    }
    // As an upload does: another file takes the name, and goes on from the same state.
    void replace() {
        close();
        const auto upload = path_.native() + ".upload";
        fs::copy_file(path_, upload);
        must(move_into_place(upload, path_));
        ++progress_.replaced;
        open();
    }

    fs::path path_;
    Progress& progress_;
    Way way_;
    std::optional<Database> db_;
    std::mt19937 random_{1};
};

class LiveCopyTest : public testing::Test {
protected:
    // Each copy, made while a writer is at work, is a state that was committed.
    void expect_good_copies(Writer::Way way, int copies_min, int replaced_min) {
        void* shared = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        ASSERT_NE(shared, MAP_FAILED);
        auto& progress = *new (shared) Progress;
        Writer writer(source_, progress, way);
        writer.make();
        const pid_t child = ::fork();
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            writer.work_for_ever();
        }

        int copies = 0;
        while ((copies < copies_min || progress.replaced < replaced_min) && !HasFailure() &&
               !progress.failed) {
            const auto before = progress.committed.load();
            const auto copied = copy_live(source_, target_);
            if (!copied) {  // it may have had no luck
                ASSERT_EQ(copied.error().kind, ErrorKind::busy) << copied.error().context;
                continue;
            }
            const auto after = progress.committed.load();
            ++copies;
            const auto intact = check_integrity(target_);
            EXPECT_TRUE(intact) << "copy " << copies << ": " << intact.error().context;
            EXPECT_EQ(number("select n from a"), number("select n from b")) << "copy " << copies;
            EXPECT_GE(number("select n from a"), before) << "what was committed before is in it";
            EXPECT_LE(number("select n from a"), after + 1);
            EXPECT_FALSE(fs::exists(log_path(target_)));
            EXPECT_FALSE(fs::exists(target_.native() + "-journal"));
            fs::remove(target_);
        }
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        EXPECT_FALSE(progress.failed);
    }

    std::int64_t number(const std::string& sql) {
        auto db = Database::open(target_, {.mode = OpenMode::read_only});
        EXPECT_TRUE(db);
        auto result = db->query_int64(sql);
        EXPECT_TRUE(result) << result.error().context;
        return result ? *result : -1;
    }
    Database open_source(const char* mode) {
        auto db = Database::open(source_, {.mode = OpenMode::create});
        EXPECT_TRUE(db);
        EXPECT_TRUE(db->execute(mode));
        return std::move(db).value();
    }
    ErrorKind failure_of_copy() {
        const auto copied = copy_live(source_, target_);
        EXPECT_FALSE(copied);
        EXPECT_FALSE(fs::exists(target_));
        return copied ? ErrorKind::internal : copied.error().kind;
    }

    const files::TempFolder temp_folder_;
    const fs::path folder_ = temp_folder_.path();
    const fs::path source_ = folder_ / "source";
    const fs::path target_ = folder_ / "target";
};

TEST_F(LiveCopyTest, every_copy_of_a_busy_database_is_a_state_that_was_committed) {
    expect_good_copies(Writer::Way::busy, 300, 20);
}

TEST_F(LiveCopyTest, so_is_every_copy_of_one_whose_log_is_emptied_all_the_time) {
    expect_good_copies(Writer::Way::leaves_no_log, 50, 0);
}

TEST_F(LiveCopyTest, so_is_every_copy_of_one_without_a_log) {
    expect_good_copies(Writer::Way::by_journal, 30, 0);
}

// Without a log only its dates tell. The change comes when the first try has copied the file.
TEST_F(LiveCopyTest, one_that_has_changed_meanwhile_is_copied_anew) {
    (void)open_source("pragma journal_mode = delete; create table t (n); insert into t values (1)");
    const pid_t child = start_traced([&] { CHECK(copy_live(source_, target_)); });
    int changes = 0;
    std::uint64_t call = 0;
    for (int status = 0;;) {
        ASSERT_EQ(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr), 0);
        ASSERT_TRUE(::waitpid(child, &status, 0) == child && WIFSTOPPED(status));
        if (WSTOPSIG(status) == SIGSTOP) {
            break;
        }
        __ptrace_syscall_info info{};
        ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), child, sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            call = info.entry.nr;
        } else if ((call == SYS_copy_file_range || call == SYS_ioctl) && info.exit.rval >= 0 &&
                   changes == 0) {
            (void)open_source("update t set n = 2");
            ++changes;
        }
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(changes, 1);
    EXPECT_EQ(number("select n from t"), 2);
}

TEST_F(LiveCopyTest, what_a_running_transaction_has_written_is_not_copied) {
    auto db = open_source(
        "pragma locking_mode = exclusive; pragma journal_mode = wal;"
        "pragma cache_size = 5; create table t (bytes)");
    ASSERT_TRUE(db.execute("insert into t values ('kept'); begin"));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(db.execute("insert into t values (randomblob(4000))"));
    }
    ASSERT_TRUE(copy_live(source_, target_));
    EXPECT_EQ(number("select count(*) from t"), 1);
    ASSERT_TRUE(db.execute("commit"));
    ASSERT_TRUE(files::remove(target_));
    ASSERT_TRUE(copy_live(source_, target_));
    EXPECT_EQ(number("select count(*) from t"), 101);
}

TEST_F(LiveCopyTest, what_a_crash_left_in_the_log_is_copied) {
    {
        auto db = open_source("pragma journal_mode = wal; create table t (n)");
        ASSERT_TRUE(db.execute("insert into t values (7)"));
        fs::copy_file(source_, folder_ / "crashed");
        fs::copy_file(log_path(source_), folder_ / "crashed-wal");
    }
    ASSERT_TRUE(copy_live(folder_ / "crashed", target_));
    EXPECT_EQ(number("select n from t"), 7);
}

// One that runs, and looks the same after a crash.
TEST_F(LiveCopyTest, a_transaction_with_a_rollback_journal_is_not_in_the_copy) {
    auto db = open_source(
        "pragma journal_mode = delete; pragma cache_size = 1;"
        "create table t (bytes); insert into t values ('kept')");
    ASSERT_TRUE(
        db.execute("begin; update t set bytes = randomblob(99000);"
                   "insert into t values (randomblob(99000))"));
    ASSERT_TRUE(fs::exists(source_.native() + "-journal"));
    ASSERT_TRUE(copy_live(source_, target_));
    EXPECT_FALSE(fs::exists(target_.native() + "-journal"));
    EXPECT_EQ(number("select count(*) from t where bytes = 'kept'"), 1);
    ASSERT_TRUE(db.execute("commit"));
    ASSERT_TRUE(files::remove(target_));
    ASSERT_TRUE(copy_live(source_, target_));
    EXPECT_EQ(number("select sum(length(bytes)) from t"), 198'000);
}

TEST_F(LiveCopyTest, says_what_cannot_be_copied) {
    EXPECT_EQ(failure_of_copy(), ErrorKind::not_found);
    std::ofstream(source_) << "no database at all, but some text that is long enough to be one";
    EXPECT_EQ(failure_of_copy(), ErrorKind::damaged);
}

TEST_F(LiveCopyTest, the_integrity_check_finds_a_damaged_page) {
    {
        auto db = open_source("create table t (n); create index i on t (n)");
        ASSERT_TRUE(
            db.execute("with recursive c(n) as (select 1 union all select n + 1 from c "
                       "where n < 5000) insert into t select n from c"));
    }
    ASSERT_TRUE(check_integrity(source_));
    std::fstream file(source_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(10000);
    file << std::string(3000, 'x');
    file.close();
    const auto checked = check_integrity(source_);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, ErrorKind::damaged);
}

}  // namespace
}  // namespace ankiwire::sqlite
