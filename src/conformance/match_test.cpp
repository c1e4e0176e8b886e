#include "conformance/match.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

using testing::HasSubstr;

Node node(std::string_view text) {
    const auto read = read_node(text, [](std::string_view name) -> Result<std::string_view> {
        return fail(ErrorKind::not_found, std::string(name));
    });
    EXPECT_TRUE(read) << read.error().context;
    return read ? *read : Node();
}

class MatchTest : public testing::Test {
protected:
    // Empty if it fits, else where and what.
    std::string problem(std::string_view expected, std::string_view received) {
        const auto actual = from_json(received);
        EXPECT_TRUE(actual);
        const auto found = match(node(expected), *actual, bindings_);
        return found ? found->where + ": " + found->expected + ", not " + found->received : "";
    }
    Bindings bindings_;
};

TEST_F(MatchTest, values_are_equal_or_named) {
    EXPECT_EQ(problem(R"({"a": [1, "x", null]})", R"({"a": [1, "x", null]})"), "");
    EXPECT_EQ(problem(R"({"a": [1, "x"]})", R"({"a": [1, "y"]})"), R"(a[1]: "x", not "y")");
    EXPECT_EQ(problem("1", "\"1\""), R"(: 1, not "1")");
    EXPECT_EQ(problem("true", "false"), ": true, not false");
    EXPECT_EQ(problem("2", "2.0"), "");
    EXPECT_EQ(problem("2.5", "2"), ": 2.5, not 2");
    EXPECT_EQ(problem("null", "2.5"), ": null, not 2.5");
}

TEST_F(MatchTest, nothing_may_be_missing_or_too_much) {
    EXPECT_EQ(problem(R"({"a": 1})", "{}"), "a: 1, not nothing");
    EXPECT_EQ(problem("{}", R"({"a": 1})"), "a: nothing, not 1");
    EXPECT_EQ(problem("[1]", "[]"), "[0]: 1, not nothing");
    EXPECT_EQ(problem("[1]", "[1, 2]"), "[1]: nothing, not 2");
    EXPECT_EQ(problem("{...}", R"({"a": 1})"), "");
    EXPECT_EQ(problem("[1, ...]", "[1, 2]"), "");
    EXPECT_EQ(problem("[1, ...]", "[2, 1]"), "[0]: 1, not 2");
}

TEST_F(MatchTest, a_member_may_be_missing) {
    EXPECT_EQ(problem(R"({"a?": []})", "{}"), "");
    EXPECT_EQ(problem(R"({"a?": []})", R"({"a": []})"), "");
    EXPECT_EQ(problem(R"({"a?": []})", R"({"a": [1]})"), "a[0]: nothing, not 1");
    EXPECT_EQ(problem(R"({"a?": []})", R"({"b": []})"), "b: nothing, not []");
    EXPECT_EQ(problem(R"({"a?": 1})", R"({"a?": 1})"), "a?: nothing, not 1");
}

TEST_F(MatchTest, a_member_must_be_missing) {
    EXPECT_EQ(problem(R"({"a?": <!any>, ...})", R"({"b": 1})"), "");
    EXPECT_EQ(problem(R"({"a?": <!any>, ...})", R"({"a": 1})"), "a: <!any>, not 1");
}

TEST_F(MatchTest, order_may_be_any) {
    EXPECT_EQ(problem("[~ 1, 2]", "[2, 1]"), "");
    EXPECT_THAT(problem("[~ 1, 1]", "[1, 2]"), HasSubstr("among others 1"));
    EXPECT_THAT(problem("[~ 1]", "[1, 2]"), HasSubstr("1 elements"));
    EXPECT_EQ(problem("[~ 3, ...]", "[1, 2, 3]"), "");
    EXPECT_EQ(problem("[~ [<int:a>, 2], [<a>, 3]]", "[[7, 3], [8, 2], [8, 3]]"),
              ": 2 elements, not [[7, 3], [8, 2], [8, 3]]");
    EXPECT_EQ(problem("[~ [<int:b>, 2], [<int:c>, 3]]", "[[7, 3], [8, 2]]"), "");
    EXPECT_EQ(problem("[<b>, <c>]", "[8, 7]"), "");
}

TEST_F(MatchTest, holes_have_types) {
    for (const auto* fits : {"[1, 5]", "[1, -5]"}) {
        EXPECT_EQ(problem("[1, <int>]", fits), "");
    }
    EXPECT_EQ(problem("<int>", "1.5"), ": <int>, not 1.5");
    EXPECT_EQ(problem("<num>", "1.5"), "");
    EXPECT_EQ(problem("<s>", "1700000000"), "");
    EXPECT_EQ(problem("<s>", "1700000000000"), ": <s>, not 1700000000000");
    EXPECT_EQ(problem("<ms>", "1700000000000"), "");
    EXPECT_EQ(problem("<ms>", "1700000000"), ": <ms>, not 1700000000");
    EXPECT_EQ(problem("<text>", "\"\""), "");
    EXPECT_EQ(problem("<bool>", "1"), ": <bool>, not 1");
    EXPECT_EQ(problem("<sha1>", "\"fe05bcdcdc4928012781a5f1a2a77cbb5398e106\""), "");
    EXPECT_NE(problem("<sha1>", "\"FE05BCDCDC4928012781A5F1A2A77CBB5398E106\""), "");
}

TEST_F(MatchTest, a_name_is_the_same_value_from_then_on) {
    EXPECT_EQ(problem(R"({"usn": <int:u>})", R"({"usn": 5})"), "");
    EXPECT_EQ(problem("<int:u>", "6"), ": 5, not 6");
    EXPECT_EQ(problem("[<u>, <u+1>, <u-2>]", "[5, 6, 3]"), "");
    EXPECT_EQ(problem("<u+1>", "5"), ": 6, not 5");
    EXPECT_EQ(problem("<v>", "5"), ": <v> has no value, not 5");
    EXPECT_EQ(problem("<!u>", "6"), "");
    EXPECT_EQ(problem("<!u>", "5"), ": <!u>, not 5");
    EXPECT_EQ(problem("<!v>", "5"), ": <!v>, not 5");
    EXPECT_EQ(problem("<int:most>", "9223372036854775807"), "");
    EXPECT_EQ(problem("<most+1>", "-9223372036854775808"),
              ": <most+1> is no sum, not -9223372036854775808");
}

TEST_F(MatchTest, requests_are_filled) {
    bindings_.set_integer("u", 5);
    bindings_.set_text("key", "k");
    const auto filled = fill(node(R"({"a": [<u+1>], "k": <key>})"), bindings_);
    ASSERT_TRUE(filled);
    EXPECT_EQ(to_text(*filled), R"({"a": [6], "k": "k"})");
    const auto open = fill(node(R"({"a": {"b": 1, ...}, ...})"), bindings_);
    ASSERT_TRUE(open);
    EXPECT_EQ(to_text(*open), R"({"a": {"b": 1}})");
    EXPECT_FALSE(fill(node("<key+1>"), bindings_));
    EXPECT_FALSE(fill(node("<u+x>"), bindings_));
    EXPECT_FALSE(fill(node("<int>"), bindings_));
}

}  // namespace
}  // namespace ankiwire::conformance
