#include "schema11/deck_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "model/names.hpp"
#include "schema11/object_generators.hpp"

namespace ankiwire::schema11 {
namespace {

constexpr const char* normal_json =
    R"({"id":7,"mod":5,"name":"n","usn":3,"lrnToday":[0,0],"revToday":[0,0],"newToday":[0,0],)"
    R"("timeToday":[0,0],"collapsed":false,"dyn":0,"conf":1})";
constexpr const char* filtered_json =
    R"({"id":7,"mod":5,"name":"n","usn":3,"lrnToday":[0,0],"revToday":[0,0],"newToday":[0,0],)"
    R"("timeToday":[0,0],"collapsed":false,"dyn":1,"resched":true,"terms":[["deck:a",10,1]]})";

bool readable(std::string_view base, std::string_view member, std::string_view value) {
    return decode_text(decode_deck, with(base, member, value)).has_value();
}

Deck normal_with(std::string_view member, std::string_view value) {
    return decode_text(decode_deck, with(normal_json, member, value)).value();
}

Deck filtered_with(std::string_view member, std::string_view value) {
    return decode_text(decode_deck, with(filtered_json, member, value)).value();
}

std::string encoded_member(const Deck& deck, std::string_view name) {
    const auto document = json::Document::parse(encode_text(encode_deck, deck));
    const auto member = document->root().object().value().find(name);
    return member ? sorted_text(*member) : "absent";
}

TEST(DeckJson, names_the_member_that_is_wrong_but_not_its_content) {
    const auto missing = decode_text(decode_deck, with(normal_json, "usn", ""));
    EXPECT_EQ(missing.error().kind, ErrorKind::malformed);
    EXPECT_EQ(missing.error().context, "usn: missing");
    const auto wrong = decode_text(decode_deck, with(normal_json, "usn", "\"secret\""));
    EXPECT_EQ(wrong.error().context, "usn: not an integer");
    EXPECT_EQ(decode_text(decode_deck, "[]").error().kind, ErrorKind::malformed);
}

TEST(DeckJson, needs_each_required_member) {  // R-CHANGES-12
    for (const char* member : {"id", "name", "usn", "lrnToday", "revToday", "newToday", "timeToday",
                               "collapsed", "dyn", "conf"}) {
        EXPECT_FALSE(readable(normal_json, member, "")) << member;
    }
    EXPECT_FALSE(readable(filtered_json, "resched", ""));
    EXPECT_FALSE(readable(filtered_json, "terms", ""));
}

TEST(DeckJson, tells_filtered_decks_by_dyn) {
    for (const char* dyn : {"true", "1"}) {
        EXPECT_TRUE(filtered_with("dyn", dyn).kind.has_filtered()) << dyn;
    }
    for (const char* dyn : {"false", "0", "2", "255"}) {
        EXPECT_TRUE(normal_with("dyn", dyn).kind.has_normal()) << dyn;
    }
    for (const char* dyn : {"1.0", "256", "-1", "\"1\"", "null", "[]"}) {
        EXPECT_FALSE(readable(normal_json, "dyn", dyn)) << dyn;
    }
}

TEST(DeckJson, reads_numbers_of_ids_from_strings) {
    EXPECT_EQ(normal_with("id", "\"17\"").id.value, 17);
    EXPECT_EQ(normal_with("conf", "\"-3\"").kind.normal().config_id(), -3);
    EXPECT_EQ(normal_with("mod", "\"9\"").mtime.value, 9);
    EXPECT_EQ(normal_with("mod", "").mtime.value, 0);
    EXPECT_FALSE(readable(normal_json, "mod", "null"));
    EXPECT_FALSE(readable(normal_json, "id", "5.0"));
    EXPECT_FALSE(readable(normal_json, "conf", "\" 3\""));
}

TEST(DeckJson, reads_flags_and_texts_strictly) {  // R-CHANGES-12
    for (const char* member : {"collapsed", "browserCollapsed", "md"}) {
        EXPECT_TRUE(readable(normal_json, member, "true")) << member;
        EXPECT_FALSE(readable(normal_json, member, "1")) << member;
        EXPECT_FALSE(readable(normal_json, member, "null")) << member;
    }
    EXPECT_FALSE(readable(normal_json, "desc", "null"));
    EXPECT_FALSE(readable(normal_json, "name", "5"));
    EXPECT_FALSE(readable(filtered_json, "separate", "0"));
}

TEST(DeckJson, stores_the_name_normalised_and_writes_it_back) {  // R-STORE-12
    const Deck deck = normal_with("name", "\"foo:::bar::\\u0001 ::u\\u0308\"");
    EXPECT_EQ(deck.name,
              "foo\x1f"
              "bar\x1f"
              "blank\x1fü");
    EXPECT_EQ(encoded_member(deck, "name"), "\"foo::bar::blank::ü\"");
}

TEST(DeckJson, takes_the_last_two_integers_of_a_today_list) {
    const auto studied = [](const char* list) {
        const Deck deck = normal_with("timeToday", list);
        return std::pair(deck.common.last_day_studied(), deck.common.milliseconds_studied());
    };
    using Pair = std::pair<std::uint32_t, std::int32_t>;
    EXPECT_EQ(studied("[3,4]"), Pair(3, 4));
    EXPECT_EQ(studied("[1,3,4]"), Pair(3, 4));
    EXPECT_EQ(studied("[4]"), Pair(0, 4));
    EXPECT_EQ(studied("[]"), Pair(0, 0));
    EXPECT_EQ(studied("[3.0,\"4\"]"), Pair(0, 0));
    EXPECT_EQ(studied("[3,1e3]"), Pair(3, 0));
    EXPECT_EQ(studied("[4294967299,4294967300]"), Pair(3, 4));
    EXPECT_FALSE(readable(normal_json, "timeToday", "{}"));
    EXPECT_FALSE(readable(normal_json, "timeToday", "null"));
}

TEST(DeckJson, drops_amounts_of_earlier_days_but_not_the_time) {
    auto text = with(normal_json, "lrnToday", "[4,1]");
    text = with(text, "revToday", "[9,2]");
    text = with(text, "newToday", "[8,3]");
    text = with(text, "timeToday", "[8,4000]");
    const Deck deck = decode_text(decode_deck, text).value();
    EXPECT_EQ(deck.common.last_day_studied(), 9U);
    EXPECT_EQ(deck.common.learning_studied(), 0);
    EXPECT_EQ(deck.common.review_studied(), 2);
    EXPECT_EQ(deck.common.new_studied(), 0);
    EXPECT_EQ(deck.common.milliseconds_studied(), 4000);
    EXPECT_EQ(encoded_member(deck, "lrnToday"), "[9,0]");
    EXPECT_EQ(encoded_member(deck, "timeToday"), "[9,4000]");
}

TEST(DeckJson, ignores_the_day_of_learning) {
    EXPECT_EQ(normal_with("lrnToday", "[99,1]").common.last_day_studied(), 0U);
}

TEST(DeckJson, keeps_a_negative_day) {
    auto text = std::string(normal_json);
    for (const char* member : {"lrnToday", "revToday", "newToday", "timeToday"}) {
        text = with(text, member, "[-1,5]");
    }
    const Deck deck = decode_text(decode_deck, text).value();
    EXPECT_EQ(deck.common.last_day_studied(), 4294967295U);
    EXPECT_EQ(encoded_member(deck, "revToday"), "[-1,5]");
}

TEST(DeckJson, reads_extensions_and_limits_tolerantly) {
    EXPECT_EQ(normal_with("extendNew", "5").kind.normal().extend_new(), 5U);
    for (const char* value : {"-5", "\"5\"", "5.0", "null", "2147483648"}) {
        EXPECT_EQ(normal_with("extendNew", value).kind.normal().extend_new(), 0U) << value;
        EXPECT_EQ(normal_with("extendRev", value).kind.normal().extend_review(), 0U) << value;
    }
    Deck beyond = normal_with("extendNew", "5");
    beyond.kind.mutable_normal()->set_extend_new(2147483648U);  // nobody could read it
    EXPECT_EQ(encoded_member(beyond, "extendNew"), "0");
    EXPECT_EQ(normal_with("newLimit", "0").kind.normal().new_limit(), 0U);
    EXPECT_TRUE(normal_with("newLimit", "0").kind.normal().has_new_limit());
    for (const char* value : {"-5", "\"5\"", "5.0", "null", "4294967296", ""}) {
        EXPECT_FALSE(normal_with("newLimit", value).kind.normal().has_new_limit()) << value;
        EXPECT_FALSE(normal_with("reviewLimit", value).kind.normal().has_review_limit()) << value;
        EXPECT_FALSE(normal_with("desiredRetention", value).kind.normal().has_desired_retention());
    }
}

TEST(DeckJson, reads_limits_of_a_day_whole_or_not_at_all) {
    const Deck deck = normal_with("newLimitToday", R"({"limit":1,"today":2,"x":3})");
    EXPECT_EQ(deck.kind.normal().new_limit_today().limit(), 1U);
    EXPECT_EQ(deck.kind.normal().new_limit_today().today(), 2U);
    EXPECT_EQ(encoded_member(deck, "newLimitToday"), R"({"limit":1,"today":2})");
    for (const char* value : {R"({"limit":1})", R"({"limit":-1,"today":2})", "{}", "5", "null"}) {
        const Deck other = normal_with("reviewLimitToday", value);
        EXPECT_FALSE(other.kind.normal().has_review_limit_today()) << value;
        EXPECT_EQ(encoded_member(other, "reviewLimitToday"), "null");
    }
}

TEST(DeckJson, rounds_the_retention_to_percent) {
    for (int percent = 0; percent <= 300; ++percent) {
        const auto text = std::to_string(percent);
        EXPECT_EQ(encoded_member(normal_with("desiredRetention", text), "desiredRetention"), text);
    }
    Deck deck = normal_with("dyn", "0");
    deck.kind.mutable_normal()->set_desired_retention(std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(encoded_member(deck, "desiredRetention"), "0");
    deck.kind.mutable_normal()->set_desired_retention(std::numeric_limits<float>::infinity());
    EXPECT_EQ(encoded_member(deck, "desiredRetention"), "4294967295");
    deck.kind.mutable_normal()->set_desired_retention(-1);
    EXPECT_EQ(encoded_member(deck, "desiredRetention"), "0");
}

TEST(DeckJson, reads_the_terms_of_a_filtered_deck) {
    const Deck deck = filtered_with("terms", R"([["a","7",0],["b",-5,99]])");
    ASSERT_EQ(deck.kind.filtered().search_terms_size(), 2);
    EXPECT_EQ(deck.kind.filtered().search_terms(0).limit(), 7U);
    EXPECT_EQ(deck.kind.filtered().search_terms(1).limit(), 0U);
    EXPECT_EQ(deck.kind.filtered().search_terms(1).order(), 99);
    for (const char* terms :
         {R"([["a",1]])", R"([["a",1,1,1]])", R"([[1,1,1]])", R"([["a",1.0,1]])",
          R"([["a",2147483648,1]])", R"([["a","2147483648",1]])", R"([["a",1,"1"]])", "[[]]",
          "[null]", "{}", "null"}) {
        EXPECT_FALSE(readable(filtered_json, "terms", terms)) << terms;
    }
}

TEST(DeckJson, reads_the_rest_of_a_filtered_deck) {
    EXPECT_FALSE(filtered_with("resched", "\"0\"").kind.filtered().reschedule());
    EXPECT_FALSE(readable(filtered_json, "resched", "2"));
    const Deck deck = filtered_with("delays", "[1,0.1]");
    EXPECT_EQ(encoded_member(deck, "delays"), "[1.0,0.1]");
    for (const char* value : {"[1,null]", "[\"1\"]", "5", "null", "[]"}) {
        EXPECT_EQ(filtered_with("delays", value).kind.filtered().delays_size(), 0) << value;
        EXPECT_EQ(encoded_member(filtered_with("delays", value), "delays"), "null") << value;
    }
    EXPECT_EQ(encoded_member(filtered_with("delays", "[1,1e300]"), "delays"), "null");
    for (const char* member :
         {"previewDelay", "previewAgainSecs", "previewHardSecs", "previewGoodSecs"}) {
        EXPECT_EQ(encoded_member(filtered_with(member, "4294967295"), member), "4294967295");
        EXPECT_EQ(encoded_member(filtered_with(member, ""), member), "0");
        EXPECT_FALSE(readable(filtered_json, member, "null")) << member;
        EXPECT_FALSE(readable(filtered_json, member, "-1")) << member;
    }
    EXPECT_EQ(encoded_member(filtered_with("separate", "false"), "separate"), "true");
}

TEST(DeckJson, keeps_unknown_members_and_those_of_the_other_kind) {  // R-CHANGES-08
    const Deck normal = normal_with("resched", "5");
    EXPECT_EQ(normal.common.other(), R"({"resched":5})");
    EXPECT_EQ(encoded_member(normal, "resched"), "5");
    EXPECT_EQ(normal_with("mid", "[1.0]").common.other(), R"({"mid":[1.0]})");
    EXPECT_EQ(normal_with("return", "true").common.other(), "");
    EXPECT_EQ(filtered_with("return", "true").common.other(), "");
}

TEST(DeckJson, sends_no_members_of_a_normal_deck_with_a_filtered_one) {
    Deck deck = filtered_with("conf", "1");
    EXPECT_EQ(deck.common.other(), R"({"conf":1})");
    EXPECT_EQ(encoded_member(deck, "conf"), "absent");
    deck.common.set_other(encode_text(encode_deck, normal_with("md", "true")));
    EXPECT_EQ(encode_text(encode_deck, deck),
              encode_text(encode_deck, filtered_with("resched", "true")));
}

TEST(DeckJson, loses_the_description_of_a_filtered_deck) {
    EXPECT_EQ(encoded_member(filtered_with("desc", "\"x\""), "desc"), "\"\"");
    EXPECT_EQ(encoded_member(filtered_with("md", "true"), "md"), "absent");
    EXPECT_EQ(encoded_member(normal_with("desc", "\"x\""), "desc"), "\"x\"");
    EXPECT_EQ(encoded_member(normal_with("md", "true"), "md"), "true");
    EXPECT_EQ(encoded_member(normal_with("md", "false"), "md"), "absent");
}

TEST(DeckJson, is_written_in_a_fixed_order) {
    EXPECT_EQ(encode_text(encode_deck, normal_with("x", "1.0")),
              R"({"id":7,"mod":5,"name":"n","usn":3,"lrnToday":[0,0],"revToday":[0,0],)"
              R"("newToday":[0,0],"timeToday":[0,0],"collapsed":false,"browserCollapsed":false,)"
              R"("desc":"","dyn":0,"conf":1,"extendNew":0,"extendRev":0,"reviewLimit":null,)"
              R"("newLimit":null,"reviewLimitToday":null,"newLimitToday":null,)"
              R"("desiredRetention":null,"x":1.0})");
}

RC_GTEST_PROP(DeckJsonProperty, any_deck_survives_the_json, ()) {
    const Deck deck = any_deck();
    const auto text = encode_text(encode_deck, deck);
    const auto decoded = decode_text(decode_deck, text);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(decoded->id == deck.id);
    RC_ASSERT(decoded->name == deck.name);
    RC_ASSERT(decoded->mtime == deck.mtime);
    RC_ASSERT(decoded->usn == deck.usn);
    RC_ASSERT(content(decoded->common) == content(deck.common));
    RC_ASSERT(content(decoded->kind) == content(deck.kind));
    RC_ASSERT(encode_text(encode_deck, *decoded) == text);

    // Whatever `other` holds, no member is written twice.
    auto bare = deck;
    bare.common.clear_other();
    const auto bare_text = encode_text(encode_deck, bare);
    bare.common.set_other(bare_text);
    RC_ASSERT(encode_text(encode_deck, bare) == bare_text);
}

}  // namespace
}  // namespace ankiwire::schema11
