// Contract of the upgrade of an uploaded file of schema 11, for any content of its JSON columns: an
// intact collection of schema 18, or inconsistent_data and the file as it was. The collection can
// be downgraded again. The columns `models`, `decks`, `dconf`, `conf` and `tags` are separated by
// NUL; those that are missing are empty objects.
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
constexpr TimestampSecs now{1'700'000'000};

sqlite::Database file_of_schema_11(std::string_view columns) {
    auto db = sqlite::Database::open(":memory:", {.mode = sqlite::OpenMode::create});
    CHECK(db);
    for (const char* tables : {collection::sql::tables_11, collection::sql::graves_11}) {
        CHECK(db->execute(tables));
    }
    CHECK(
        db->execute("insert into cards values (1, 1, 1, 0, 1, 1, 2, 2, 1, 1, 1300, 1, 0, 0, 0, 0, "
                    "0, ''); insert into col values (1, 1, 1, 1, 11, 0, 1, 1, '{}', '{}', '{}', "
                    "'{}', '{}')"));
    for (const char* name : column_names) {
        const auto end = std::min(columns.find('\0'), columns.size());
        auto put = db->prepare("update col set " + std::string(name) + " = ?");
        CHECK(put);
        put->bind_text(1, end == 0 ? "{}" : columns.substr(0, end));
        CHECK(put->run());
        columns.remove_prefix(std::min(end + 1, columns.size()));
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
