#include "model/utf8.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace ankiwire {
namespace {

using Points = std::vector<std::uint32_t>;

Points forwards(std::string_view text) {
    Points points;
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        points.push_back(point.value);
        text.remove_prefix(point.size);
    }
    return points;
}

Points backwards(std::string_view text) {
    Points points;
    while (!text.empty()) {
        const CodePoint point = last_code_point(text);
        points.insert(points.begin(), point.value);
        text.remove_suffix(point.size);
    }
    return points;
}

}  // namespace

TEST(Utf8, reads_back_every_code_point_it_wrote) {
    for (char32_t value = 0; value <= 0x10ffff; ++value) {
        if (value >= 0xd800 && value <= 0xdfff) continue;
        std::string text;
        append_code_point(text, value);
        const CodePoint first = first_code_point(text + "a");
        const CodePoint last = last_code_point("\u00e9" + text);
        ASSERT_EQ(std::uint32_t{first.value}, std::uint32_t{value});
        ASSERT_EQ(std::uint32_t{last.value}, std::uint32_t{value});
        ASSERT_EQ(first.size, text.size());
        ASSERT_EQ(last.size, text.size());
    }
}

TEST(Utf8, replaces_each_longest_invalid_part_from_both_ends) {
    const struct {
        std::string_view text;
        Points points;
    } cases[] = {
        {"\x80", {0xfffd}},
        {"a\x80\x80", {'a', 0xfffd, 0xfffd}},
        {"\xc0\x80", {0xfffd, 0xfffd}},                          // overlong
        {"\xe0\x9f\xbf", {0xfffd, 0xfffd, 0xfffd}},              // overlong
        {"\xed\xa0\x80", {0xfffd, 0xfffd, 0xfffd}},              // a surrogate
        {"\xf4\x90\x80\x80", {0xfffd, 0xfffd, 0xfffd, 0xfffd}},  // beyond U+10FFFF
        {"\xe2\x82", {0xfffd}},                                  // cut off
        {"\xe2\x82z", {0xfffd, 'z'}},
        {"\xf0\x9f\x98\xe2\x82\xac", {0xfffd, 0x20ac}},
        {"\xc3\xa9\xa9", {0xe9, 0xfffd}},
        {"\xff\xfe", {0xfffd, 0xfffd}},
    };
    for (const auto& each : cases) {
        EXPECT_EQ(forwards(each.text), each.points);
        EXPECT_EQ(backwards(each.text), each.points);
    }
}

TEST(Utf8, replaces_all) {
    EXPECT_EQ(replace_all("a--b---", "--", "+"), "a+b+-");
    EXPECT_EQ(replace_all("", "-", "+"), "");
}

}  // namespace ankiwire
