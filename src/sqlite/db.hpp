// SQLite as values: connections, prepared statements, errors. The only folder that includes
// sqlite3.h. Invariants: a Database is used by one thread at a time; a Statement must not outlive
// its Database; every connection has the `unicase` collation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ankiwire::sqlite {

enum class OpenMode { read_only, read_write, create };

struct OpenOptions {
    OpenMode mode = OpenMode::read_write;
    int cache_kib = 2048;    // page cache of this connection
    bool untrusted = false;  // a file from outside: defensive, no trusted schema, cell-size checks
    // Whatever lock it takes it keeps, for as long as the connection lives.
    bool exclusive = false;
};

class Statement {
public:
    // Parameters are numbered from 1. Text and blobs are copied unless the name says static:
    // then the bytes must live until the next reset or bind.
    void bind(int index, std::int64_t value);
    void bind_text(int index, std::string_view text);
    void bind_text_static(int index, std::string_view text);
    void bind_blob(int index, std::string_view bytes);

    // true: a row is there to read; false: done. busy, storage, inconsistent_data (a constraint).
    Result<bool> step();
    // step() to the end, then reset(): for statements that return no rows.
    Result<void> run();
    void reset();

    // Columns are numbered from 0. Views live until the next step or reset. Conversions are
    // SQLite's.
    [[nodiscard]] int columns() const;
    [[nodiscard]] std::int64_t int64(int column) const;
    [[nodiscard]] std::string_view text(int column) const;
    [[nodiscard]] std::string_view blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] bool is_integer(int column) const;  // by storage class

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Told of the rows that statements add to tables with row ids, and take from them: not of those
// that `insert or replace` replaces.
class RowWatcher {
public:
    RowWatcher() = default;
    RowWatcher(const RowWatcher&) = delete;
    RowWatcher& operator=(const RowWatcher&) = delete;
    virtual ~RowWatcher() = default;

    virtual void row_added(std::string_view table) = 0;
    virtual void row_removed(std::string_view table) = 0;
    virtual void rolled_back() = 0;  // whoever asked for it
};

class Database {
public:
    static Result<Database> open(const std::filesystem::path& path, const OpenOptions& options);

    // One or more statements without parameters; rows are ignored.
    Result<void> execute(const char* sql);
    Result<Statement> prepare(std::string_view sql);
    // The first column of the first row; not_found without a row.
    Result<std::int64_t> query_int64(std::string_view sql);
    Result<std::string> query_text(std::string_view sql);

    // Of one that is open exclusively: takes its lock; changes go through a log that is synced at
    // each commit. busy: another program has the database open.
    Result<void> lock();

    // `watcher` outlives the connection, which has one at most.
    void watch_rows(RowWatcher& watcher);

    // Gives pages back if the cache has more than so many bytes.
    void trim_cache(std::size_t bytes_max);

    // By which a column's texts are compared; in lower case.
    Result<std::string> collation_of(const std::string& table, const std::string& column);

    [[nodiscard]] std::int64_t changed_rows() const;  // by the last insert, update or delete
    [[nodiscard]] bool in_transaction() const;
    // Explicit close, so that an error (a failed checkpoint) is seen. All statements must be gone.
    Result<void> close();

private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    // In which the log of lock() has its name.
    struct LogFolder {
        std::filesystem::path path;
        bool is_synced = false;
    };
    static int sync_log_folder(void* log_folder);

    std::unique_ptr<LogFolder> log_folder_;
    std::unique_ptr<sqlite3, Close> handle_;
};

// Takes the write lock at once; rolls back unless committed.
class Transaction {
public:
    static Result<Transaction> begin(Database& db);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(Database& db) : db_(&db) {}
    Database* db_;
};

}  // namespace ankiwire::sqlite
