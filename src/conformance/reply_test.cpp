#include "conformance/reply.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

Node json(std::string_view text) {
    const auto node = from_json(text);
    EXPECT_TRUE(node);
    return node ? *node : Node();
}

std::string problem(const Expectation& expected, std::string body) {
    HttpReply reply;
    reply.status = 200;
    reply.body = std::move(body);
    Bindings bindings;
    const auto found = compare_reply(expected, reply, bindings);
    return found ? found->where + ": " + found->expected + ", not " + found->received : "";
}

TEST(Reply, has_at_most_so_many_rows_in_its_lists) {
    Expectation expected;
    expected.status = "200";
    expected.kind = Expectation::Kind::json;
    expected.json = json("{}");
    expected.json.open = true;
    expected.rows_max = 3;
    EXPECT_EQ(problem(expected, R"({"done": true, "a": [[1, 2], [3]], "b": [4]})"), "");
    EXPECT_EQ(problem(expected, R"({"a": [1, 2], "b": [3, 4]})"), "rows: at most 3, not 4");
}

TEST(Reply, is_joined_with_those_before) {
    Node joined = Node::empty_object();
    join_reply(joined, json(R"({"done": false, "a": [1], "b": []})"));
    join_reply(joined, json(R"({"done": true, "a": [2, 3], "c": [4]})"));
    EXPECT_EQ(to_text(joined), R"({"done": true, "a": [1, 2, 3], "b": [], "c": [4]})");
}

TEST(Reply, is_told_in_few_words_if_it_is_no_json) {
    Expectation expected;
    expected.status = "200";
    expected.kind = Expectation::Kind::json;
    const auto found = problem(expected, '"' + std::string(1'000'000, '\xff') + '"');
    EXPECT_LT(found.size(), 50'000U);
    EXPECT_THAT(found, testing::HasSubstr("not UTF-8"));
}

}  // namespace
}  // namespace ankiwire::conformance
