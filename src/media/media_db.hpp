// media.db: the rows of media files and their counters, in the form of the official server.
// Source: rslib/src/sync/media/database/server/ at c32cb29. Invariants: locked while it is open;
// the counters of `meta` are those of the rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "media/upload_zip.hpp"
#include "model/media.hpp"
#include "sqlite/query.hpp"

namespace ankiwire::media {

struct MediaRow {
    Sha1 sha1;
    std::int64_t bytes = 0;  // 0: deleted
    MediaUsn usn{};          // of a row that was found
    [[nodiscard]] bool is_live() const { return bytes > 0; }
};

class MediaDb {
public:
    // busy: another program has it open. damaged: it is none, or of a newer form.
    static Result<MediaDb> open(const std::filesystem::path& path);

    // As of the last commit.
    [[nodiscard]] MediaUsn last_usn() const { return last_usn_; }
    Result<std::int64_t> file_count();
    Result<std::vector<MediaChange>> changes_after(MediaUsn usn, std::size_t changes_max);
    Result<std::optional<MediaRow>> find(std::string_view name);

    Result<void> begin();
    Result<void> commit();
    void rollback();
    // A commit that failed is rolled back, but may be in the log, and a crash would bring it back.
    // After this it is gone for good: until then nothing may be thrown away that it needs.
    Result<void> bury_failed_commit();

    // --- inside a transaction; each takes a usn of its own ---
    Result<void> put(std::string_view name, const MediaRow& row, TimestampSecs now);
    // Precondition: `old` is the row of that name, and live.
    Result<void> remove(std::string_view name, const MediaRow& old, TimestampSecs now);
    // Precondition: there are no rows. The next usn is above this one.
    void begin_after(MediaUsn usn) { counters_.last_usn = usn; }
    // Leaves no row, but a usn is used up: devices look and count, and who has the file sends it.
    Result<void> forget(std::string_view name, const MediaRow& old);

    // An error: it is closed, but its log holds changes that the next opening writes back.
    Result<void> close();

private:
    struct Counters {
        MediaUsn last_usn;
        std::int64_t bytes = 0;
        std::int64_t files = 0;
    };
    explicit MediaDb(sqlite::Database db)
        : db_(std::make_unique<sqlite::Database>(std::move(db))) {}
    Result<void> bring_up_to_date();
    Result<Counters> read_counters();
    Result<void> take_usn();
    Result<void> write_row(std::string_view name, const MediaRow& row, TimestampSecs now);

    std::unique_ptr<sqlite::Database> db_;  // statements point to it
    sqlite::StatementCache statements_;
    MediaUsn last_usn_;
    Counters counters_;  // of the transaction that runs
    bool has_failed_commit_ = false;
};

}  // namespace ankiwire::media
