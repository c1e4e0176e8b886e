#include "json/writer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "json/reader.hpp"

namespace ankiwire::json {
namespace {

template <class Fn>
std::string written(Fn&& fn) {
    std::string out;
    Writer writer(out);
    fn(writer);
    return out;
}

template <class Float>
std::string real(Float value) {
    return written([&](Writer& out) { out.real(value); });
}

std::string string_text(std::string_view text) {
    return written([&](Writer& out) { out.string(text); });
}

TEST(Writer, places_commas_and_colons) {
    const auto text = written([](Writer& out) {
        out.begin_object().key("a").begin_array().integer(1).begin_array().end_array();
        out.begin_object().end_object().null().end_array();
        out.key("b").begin_object().key("c").boolean(true).key("d").raw("[0]").end_object();
        out.key("e").string("f").end_object();
    });
    EXPECT_EQ(text, R"({"a":[1,[],{},null],"b":{"c":true,"d":[0]},"e":"f"})");
}

TEST(Writer, appends_to_what_is_there) {
    std::string out = "x=";
    Writer(out).integer(std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(out, "x=-9223372036854775808");
}

TEST(Writer, gives_each_real_its_shortest_text_and_a_fraction_or_exponent) {
    EXPECT_EQ(real(0.1F), "0.1");
    EXPECT_EQ(real(0.1), "0.1");
    EXPECT_EQ(real(double{0.1F}), "0.10000000149011612");
    EXPECT_EQ(real(1.0F), "1.0");
    EXPECT_EQ(real(-0.0), "-0.0");
    EXPECT_EQ(real(2500.0), "2500.0");
    EXPECT_EQ(real(1e30), "1e+30");
    EXPECT_EQ(real(1e-7F), "1e-07");
    EXPECT_EQ(real(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
}

TEST(Writer, writes_null_for_what_is_no_number) {
    EXPECT_EQ(real(std::numeric_limits<float>::quiet_NaN()), "null");
    EXPECT_EQ(real(-std::numeric_limits<double>::infinity()), "null");
}

TEST(Writer, escapes_what_must_be_and_nothing_else) {
    EXPECT_EQ(string_text(std::string_view("\"\\/\b\f\n\r\t\0\x1f\x7f", 11)),
              "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"");
    EXPECT_EQ(string_text("ü 漢 😀 \u2028"), "\"ü 漢 😀 \u2028\"");
    EXPECT_EQ(written([](Writer& out) { out.begin_object().key("a\"b").null().end_object(); }),
              R"({"a\"b":null})");
}

TEST(Writer, escapes_a_byte_wherever_it_stands) {
    for (int byte = 0; byte < 0x80; ++byte) {
        for (std::size_t position = 0; position < 20; ++position) {
            std::string text(20, 'x');
            text[position] = static_cast<char>(byte);
            const auto document = Document::parse(string_text(text));
            ASSERT_TRUE(document.has_value()) << byte << " at " << position;
            EXPECT_EQ(document.value().root().string().value(), text);
        }
    }
}

TEST(Writer, replaces_invalid_utf8) {
    EXPECT_EQ(string_text("a\xff\"b\xc3"), "\"a\uFFFD\\\"b\uFFFD\"");
    EXPECT_EQ(string_text("\xc3\xa9\xed\xa0\x80"), "\"é\uFFFD\uFFFD\uFFFD\"");
}

RC_GTEST_PROP(WriterProperty, any_bytes_give_a_string_that_parses, (const std::string& bytes)) {
    RC_ASSERT(Document::parse(string_text(bytes)).has_value());
}

RC_GTEST_PROP(WriterProperty, a_double_survives_the_text, (double value)) {
    const auto document = Document::parse(real(value));
    RC_ASSERT(document.has_value());
    RC_ASSERT(document.value().root().number().value() == value);
    RC_ASSERT(!document.value().root().is_integer());
}

RC_GTEST_PROP(WriterProperty, a_float_survives_the_text, (float value)) {
    const auto document = Document::parse(real(value));
    RC_ASSERT(static_cast<float>(document.value().root().number().value()) == value);
}

RC_GTEST_PROP(WriterProperty, an_integer_survives_the_text, (std::int64_t value)) {
    const auto document = Document::parse(written([&](Writer& out) { out.integer(value); }));
    RC_ASSERT(document.value().root().int64().value() == value);
}

}  // namespace
}  // namespace ankiwire::json
