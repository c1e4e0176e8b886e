#include <sqlite3.h>
#include <zstd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "floor/floor.hpp"
#include "load/contents.hpp"

namespace ankiwire::floors {
namespace {

constexpr int rows_of_a_chunk = 250;

struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

Database open(const std::filesystem::path& path) {
    sqlite3* db = nullptr;
    CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    Database opened(db);
    const auto by_bytes = [](void*, int a_size, const void* a, int b_size, const void* b) {
        const std::string_view left(static_cast<const char*>(a), static_cast<std::size_t>(a_size));
        const std::string_view right(static_cast<const char*>(b), static_cast<std::size_t>(b_size));
        return left.compare(right);
    };
    CHECK(sqlite3_create_collation(db, "unicase", SQLITE_UTF8, nullptr, by_bytes) == SQLITE_OK);
    return opened;
}

void execute(const Database& db, const char* sql) {
    CHECK(sqlite3_exec(db.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK);
}

Statement prepare(const Database& db, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    CHECK(sqlite3_prepare_v2(db.get(), sql, -1, &statement, nullptr) == SQLITE_OK);
    return Statement(statement);
}

void append_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && c != '"' && c != '\\') {
            out += c;
        } else {
            constexpr std::string_view digits = "0123456789abcdef";
            out += "\\u00";
            out += digits[byte >> 4U];
            out += digits[byte & 15U];
        }
    }
    out += '"';
}

void append_row(std::string& out, sqlite3_stmt* row) {
    out += '[';
    for (int column = 0; column < sqlite3_column_count(row); ++column) {
        if (column > 0) {
            out += ',';
        }
        if (sqlite3_column_type(row, column) == SQLITE_INTEGER) {
            std::array<char, 24> digits{};
            const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                                    sqlite3_column_int64(row, column));
            out.append(digits.data(), end);
        } else {
            const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
            append_text(out, {text, static_cast<std::size_t>(sqlite3_column_bytes(row, column))});
        }
    }
    out += ']';
}

class Packer {
public:
    void pack(const std::string& text) {
        packed_.resize(ZSTD_compressBound(text.size()));
        CHECK(ZSTD_isError(ZSTD_compressCCtx(context_.get(), packed_.data(), packed_.size(),
                                             text.data(), text.size(), 1)) == 0);
    }

private:
    struct Free {
        void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    };
    std::unique_ptr<ZSTD_CCtx, Free> context_{ZSTD_createCCtx()};
    std::string packed_;
};

void bind_value(sqlite3_stmt* statement, int index, std::int64_t number) {
    sqlite3_bind_int64(statement, index, number);
}
void bind_value(sqlite3_stmt* statement, int index, std::string_view text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

template <class... Values>
void run(const Statement& statement, const Values&... values) {
    int index = 0;
    (bind_value(statement.get(), ++index, values), ...);
    CHECK(sqlite3_step(statement.get()) == SQLITE_DONE);
    sqlite3_reset(statement.get());
}

// With as much cache as the server has in a sync.
void synced_at_each_commit(const Database& db) {
    execute(db,
            "pragma locking_mode = exclusive; pragma journal_mode = wal; "
            "pragma synchronous = full; pragma cache_size = -8192");
}

}  // namespace

std::size_t rows_out(const std::filesystem::path& collection) {
    const auto db = open(collection);
    Packer packer;
    std::string text;
    std::size_t rows = 0;
    for (const auto* sql :
         {"select * from revlog", "select * from cards",
          "select id, guid, mid, mod, usn, tags, flds, '', '', 0, '' from notes"}) {
        const auto all = prepare(db, sql);
        int in_chunk = 0;
        while (sqlite3_step(all.get()) == SQLITE_ROW) {
            append_row(text, all.get());
            ++rows;
            if (++in_chunk == rows_of_a_chunk) {
                packer.pack(text);
                text.clear();
                in_chunk = 0;
            }
        }
    }
    packer.pack(text);
    return rows;
}

std::size_t rows_in(const std::filesystem::path& collection, std::size_t count) {
    const auto each = static_cast<std::int64_t>(count / 3);
    const auto made = load::rows(10'000'000, each, {1});
    const auto db = open(collection);
    synced_at_each_commit(db);
    const auto review = prepare(db, "insert into revlog values (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    const auto card = prepare(db,
                              "insert into cards values "
                              "(?, ?, ?, 0, ?, ?, 2, 2, ?, 12, 2500, 9, 0, 0, 0, 0, 0, ?)");
    const auto note = prepare(db, "insert into notes values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')");
    restart_clock();
    execute(db, "begin");
    for (const auto& row : made.revlog) {
        run(review, row.id.value, row.card_id.value, row.usn.value, std::int64_t{row.ease},
            row.interval, row.last_interval, row.factor, row.taken_ms, std::int64_t{row.type});
    }
    for (const auto& row : made.cards) {
        run(card, row.id.value, row.note_id.value, row.deck_id.value, row.mtime.value,
            row.usn.value, row.due, row.data);
    }
    for (const auto& row : made.notes) {
        const auto front = std::string_view(row.fields).substr(0, row.fields.find('\x1f'));
        run(note, row.id.value, row.guid, row.notetype_id.value, row.mtime.value, row.usn.value,
            row.tags, row.fields, front, row.id.value * 2'654'435'761 % (std::int64_t{1} << 32));
    }
    execute(db, "commit");
    return static_cast<std::size_t>(3 * each);
}

std::size_t commits(const std::filesystem::path& collection, std::size_t count) {
    const auto db = open(collection);
    synced_at_each_commit(db);
    const auto change = prepare(db, "update col set usn = usn + 1");
    for (std::size_t i = 0; i < count; ++i) {
        run(change);
    }
    return count;
}

}  // namespace ankiwire::floors
