// Contract of the upgrade of an uploaded file of schema 11, for any content of its JSON columns: an
// intact collection of schema 18, or inconsistent_data and the file as it was. The collection can
// be downgraded again. The columns `models`, `decks`, `dconf`, `conf` and `tags` are separated by
// NUL, and so are then the fields and tags of a note, and numbers of rows, of one byte each; those
// that are missing are empty objects, or 0.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "collection/schema.hpp"
#include "collection/schema_sql.hpp"
#include "collection/upload_checks.hpp"

using namespace ankiwire;

namespace {

constexpr std::array column_names{"models", "decks", "dconf", "conf", "tags"};
constexpr std::array row_statements{
    "update cards set did = ?",  "update cards set odid = ?",  "update cards set factor = ? * 20",
    "update cards set nid = ?",  "update cards set usn = ?-1", "update notes set mid = ?",
    "update graves set oid = ?", "update graves set type = ?", "update revlog set ease = ?"};
constexpr TimestampSecs now{1'700'000'000};

std::string_view cut(std::string_view& rest) {
    const auto end = std::min(rest.find('\0'), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

void put(sqlite::Database& db, const std::string& sql, std::string_view text) {
    auto statement = db.prepare(sql);
    CHECK(statement);
    statement->bind_text(1, text);
    CHECK(statement->run());
}

sqlite::Database file_of_schema_11(std::string_view rest) {
    auto db = sqlite::Database::open(":memory:", {.mode = sqlite::OpenMode::create});
    CHECK(db);
    for (const char* tables : {collection::sql::tables_11, collection::sql::graves_11}) {
        CHECK(db->execute(tables));
    }
    CHECK(
        db->execute("insert into cards values (1, 1, 1, 0, 1, 1, 2, 2, 1, 1, 1300, 1, 0, 0, 0, 0, "
                    "0, ''); insert into col values (1, 1, 1, 1, 11, 0, 1, 1, '{}', '{}', '{}', "
                    "'{}', '{}'); insert into graves values (1, 2, 1), (1, 1, 1); "
                    "insert into notes values (1, 'guid', 1, 1, 1, '', '', '', 0, 0, ''); "
                    "insert into revlog values (1, 1, 1, 1, 1, 1, 1, 1, 1)"));
    for (const char* name : column_names) {
        const auto json = cut(rest);
        put(*db, "update col set " + std::string(name) + " = ?", json.empty() ? "{}" : json);
    }
    put(*db, "update notes set flds = ?", cut(rest));
    put(*db, "update notes set tags = ?", cut(rest));
    for (const char* sql : row_statements) {
        auto statement = db->prepare(sql);
        CHECK(statement);
        statement->bind(1, rest.empty() ? 0 : static_cast<std::uint8_t>(rest.front()));
        CHECK(statement->run());
        rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
    }
    return std::move(db).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto db = file_of_schema_11({reinterpret_cast<const char*>(data), size});
    if (const auto upgraded = collection::upgrade_to_newest(db, 11, now); !upgraded) {
        CHECK(upgraded.error().kind == ErrorKind::inconsistent_data);
        CHECK(*collection::schema_version(db) == 11);
        return 0;
    }
    CHECK(collection::check_structure(db));
    CHECK(collection::check_contents(db));
    CHECK(collection::downgrade_to_11(db));
    CHECK(*collection::schema_version(db) == 11);
    // Names that are normalised again may be others, and too many of one.
    (void)collection::upgrade_to_newest(db, 11, now).has_value();
    return 0;
}
