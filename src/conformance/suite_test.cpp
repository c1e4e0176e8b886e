#include "conformance/suite.hpp"

#include <gmock/gmock.h>

#include <set>

#include "conformance/collection_file.hpp"

namespace ankiwire::conformance {
namespace {

TEST(Suite, all_its_cases_can_be_read) {
    const auto cases = all_cases();
    ASSERT_TRUE(cases) << cases.error().context;
    EXPECT_GT(cases->size(), 40U);
    std::set<std::string> ids;
    for (const auto& one : *cases) {
        EXPECT_TRUE(ids.insert(one.id).second) << one.id << " is there twice";
        for (const auto& id : one.covers) {
            EXPECT_EQ(find_requirement(id)->level, level_of(one)) << one.id << " covers " << id;
        }
    }
}

TEST(Suite, its_collections_can_be_made) {
    const auto cases = all_cases();
    ASSERT_TRUE(cases);
    const EmbeddedLibrary library;
    std::set<std::string> made;
    for (const auto& one : *cases) {
        if (needs(one, new_account) || !made.insert(one.account + one.account_sql).second) {
            continue;
        }
        const auto sql = library.collection(one.account);
        ASSERT_TRUE(sql) << one.id << " begins with " << one.account;
        const auto file = make_collection(*sql + one.account_sql);
        EXPECT_TRUE(file) << one.id << ": " << file.error().context;
    }
}

TEST(Suite, knows_the_requirements) {
    const auto* requirement = find_requirement("R-CHUNK-02");
    ASSERT_NE(requirement, nullptr);
    EXPECT_EQ(requirement->level, Level::must);
    EXPECT_EQ(requirement->page, "05-normal-sync.md");
    EXPECT_TRUE(requirement->sentence.starts_with("`done` MUST be false"));
    EXPECT_EQ(find_requirement("none of them"), nullptr);
    EXPECT_GT(requirements().size(), 150U);
}

TEST(Suite, globs) {
    EXPECT_TRUE(matches_glob("media/*", "media/names/dot"));
    EXPECT_TRUE(matches_glob("*dot", "media/names/dot"));
    EXPECT_TRUE(matches_glob("m*s/*t", "media/names/dot"));
    EXPECT_FALSE(matches_glob("media", "media/names/dot"));
    EXPECT_FALSE(matches_glob("chunk/*", "media/names/dot"));
}

TEST(CollectionFile, is_made_of_sql_and_looked_at_by_sql) {
    const auto file = make_collection(
        "create table t (a, b); insert into t values (1, 'x'), (null, x'00ff'), (2.5, 'ü')");
    ASSERT_TRUE(file) << file.error().context;
    const auto rows = query_collection(*file,
                                       "select a, case when b = 'x' then b else hex(b) end "
                                       "from t order by rowid");
    ASSERT_TRUE(rows) << rows.error().context;
    EXPECT_EQ(to_text(*rows), R"([[1, "x"], [null, "00FF"], ["2.5", "C3BC"]])");
    EXPECT_FALSE(
        query_collection("no file of SQLite, but a text that is long enough", "select 1 from t"));
    EXPECT_FALSE(make_collection("insert into nothing values (1)"));
}

TEST(CollectionFile, may_have_no_end) {
    const auto file = make_collection("create table t (a)");
    ASSERT_TRUE(file);
    const auto rows = query_collection(
        *file, "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n",
        1000);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().context, "more than 1000 rows");
}

}  // namespace
}  // namespace ankiwire::conformance
