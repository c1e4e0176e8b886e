#include "conformance/json_text.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

bool is_scalar(std::string_view json) { return read_scalar(json).has_value(); }

std::string text_of(std::string_view json) {
    const auto node = read_scalar(json);
    return node ? node->text : "(" + node.error().context + ")";
}

TEST(JsonText, reads_texts_with_their_escapes) {
    EXPECT_EQ(text_of(R"("a\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac")"), "a\"\\/\b\f\n\r\tAé€");
    EXPECT_EQ(text_of(R"("\ud83d\uDE00")"), "😀");
    EXPECT_EQ(text_of("\"é€😀\x7f\""), "é€😀\x7f");
}

TEST(JsonText, refuses_texts_that_are_not_as_they_must_be) {
    for (const std::string_view json :
         {R"(")", R"("a)", R"("a"b")", R"("\x")", R"("\u12")", R"("\u 123")", R"("\u+123")",
          R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00")", R"("\)", "\"\n\""}) {
        EXPECT_FALSE(is_scalar(json)) << json;
    }
}

TEST(JsonText, refuses_bytes_that_are_no_utf8) {
    for (const std::string_view bytes :
         {"\x80", "\xc3", "\xc1\x81", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3x"}) {
        EXPECT_FALSE(is_scalar("\"" + std::string(bytes) + "\"")) << in_quotes(bytes);
    }
    EXPECT_EQ(in_quotes("a\xff\xe2\x82z"), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
}

TEST(JsonText, reads_numbers) {
    for (const std::string_view json :
         {"0", "-0", "12", "9223372036854775807", "-9223372036854775808"}) {
        EXPECT_EQ(read_scalar(json)->kind, Node::Kind::integer) << json;
    }
    for (const std::string_view json : {"0.5", "1e3", "-1.25E-2", "9223372036854775808", "0.0"}) {
        EXPECT_EQ(read_scalar(json)->kind, Node::Kind::real) << json;
    }
    EXPECT_EQ(read_scalar("-1.25E-2")->real, -0.0125);
    for (const std::string_view json : {"", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1", "1 ",
                                        "1e999", "NaN", "nul", "True"}) {
        EXPECT_FALSE(is_scalar(json)) << json;
    }
}

TEST(JsonText, writes_what_it_reads) {
    const std::string_view text = "a\"\\/\b\f\n\r\t\x01é😀";
    EXPECT_EQ(in_quotes(text), R"("a\"\\/\b\f\n\r\t\u0001é😀")");
    EXPECT_EQ(text_of(in_quotes(text)), text);
    EXPECT_EQ(written(0.9), "0.9");
    EXPECT_EQ(written(2), "2.0");
    EXPECT_EQ(written(1e300), "1e+300");
}

}  // namespace
}  // namespace ankiwire::conformance
