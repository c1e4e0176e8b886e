#include "conformance/node.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

Result<std::string_view> object(std::string_view name) {
    if (name == "note") {
        return std::string_view(R"({"id": 1, "tags": ["a"], "mod": 5})");
    }
    return fail(ErrorKind::not_found, std::string(name));
}

// What is read, written again; or what is wrong.
std::string again(std::string_view text) {
    const auto node = read_node(text, object);
    return node ? to_text(*node) + std::string(text) : node.error().context;
}

TEST(Node, reads_json_with_holes) {
    EXPECT_EQ(again(R"({"a":[1,-2.5,true,null,"x\n"],"b":{}})"),
              R"({"a": [1, -2.5, true, null, "x\n"], "b": {}})");
    EXPECT_EQ(again(R"({"mod": <ms:m>, "usn": <m+1>, ...})"),
              R"({"mod": <ms:m>, "usn": <m+1>, ...})");
    EXPECT_EQ(again("[~ 1, <any>, ...] rest"), "[~ 1, <any>, ...] rest");
}

TEST(Node, spreads_an_object_whose_members_may_be_replaced) {
    EXPECT_EQ(again(R"({...note, "mod": 7, "new": 1})"),
              R"({"id": 1, "tags": ["a"], "mod": 7, "new": 1})");
    EXPECT_EQ(again(R"({...note, ...})"), R"({"id": 1, "tags": ["a"], "mod": 5, ...})");
    EXPECT_EQ(again(R"({...nobody})"), "nobody");
}

TEST(Node, repeats_an_element) {
    EXPECT_EQ(again(R"([<int> * 3, "a" *1, 5 * 0, ...])"), R"([<int>, <int>, <int>, "a", ...])");
    EXPECT_EQ(again("[1 * x]"), "not a value: x");
    EXPECT_EQ(again("[1 * -1]"), "no number of elements: -1");
}

// What is wrong with JSON, or "".
std::string wrong(std::string_view json) {
    const auto node = from_json(json);
    return node ? "" : node.error().context;
}

TEST(Node, of_json_has_nothing_that_only_transcripts_have) {
    EXPECT_EQ(to_text(*from_json(" {\"a\":[1 ,\r\n\t[] , {}], \"b\" : \"...\"}\n")),
              R"({"a": [1, [], {}], "b": "..."})");
    EXPECT_EQ(wrong("<int>"), "not a value: <int>");
    EXPECT_EQ(wrong("{...}"), "a text is missing, or has no end");
    EXPECT_EQ(wrong("[~ 1]"), "not a value: ~");
    EXPECT_EQ(wrong("[1, ...]"), "not a value: ...");
    EXPECT_EQ(wrong("[1,]"), "not a value: ");
    EXPECT_EQ(wrong("{}{}"), "more than one value");
    EXPECT_EQ(wrong(R"({"a":1,"a":1})"), "the member \"a\" is there twice");
    EXPECT_EQ(wrong(std::string(1'000'000, '[')), "too deep");
}

TEST(Node, of_json_may_be_large_or_deep) {
    std::string wide = "{\"0\": 0";
    for (int i = 1; i < 100'000; ++i) {
        wide += ", \"" + std::to_string(i) + "\": 0";
    }
    const auto object = from_json(wide + "}");
    ASSERT_TRUE(object) << object.error().context;
    EXPECT_EQ(object->members.size(), 100'000U);
    EXPECT_EQ(wrong(wide + ", \"7\": 1}"), "the member \"7\" is there twice");

    const std::string inner = '"' + std::string(100'000, 'x') + '"';
    const auto deep = from_json(std::string(900, '[') + inner + std::string(900, ']'));
    ASSERT_TRUE(deep) << deep.error().context;
    EXPECT_THAT(to_text(*deep), testing::HasSubstr(inner));

    std::string many = "[0";
    for (int i = 0; i < 1'000'000; ++i) {
        many += ",0";
    }
    EXPECT_EQ(wrong(many + "]"), "too many values");
}

TEST(Node, says_what_is_wrong) {
    EXPECT_EQ(again(""), "a value is missing");
    EXPECT_EQ(again("{\"a\" 1}"), "a colon is missing after \"a\"");
    EXPECT_EQ(again("[1 2]"), "a comma or ] is missing at: 2]");
    EXPECT_EQ(again("<int"), "a hole has no end");
    EXPECT_EQ(again("\"a"), "a text is missing, or has no end");
    EXPECT_EQ(again("nul"), "not a value: nul");
}

TEST(Node, is_written_in_lines_if_it_is_long) {
    const std::string long_text(90, 'x');
    EXPECT_EQ(again("{\"a\":[\"" + long_text + "\"],\"b\":1}"),
              "{\n  \"a\": [\"" + long_text + "\"],\n  \"b\": 1\n}");
}

}  // namespace
}  // namespace ankiwire::conformance
