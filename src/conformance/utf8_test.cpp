#include "conformance/utf8.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

TEST(Utf8, what_a_terminal_should_not_be_given_is_replaced) {
    EXPECT_EQ(printable("a\n\tb é€😀"), "a\n\tb é€😀");
    EXPECT_EQ(printable("a\r\nb\r"), "a\nb\xef\xbf\xbd");
    EXPECT_EQ(printable("\x1b[2J\x7f"), "\xef\xbf\xbd[2J\xef\xbf\xbd");
    EXPECT_EQ(printable(std::string_view("\0\xff", 2)), "\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(printable("\uffff"), "\xef\xbf\xbd");
}

TEST(Utf8, a_character_is_told_from_what_is_none) {
    EXPECT_EQ(character_bytes("ab"), 1U);
    EXPECT_EQ(character_bytes("éa"), 2U);
    EXPECT_EQ(character_bytes("😀"), 4U);
    for (const auto* none : {"\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
        EXPECT_EQ(character_bytes(none), 0U) << none;
    }
    std::string text;
    for (const char32_t code : U"aé€😀") {
        if (code != 0) {
            append_utf8(text, code);
        }
    }
    EXPECT_EQ(text, "aé€😀");
}

}  // namespace
}  // namespace ankiwire::conformance
