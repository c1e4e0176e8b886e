#include "json/reader.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace ankiwire::json {
namespace {

// A document that holds one value, to read it.
class Parsed {
public:
    explicit Parsed(std::string_view text) : document_(Document::parse(text)) {}
    [[nodiscard]] bool ok() const { return document_.has_value(); }
    Value operator*() const { return document_.value().root(); }

private:
    Result<Document> document_;
};

std::string canonical(std::string_view text) {
    std::string out;
    (*Parsed(text)).append_to(out);
    return out;
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
}

TEST(Document, refuses_what_is_not_exactly_one_json_value) {
    for (const char* text : {"",
                             " ",
                             "1 2",
                             "{} x",
                             "[1,]",
                             "{\"a\":1,}",
                             "{\"a\" 1}",
                             "{a:1}",
                             "[",
                             "NaN",
                             "Infinity",
                             "-",
                             "1.",
                             ".5",
                             "01",
                             "+1",
                             "1e",
                             "'a'",
                             "tru",
                             "\"a",
                             "\"\\x\"",
                             "\"a\nb\"",
                             "\xef\xbb\xbf{}"}) {
        const auto document = Document::parse(text);
        ASSERT_FALSE(document.has_value()) << text;
        EXPECT_EQ(document.error().kind, ErrorKind::malformed) << text;
    }
}

TEST(Document, refuses_text_that_is_not_utf8_and_lone_surrogates) {
    for (const char* text : {"\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"", R"("\ud800")",
                             R"("\udc00")", R"("\ud800\u0041")", R"("\ud83d\ud83d")"}) {
        EXPECT_FALSE(Document::parse(text).has_value()) << text;
    }
    EXPECT_EQ((*Parsed(R"("\ud83d\ude00")")).string().value(), "😀");
}

TEST(Document, refuses_nesting_beyond_126) {
    EXPECT_TRUE(Document::parse(nested(126)).has_value());
    EXPECT_FALSE(Document::parse(nested(127)).has_value());
    EXPECT_FALSE(Document::parse(std::string(1'000'000, '[')).has_value());
}

TEST(Document, reads_integers_beyond_64_bits_as_floats) {
    EXPECT_EQ(canonical("[18446744073709551616, -9223372036854775809]"),
              "[18446744073709551616.0,-9223372036854775808.0]");
    EXPECT_EQ(canonical(R"({"a":99999999999999999999,"\"9":"99999999999999999999\\"})"),
              R"({"a":1e+20,"\"9":"99999999999999999999\\"})");
    EXPECT_EQ(canonical("[18446744073709551615, 99999999999999999999]"),
              "[18446744073709551615,1e+20]");
    EXPECT_EQ(canonical("[99999999999999999999.5e-3,99999999999999999999]"), "[1e+17,1e+20]");
}

TEST(Document, refuses_numbers_that_no_double_holds) {
    EXPECT_FALSE(Document::parse("1e999").has_value());
    EXPECT_FALSE(Document::parse(std::string(400, '9')).has_value());
    EXPECT_FALSE(Document::parse("[99999999999999999999, 01]").has_value());
    EXPECT_FALSE(Document::parse("[99999999999999999999, \"").has_value());
    EXPECT_FALSE(Document::parse("[000099999999999999999999]").has_value());
}

TEST(Document, does_not_need_the_text_afterwards) {
    auto text = std::string(R"(["kept"])");
    const Parsed document(text);
    text.assign(text.size(), '#');
    EXPECT_EQ(Value(*(*document).array().value().begin()).string().value(), "kept");
}

TEST(Value, knows_its_type) {
    EXPECT_TRUE((*Parsed("null")).is_null());
    EXPECT_TRUE((*Parsed("\"\"")).is_string());
    EXPECT_TRUE((*Parsed("false")).is_bool());
    EXPECT_TRUE((*Parsed("{}")).is_object());
    EXPECT_TRUE((*Parsed("[]")).is_array());
    EXPECT_TRUE((*Parsed("18446744073709551615")).is_integer());
    EXPECT_FALSE((*Parsed("18446744073709551616")).is_integer());
    EXPECT_FALSE((*Parsed("1.0")).is_integer());
    EXPECT_TRUE((*Parsed("1.0")).is_number());
    EXPECT_FALSE((*Parsed("\"1\"")).is_number());
}

