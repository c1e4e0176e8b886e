#include "sim/collection_sql.hpp"

#include <gmock/gmock.h>

#include "sim/empty_collection.hpp"

namespace ankiwire::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;

const std::vector<std::string> changes{
    "update col set mod = 3, scm = 2, usn = 9;", "update decks set name = 'A' where id = 1;",
    "insert into decks values (2, 'Default', 5, 0, x'0801', x'0a020801');",
    "insert into notes values (5, 'it''s', 1600000000001, 7, 0, ' a ', 'front' || char(31) || "
    "'back', 'front', 3, 0, '');"};

TEST(CollectionSql, statements_make_one_file_of_another) {
    const auto file = empty_collection(changes);
    const auto statements = statements_for(empty_collection(), file);
    EXPECT_THAT(
        statements,
        ElementsAre("update col set mod = 3, scm = 2, usn = 9;",
                    "replace into decks values (1, 'A', 0, 0, X'08011001', X'0A020801'), "
                    "(2, 'Default', 5, 0, X'0801', X'0A020801');",
                    "replace into notes values (5, 'it''s', 1600000000001, 7, 0, ' a ', 'front' || "
                    "char(31) || 'back', 'front', 3, 0, '');"));
    EXPECT_THAT(statements_for(file, empty_collection(statements)), SizeIs(1));  // its stamps
}

TEST(CollectionSql, rows_of_queries_are_cells_of_a_transcript) {
    const auto queries = queries_of(empty_collection(changes));
    EXPECT_THAT(queries, Contains(Field(&Query::rows,
                                        ElementsAre("5 | \"it's\" | 1600000000001 | 7 | \" a \" | "
                                                    "\"front\\u001fback\""))));
    EXPECT_THAT(queries, Contains(Field(&Query::rows, ElementsAre("5 | \"front\" | 3"))));
}

TEST(CollectionSql, stamps_are_those_of_col) {
    const auto stamps = stamps_of(empty_collection(changes));
    EXPECT_EQ(stamps.modified.value, 3);
    EXPECT_EQ(stamps.schema_modified.value, 2);
    EXPECT_EQ(stamps.usn.value, 9);
}

}  // namespace
}  // namespace ankiwire::sim
