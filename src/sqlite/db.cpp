#include "sqlite/db.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "files/files.hpp"
#include "model/unicase.hpp"
#include "model/utf8.hpp"

namespace ankiwire::sqlite {

namespace {

ErrorKind kind_of(int code) {
    if (code == SQLITE_CONSTRAINT_COMMITHOOK) {  // sync_log_folder
        return ErrorKind::storage;
    }
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return ErrorKind::busy;
        case SQLITE_CONSTRAINT:
        case SQLITE_MISMATCH:
        case SQLITE_RANGE:
        case SQLITE_TOOBIG:
            return ErrorKind::inconsistent_data;
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
        case SQLITE_AUTH:
            return ErrorKind::storage;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return ErrorKind::damaged;
        default:
            return ErrorKind::internal;
    }
}

// The code's own words only: SQLite's full message may quote the content of a row. For failures of
// files the system's reason says more.
Error error_of(sqlite3* handle, int code, std::string_view doing) {
    auto text =
        std::string(doing) + ": " + sqlite3_errstr(code) + " (" + std::to_string(code) + ")";
    const int primary = code & 0xff;
    const int reason = sqlite3_system_errno(handle);
    if ((primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR) && reason != 0) {
        text += ", " + std::generic_category().message(reason);
    }
    return fail(kind_of(code), std::move(text));
}

int compare_unicase(void*, int a_size, const void* a, int b_size, const void* b) {
    return unicase_compare({static_cast<const char*>(a), static_cast<std::size_t>(a_size)},
                           {static_cast<const char*>(b), static_cast<std::size_t>(b_size)});
}

int open_flags(OpenMode mode) {
    constexpr int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    switch (mode) {
        case OpenMode::read_only:
            return common | SQLITE_OPEN_READONLY;
        case OpenMode::read_write:
            return common | SQLITE_OPEN_READWRITE;
        case OpenMode::create:
            return common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    }
    return common;
}

// What a file made by someone else must not be able to do to us.
void distrust(sqlite3* handle) {
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, limits::row_bytes_max);
    // Its CHECK constraints are code, too.
    sqlite3_exec(handle, "pragma cell_size_check = on; pragma ignore_check_constraints = on",
                 nullptr, nullptr, nullptr);
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

// A failed bind (out of memory, too big) leaves NULL, which the column's NOT NULL then refuses;
// a wrong index is our own bug.
void Statement::bind(int index, std::int64_t value) {
    CHECK(sqlite3_bind_int64(statement_.get(), index, value) != SQLITE_RANGE);
}

void Statement::bind_text(int index, std::string_view text) {
    CHECK(sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                              text.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_RANGE);
}

void Statement::bind_text_static(int index, std::string_view text) {
    CHECK(sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(),
                              text.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_RANGE);
}

void Statement::bind_blob(int index, std::string_view bytes) {
    CHECK(sqlite3_bind_blob64(statement_.get(), index, bytes.data() == nullptr ? "" : bytes.data(),
                              bytes.size(), SQLITE_TRANSIENT) != SQLITE_RANGE);
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        return false;
    }
    auto error = error_of(sqlite3_db_handle(statement_.get()), code, "running a statement");
    sqlite3_reset(statement_.get());
    return error;
}

Result<void> Statement::run() {
    for (;;) {
        TRY_ASSIGN(const bool row, step());
        if (!row) {
            reset();
            return {};
        }
    }
}

void Statement::reset() { sqlite3_reset(statement_.get()); }

std::int64_t Statement::int64(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
    // The pointer first: it may convert the value, which changes its size.
    const auto* text = sqlite3_column_text(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return text == nullptr ? std::string_view()
                           : std::string_view(reinterpret_cast<const char*>(text), size);
}

std::string_view Statement::blob(int column) const {
    const auto* bytes = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return bytes == nullptr ? std::string_view()
                            : std::string_view(static_cast<const char*>(bytes), size);
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }

bool Statement::is_integer(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

// Statements of the caller may still live when a Database goes out of scope on an error path.
void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::filesystem::path& path, const OpenOptions& options) {
    // Counted memory, which nobody asks for, costs a mutex for each piece.
    [[maybe_unused]] static const int ignored = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &handle, open_flags(options.mode), nullptr);
    Database db;
    db.handle_.reset(handle);
    if (code != SQLITE_OK) {
        return error_of(handle, code, "opening a database");
    }
    sqlite3_busy_timeout(handle, 0);
    const int collation = sqlite3_create_collation_v2(handle, "unicase", SQLITE_UTF8, nullptr,
                                                      compare_unicase, nullptr);
    if (collation != SQLITE_OK) {
        return error_of(handle, collation, "registering unicase");
    }
    if (options.exclusive) {
        // Before anything is read: the index of a log then needs no file, which others would share.
        TRY(db.execute("pragma locking_mode = exclusive"));
    }
    if (options.untrusted) {
        distrust(handle);
    }
    const auto cache = "pragma cache_size = -" + std::to_string(options.cache_kib);
    TRY(db.execute(cache.c_str()));
    TRY(db.execute("pragma mmap_size = 0"));
    return db;
}

