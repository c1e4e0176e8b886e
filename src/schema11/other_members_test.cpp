#include "schema11/other_members.hpp"

#include <gtest/gtest.h>

#include <array>

#include "schema11/test_support.hpp"

namespace ankiwire::schema11 {
namespace {

constexpr std::array<std::string_view, 2> some{"a", "b"};
constexpr std::array<std::string_view, 1> more{"c"};

std::string other_of(std::string_view json, Names known) {
    const auto document = json::Document::parse(json);
    return other_members(document->root().object().value(), known);
}

template <class Fn>
std::string object_text(Fn&& fn) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    fn(writer);
    writer.end_object();
    return out;
}

TEST(OtherMembers, are_those_that_no_list_names) {
    EXPECT_EQ(other_of(R"({"a":1,"x":[1.0],"b":2,"c":3,"y":null})", {some, more}),
              R"({"x":[1.0],"y":null})");
    EXPECT_EQ(other_of(R"({"A":1})", {some}), R"({"A":1})");
}

TEST(OtherMembers, are_no_bytes_if_there_are_none) {
    EXPECT_EQ(other_of(R"({"a":1,"c":3})", {some, more}), "");
    EXPECT_EQ(other_of("{}", {some}), "");
}

TEST(OtherMembers, are_written_back_without_known_ones) {
    const OtherMembers other(R"({"x":{"a":1},"a":2})");
    EXPECT_EQ(object_text([&](json::Writer& out) { other.write_except({some}, out); }),
              R"({"x":{"a":1}})");
    EXPECT_EQ(object_text([&](json::Writer& out) { other.write_nested_except({more}, "x", out); }),
              R"({"a":1})");
    EXPECT_EQ(object_text([&](json::Writer& out) { other.write_nested_except({some}, "x", out); }),
              "{}");
}

TEST(OtherMembers, of_damaged_bytes_are_none) {
    for (const char* bytes : {"", "x", "[1]", "5", "null", "\"x\"", R"({"x":)", "\xff"}) {
        const OtherMembers other(bytes);
        EXPECT_EQ(object_text([&](json::Writer& out) { other.write_except({some}, out); }), "{}");
        EXPECT_EQ(
            object_text([&](json::Writer& out) { other.write_nested_except({some}, "x", out); }),
            "{}");
    }
    const OtherMembers other(R"({"x":5})");
    EXPECT_EQ(object_text([&](json::Writer& out) { other.write_nested_except({some}, "x", out); }),
              "{}");
}

}  // namespace
}  // namespace ankiwire::schema11
