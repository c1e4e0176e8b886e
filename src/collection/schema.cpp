#include "collection/schema.hpp"

#include <array>
#include <ctime>
#include <string>
#include <vector>

#include "collection/object_rows.hpp"
#include "collection/schema_sql.hpp"
#include "collection/stock.hpp"

namespace ankiwire::collection {

namespace {

// The last 4 o'clock of the server's time zone: the day of a new collection starts there.
TimestampSecs last_four_o_clock(TimestampSecs now) {
    const auto now_time = static_cast<std::time_t>(now.value);
    std::tm local{};
    localtime_r(&now_time, &local);
    const bool before_four = local.tm_hour < 4;
    const std::int64_t into_day = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
    return {now.value - into_day + 4 * 3600 - (before_four ? 86'400 : 0)};
}

}  // namespace

Result<void> create_collection(sqlite::Database& db, TimestampMs now) {
    TRY_ASSIGN(auto transaction, sqlite::Transaction::begin(db));
    for (const char* tables : {sql::tables_11, sql::tables_14, sql::tables_15, sql::tables_17,
                               sql::tables_18, sql::indexes_11, sql::indexes_18}) {
        TRY(db.execute(tables));
    }
    TRY_ASSIGN(auto col, db.prepare("insert into col values (1, ?, 0, ?, ?, 0, 0, 0, "
                                    "'', '', '', '', '')"));
    col.bind(1, last_four_o_clock(to_secs(now)).value);
    col.bind(2, now.value);
    col.bind(3, std::int64_t{schema_newest});
    TRY(col.run());

    sqlite::StatementCache statements;
    const QuerySource query = [&](std::string_view sql) { return statements.query(db, sql); };
    const NotetypeId first_id{now.value};
    for (const auto& notetype : stock_notetypes(first_id)) {
        TRY(put_notetype(query, notetype));
    }
    TRY(put_deck(query, default_deck()));
    TRY(put_deck_config(query, default_deck_config()));
    for (const auto& entry : default_config()) {
        TRY(put_config(query, entry, {}, {}));
    }
    TRY(put_config(query, {"curModel", std::to_string(first_id.value)}, {}, to_secs(now)));
    return transaction.commit();
}

Result<int> schema_version(sqlite::Database& db) {
    auto version = db.query_int64("select ver from col");
    if (!version) {
        const auto kind = version.error().kind;
        const bool ours = kind == ErrorKind::busy || kind == ErrorKind::storage;
        return fail(ours ? kind : ErrorKind::inconsistent_data, "no collection: no version");
    }
    if (*version != 11 && (*version < 14 || *version > schema_newest)) {
        return fail(ErrorKind::inconsistent_data, "a schema version that is not taken");
    }
    return static_cast<int>(*version);
}

Result<std::int64_t> repair_usns(sqlite::Database& db) {
    // Each a search of the index on usn: this runs whenever a collection is opened.
    static constexpr std::array conditions{"usn < 0 or usn > 2147483647", "usn is null"};
    std::int64_t repaired = 0;
    for (const std::string table : tables_with_usn) {
        for (const std::string condition : conditions) {
            const auto sql =
                "update " + table + " set usn = (select max(usn, 0) from col) where " + condition;
            TRY(db.execute(sql.c_str()));
            repaired += db.changed_rows();
        }
    }
    return repaired;
}

Result<void> ensure_indexes(sqlite::Database& db) {
    TRY(db.execute(sql::indexes_11));
    return db.execute(sql::indexes_18);
}

Result<void> execute_each(sqlite::Database& db, std::string_view sql) {
    std::vector<std::string> statements;
    {
        TRY_ASSIGN(auto rows, db.prepare(sql));
        for (;;) {
            TRY_ASSIGN(const bool row, rows.step());
            if (!row) {
                break;
            }
            statements.emplace_back(rows.text(0));
        }
    }
    for (const auto& statement : statements) {
        TRY(db.execute(statement.c_str()));
    }
    return {};
}

Result<void> clear_older_columns(sqlite::Database& db) {
    return db.execute("update col set conf = '', models = '', decks = '', dconf = '', tags = ''");
}

}  // namespace ankiwire::collection