Result<void> Database::execute(const char* sql) {
    const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return error_of(handle_.get(), code, "executing SQL");
    }
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
    if (code != SQLITE_OK) {
        return error_of(handle_.get(), code, "preparing SQL");
    }
    return Statement(statement);
}

Result<std::int64_t> Database::query_int64(std::string_view sql) {
    TRY_ASSIGN(auto statement, prepare(sql));
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) {
        return fail(ErrorKind::not_found, "no row");
    }
    return statement.int64(0);
}

Result<std::string> Database::query_text(std::string_view sql) {
    TRY_ASSIGN(auto statement, prepare(sql));
    TRY_ASSIGN(const bool row, statement.step());
    if (!row) {
        return fail(ErrorKind::not_found, "no row");
    }
    return std::string(statement.text(0));
}

// Before the first commit; SQLite syncs it, too, but takes no notice if that fails. Not 0: no
// commit.
int Database::sync_log_folder(void* log_folder) {
    auto& folder = *static_cast<LogFolder*>(log_folder);
    folder.is_synced = folder.is_synced || files::sync_to_disk(folder.path);
    return folder.is_synced ? 0 : 1;
}

Result<void> Database::lock() {
    TRY(query_text("pragma journal_mode = wal"));  // opening the log takes the lock
    TRY(execute("pragma synchronous = full; begin immediate; rollback"));
    // What SQLite says of its mode may be wrong: if the disk fails meanwhile, the file keeps its
    // old one, and commits are no longer safe. Nor is what it reads from a log, if the sync of a
    // commit failed before. Both are over once there is a log that has been written again.
    const std::filesystem::path log =
        sqlite3_filename_wal(sqlite3_db_filename(handle_.get(), "main"));
    TRY(files::write_again(log));
    log_folder_ = std::make_unique<LogFolder>(LogFolder{.path = log.parent_path()});
    sqlite3_commit_hook(handle_.get(), sync_log_folder, log_folder_.get());
    return {};
}

void Database::watch_rows(RowWatcher& watcher) {
    const auto changed = [](void* to, int operation, const char* /*schema*/, const char* table,
                            sqlite3_int64 /*row*/) {
        if (operation == SQLITE_INSERT) {
            static_cast<RowWatcher*>(to)->row_added(table);
        } else if (operation == SQLITE_DELETE) {
            static_cast<RowWatcher*>(to)->row_removed(table);
        }
    };
    sqlite3_update_hook(handle_.get(), changed, &watcher);
    sqlite3_rollback_hook(
        handle_.get(), [](void* to) { static_cast<RowWatcher*>(to)->rolled_back(); }, &watcher);
}

void Database::trim_cache(std::size_t bytes_max) {
    int used = 0;
    int most = 0;
    sqlite3_db_status(handle_.get(), SQLITE_DBSTATUS_CACHE_USED, &used, &most, 0);
    if (static_cast<std::size_t>(used) > bytes_max) {
        sqlite3_db_release_memory(handle_.get());
    }
}

Result<std::string> Database::collation_of(const std::string& table, const std::string& column) {
    const char* name = nullptr;
    const int code =
        sqlite3_table_column_metadata(handle_.get(), "main", table.c_str(), column.c_str(), nullptr,
                                      &name, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return error_of(handle_.get(), code, "looking at a column");
    }
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), ascii_lower);
    return lower;
}

std::int64_t Database::changed_rows() const { return sqlite3_changes64(handle_.get()); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

Result<void> Database::close() {
    const int code = sqlite3_close(handle_.get());
    if (code != SQLITE_OK) {
        return error_of(handle_.get(), code, "closing a database");
    }
    static_cast<void>(handle_.release());
    return {};
}

Result<Transaction> Transaction::begin(Database& db) {
    TRY(db.execute("begin immediate"));
    return Transaction(db);
}

Transaction::Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

Transaction::~Transaction() {
    if (db_ != nullptr && db_->in_transaction()) {
        static_cast<void>(db_->execute("rollback"));
    }
}

Result<void> Transaction::commit() {
    TRY(db_->execute("commit"));
    db_ = nullptr;
    return {};
}

}  // namespace ankiwire::sqlite
