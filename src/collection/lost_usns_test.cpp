#include "collection/lost_usns.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "collection/store_fixture.hpp"

namespace ankiwire::collection {
namespace {

class LostUsnsTest : public StoreFixture {
protected:
    static constexpr TimestampMs schema{5};
    void write_file(const std::string& text) { std::ofstream(folder / lost_usns_name) << text; }
};

TEST_F(LostUsnsTest, without_a_file_nothing_is_lost) {
    const auto lost = LostUsns::read(folder, schema);
    ASSERT_TRUE(ok(lost));
    EXPECT_FALSE(lost->contains({0}));
}

// R-STORE-18
TEST_F(LostUsnsTest, ranges_are_read_as_they_were_written) {
    LostUsns lost;
    lost.add({3}, {9});
    ASSERT_TRUE(ok(lost.write(folder, schema)));
    lost.add({20}, {INT32_MAX});
    ASSERT_TRUE(ok(lost.write(folder, schema)));
    const auto read = LostUsns::read(folder, schema);
    ASSERT_TRUE(ok(read));
    for (const auto usn : {3, 9, 20, INT32_MAX}) {
        EXPECT_TRUE(read->contains({usn})) << usn;
    }
    for (const auto usn : {0, 2, 10, 19}) {
        EXPECT_FALSE(read->contains({usn})) << usn;
    }
}

TEST_F(LostUsnsTest, what_was_lost_of_another_schema_stamp_does_not_count) {
    LostUsns lost;
    lost.add({3}, {9});
    ASSERT_TRUE(ok(lost.write(folder, schema)));
    const auto read = LostUsns::read(folder, {6});
    ASSERT_TRUE(ok(read));
    EXPECT_FALSE(read->contains({5}));
}

TEST_F(LostUsnsTest, a_file_that_cannot_be_understood_is_an_error) {
    for (const auto* text : {"", "{", R"({"format":2,"schema_modified":5,"lost_usns":[]})",
                             R"({"format":1,"schema_modified":5,"lost_usns":[{"first":1}]})"}) {
        write_file(text);
        EXPECT_TRUE(fails(LostUsns::read(folder, schema), ErrorKind::storage)) << text;
    }
    ASSERT_TRUE(ok(LostUsns::remove(folder)));
    EXPECT_TRUE(ok(LostUsns::read(folder, schema)));
}

}  // namespace
}  // namespace ankiwire::collection
