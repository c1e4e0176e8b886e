#include "sqlite/live_copy.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "files/files.hpp"
#include "sqlite/database_file.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr int tries_max = 10;
constexpr std::chrono::milliseconds first_pause{10};
constexpr std::chrono::milliseconds longest_pause{1000};
constexpr std::size_t log_header_bytes = 32;

// Longer than a tick of the clock that dates files; of the few file systems that date by the
// second, longer than that.
constexpr std::chrono::milliseconds clock_tick{20};
constexpr std::chrono::milliseconds coarse_clock_tick{1100};

// Of a transaction of another mode, running or broken off.
fs::path journal_path(const fs::path& database) {
    auto path = database;
    path += "-journal";
    return path;
}

// The log of a database, if there is one that holds anything: its header has the salts, which
// change whenever the log is begun anew.
struct Log {
    files::FileDescriptor file;
    files::Identity identity;
    std::string header;
};

// What cannot be read is no fault of the target's; files::copy_file tells the two apart itself.
template <class T>
Result<T> of_source(Result<T> result) {
    if (!result && result.error().kind == ErrorKind::storage) {
        return fail(ErrorKind::damaged, result.error().context);
    }
    return result;
}

Result<std::string> read_header(const files::FileDescriptor& log) {
    std::string header(log_header_bytes, '\0');
    TRY_ASSIGN(const auto size, files::read_at(log, 0, header.data(), header.size()));
    header.resize(size);
    return header;
}

Result<std::optional<files::FileDescriptor>> open_if_there(const fs::path& path) {
    auto file = files::open_for_reading(path);
    if (!file && file.error().kind == ErrorKind::not_found) {
        return std::optional<files::FileDescriptor>();
    }
    if (!file) {
        return std::move(file).error();
    }
    return std::optional(std::move(file).value());
}

Result<std::optional<Log>> open_log(const fs::path& database) {
    TRY_ASSIGN(auto file, open_if_there(log_path(database)));
    if (!file) {
        return std::optional<Log>();
    }
    TRY_ASSIGN(auto header, read_header(*file));
    if (header.size() < log_header_bytes) {
        return std::optional<Log>();
    }
    TRY_ASSIGN(const auto identity, files::identity_of(*file));
    return std::optional<Log>({std::move(file).value(), identity, std::move(header)});
}

bool is_same_file(const files::Identity& a, const files::Identity& b) {
    return a.device == b.device && a.inode == b.inode;
}

// The log has only grown: it is the same file, and was not begun anew.
Result<bool> is_continued(const std::optional<Log>& before, const fs::path& database) {
    TRY_ASSIGN(const auto after, open_log(database));
    if (!before || !after) {
        return !before && !after;
    }
    return is_same_file(before->identity, after->identity) && before->header == after->header;
}

// Without a log, and with a journal, the files' own dates must show a change, so it may not come
// within the tick in which they were read.
void let_the_clock_tick(const files::Identity& identity) {
    const bool by_the_second = identity.modified_ns % 1'000'000'000 == 0;
    std::this_thread::sleep_for(by_the_second ? coarse_clock_tick : clock_tick);
}

// False: what was copied may not be consistent.
Result<bool> try_to_copy(const fs::path& source, const fs::path& target) {
    TRY_ASSIGN(const auto database, of_source(files::open_for_reading(source)));
    TRY_ASSIGN(const auto before, of_source(files::identity_of(database)));
    TRY_ASSIGN(const auto log, of_source(open_log(source)));
    TRY_ASSIGN(const auto journal, of_source(open_if_there(journal_path(source))));
    const bool dates_tell = !log || journal;
    if (dates_tell) {
        let_the_clock_tick(before);
    }
    TRY(files::copy_file(database, target));
    if (log) {
        TRY(files::copy_file(log->file, log_path(target)));
    }
    if (journal) {
        TRY(files::copy_file(*journal, journal_path(target)));
    }

    TRY_ASSIGN(const bool log_continued, of_source(is_continued(log, source)));
    const auto after = of_source(files::identity_of(source));
    if (!after && after.error().kind != ErrorKind::not_found) {
        return after.error();
    }
    return after && log_continued && (dates_tell ? *after == before : is_same_file(*after, before));
}

// Writes the log of a copy back, or rolls back by its journal, and removes it.
Result<void> make_self_contained(const fs::path& copy) {
    TRY_ASSIGN(auto db, Database::open(copy, {.mode = OpenMode::read_write, .untrusted = true}));
    TRY(db.execute("pragma locking_mode = exclusive; pragma synchronous = off"));
    TRY_ASSIGN(const auto mode, db.query_text("pragma journal_mode = delete"));
    if (mode != "delete") {
        return fail(ErrorKind::storage, "the log of a copy could not be written back");
    }
    return db.close();
}

void remove_copy(const fs::path& target) {
    static_cast<void>(files::remove(target));
    remove_logs(target);
}

}  // namespace

Result<void> copy_live(const fs::path& source, const fs::path& target) {
    auto pause = first_pause;
    for (int tries = 1;; ++tries) {
        const auto consistent = try_to_copy(source, target);
        auto done = consistent ? Result<void>() : Result<void>(consistent.error());
        if (consistent && *consistent) {
            done = make_self_contained(target);
        }
        if (done && *consistent) {
            return done;
        }
        remove_copy(target);
        if (!done) {
            return done;
        }
        if (tries == tries_max) {
            return fail(ErrorKind::busy, "it kept being rewritten while it was copied");
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, longest_pause);
    }
}

Result<void> check_integrity(const fs::path& database) {
    TRY_ASSIGN(auto db, Database::open(database, {.mode = OpenMode::read_only, .untrusted = true}));
    TRY_ASSIGN(const auto found, db.query_text("pragma integrity_check(1)"));
    if (found != "ok") {
        return fail(ErrorKind::damaged, "SQLite's integrity check fails");
    }
    return {};
}

}  // namespace ankiwire::sqlite