TEST(Value, reads_integers_strictly_and_within_their_range) {
    EXPECT_EQ((*Parsed("255")).uint8().value(), 255);
    EXPECT_FALSE((*Parsed("256")).uint8());
    EXPECT_EQ((*Parsed("65535")).uint16().value(), 65535);
    EXPECT_FALSE((*Parsed("65536")).uint16());
    EXPECT_FALSE((*Parsed("-1")).uint16());
    EXPECT_EQ((*Parsed("4294967295")).uint32().value(), 4294967295U);
    EXPECT_FALSE((*Parsed("4294967296")).uint32());
    EXPECT_EQ((*Parsed("-2147483648")).int32().value(), std::numeric_limits<std::int32_t>::min());
    EXPECT_FALSE((*Parsed("2147483648")).int32());
    EXPECT_EQ((*Parsed("-9223372036854775808")).int64().value(),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_FALSE((*Parsed("9223372036854775808")).int64());
    for (const char* text : {"1.0", "1e0", "\"1\"", "true", "null", "[1]"}) {
        EXPECT_FALSE((*Parsed(text)).int64()) << text;
    }
}

TEST(Value, reads_an_integer_as_a_number_but_no_other_type) {
    EXPECT_EQ((*Parsed("3")).number().value(), 3.0);
    EXPECT_EQ((*Parsed("18446744073709551615")).number().value(), 0x1p64);
    EXPECT_FALSE((*Parsed("\"3\"")).number());
    EXPECT_FALSE((*Parsed("null")).string());
    EXPECT_FALSE((*Parsed("0")).boolean());
    EXPECT_FALSE((*Parsed("[]")).object());
    EXPECT_FALSE((*Parsed("{}")).array());
}

TEST(Value, reads_an_integer_from_a_string_of_digits_only) {
    EXPECT_EQ((*Parsed("5")).int64_or_string().value(), 5);
    EXPECT_EQ((*Parsed("\"-5\"")).int64_or_string().value(), -5);
    EXPECT_EQ((*Parsed("\"+5\"")).int64_or_string().value(), 5);
    EXPECT_EQ((*Parsed("\"007\"")).int64_or_string().value(), 7);
    for (const char* text : {"\" 5\"", "\"5 \"", "\"\"", "\"+-5\"", "\"5.0\"", "5.0", "null",
                             "true", "\"9223372036854775808\"", "\"0x5\""}) {
        EXPECT_FALSE((*Parsed(text)).int64_or_string()) << text;
    }
}

TEST(Value, truncates_floats_to_integers_and_saturates) {
    EXPECT_EQ((*Parsed("5")).int64_or_float().value(), 5);
    EXPECT_EQ((*Parsed("5.9")).int64_or_float().value(), 5);
    EXPECT_EQ((*Parsed("-5.9")).int64_or_float().value(), -5);
    EXPECT_EQ((*Parsed("1e300")).int64_or_float().value(),
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ((*Parsed("9223372036854775808")).int64_or_float().value(),
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ((*Parsed("-1e300")).int64_or_float().value(),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_FALSE((*Parsed("\"5\"")).int64_or_float());
    EXPECT_FALSE((*Parsed("null")).int64_or_float());
}

TEST(Value, reads_a_boolean_from_anything_that_means_one) {
    for (const char* text : {"true", "1", "1.0", "\"true\"", "\"TRUE\"", "\"1\"", "\"1.0\""}) {
        EXPECT_TRUE((*Parsed(text)).bool_from_anything().value()) << text;
    }
    for (const char* text : {"false", "0", "0.0", "\"False\"", "\"0\"", "\"0.0\""}) {
        EXPECT_FALSE((*Parsed(text)).bool_from_anything().value()) << text;
    }
    for (const char* text : {"2", "-1", "0.5", "\"yes\"", "\"\"", "\"nan\"", "null", "[]"}) {
        EXPECT_FALSE((*Parsed(text)).bool_from_anything().has_value()) << text;
    }
}

TEST(Value, is_written_back_compactly_and_without_loss) {
    EXPECT_EQ(
        canonical(R"( { "b" : [ 1 , 1.0, -0.5 ,true,null ] , "a" : "x\u0000\/é" , "a":{} } )"),
        R"({"b":[1,1.0,-0.5,true,null],"a":"x\u0000/é","a":{}})");
    EXPECT_EQ(canonical("[18446744073709551615,-9223372036854775808,1e30,0.1,5e-324,-0.0]"),
              "[18446744073709551615,-9223372036854775808,1e+30,0.1,5e-324,-0.0]");
    EXPECT_EQ(canonical(nested(126)), nested(126));
}

TEST(Object, finds_the_last_of_repeated_members) {
    const Parsed document(R"({"a":1,"b":2,"a":3})");
    const Object object = (*document).object().value();
    EXPECT_EQ(object.find("a")->int64().value(), 3);
    EXPECT_EQ(object.member("b").value().int64().value(), 2);
    EXPECT_FALSE(object.find("c").has_value());
    EXPECT_EQ(object.member("c").error().kind, ErrorKind::malformed);
    EXPECT_EQ(object.member("c").error().context, "no member c");
}

TEST(Object, visits_members_in_order_until_one_fails) {
    const Parsed document(R"({"z":1,"a":2,"stop":3,"never":4})");
    std::vector<std::string> seen;
    const auto result =
        (*document).object().value().for_each([&](std::string_view name, Value) -> Result<void> {
            seen.emplace_back(name);
            return name == "stop" ? Result<void>(fail(ErrorKind::malformed, "stop"))
                                  : Result<void>();
        });
    EXPECT_FALSE(result.has_value());
    EXPECT_EQ(seen, (std::vector<std::string>{"z", "a", "stop"}));
}

TEST(Array, counts_and_visits_its_elements) {
    const Parsed document("[1,2,[3]]");
    const Array array = (*document).array().value();
    EXPECT_EQ(array.size(), 3U);
    std::size_t visited = 0;
    EXPECT_TRUE(array.for_each([&](Value) -> Result<void> {
        ++visited;
        return {};
    }));
    EXPECT_EQ(visited, 3U);
}

}  // namespace
}  // namespace ankiwire::json
