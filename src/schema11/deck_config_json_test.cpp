#include "schema11/deck_config_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "schema11/object_generators.hpp"

namespace ankiwire::schema11 {
namespace {

using columns::DeckConfigConfig;

constexpr const char* new_json =
    R"({"delays":[2,20],"initialFactor":2350,"ints":[2,5,7],"order":0,"perDay":35})";
constexpr const char* rev_json = R"({"ease4":1.5,"ivlFct":1,"maxIvl":730,"perDay":150})";
constexpr const char* lapse_json =
    R"({"delays":[15],"leechAction":0,"leechFails":6,"minInt":2,"mult":0.5})";

std::string config_json() {
    std::string text =
        R"({"id":7,"mod":5,"name":"n","usn":3,"maxTaken":60,"autoplay":true,"timer":0})";
    text = with(text, "new", new_json);
    text = with(text, "rev", rev_json);
    return with(text, "lapse", lapse_json);
}

Result<DeckConfig> decode_with(std::string_view member, std::string_view value) {
    return decode_text(decode_deck_config, with(config_json(), member, value));
}

DeckConfigConfig new_with(std::string_view member, std::string_view value) {
    return decode_with("new", with(new_json, member, value)).value().config;
}

DeckConfigConfig rev_with(std::string_view member, std::string_view value) {
    return decode_with("rev", with(rev_json, member, value)).value().config;
}

DeckConfigConfig lapse_with(std::string_view member, std::string_view value) {
    return decode_with("lapse", with(lapse_json, member, value)).value().config;
}

std::vector<float> list(const google::protobuf::RepeatedField<float>& numbers) {
    return {numbers.begin(), numbers.end()};
}

// The member, or the member of a part, of the JSON that `config` is written as.
std::string encoded_member(const DeckConfigConfig& config, std::string_view name,
                           std::string_view part = {}) {
    DeckConfig deck_config;
    deck_config.config = config;
    const auto document = json::Document::parse(encode_text(encode_deck_config, deck_config));
    auto object = document->root().object().value();
    if (!part.empty()) {
        object = object.member(part).value().object().value();
    }
    const auto member = object.find(name);
    return member ? sorted_text(*member) : "absent";
}

TEST(DeckConfigJson, needs_each_required_member) {  // R-CHANGES-12
    for (const char* member :
         {"id", "mod", "name", "usn", "maxTaken", "autoplay", "timer", "new", "rev", "lapse"}) {
        EXPECT_FALSE(decode_with(member, "")) << member;
    }
    EXPECT_TRUE(decode_text(decode_deck_config, config_json()));
}

TEST(DeckConfigJson, reads_its_basic_members) {
    EXPECT_EQ(decode_with("id", "\"17\"")->id.value, 17);
    EXPECT_EQ(decode_with("mod", "\"9\"")->mtime.value, 9);
    EXPECT_FALSE(decode_with("mod", "null"));
    EXPECT_EQ(decode_with("maxTaken", "-5")->config.cap_answer_time_to_secs(), 0U);
    EXPECT_FALSE(decode_with("maxTaken", "60.0"));
    EXPECT_TRUE(decode_with("autoplay", "false")->config.disable_autoplay());
    EXPECT_FALSE(decode_with("autoplay", "1"));
    EXPECT_TRUE(decode_with("timer", "255")->config.show_timer());
    for (const char* timer : {"0", "256", "-1", "true", "1.0", "null"}) {
        EXPECT_FALSE(decode_with("timer", timer)->config.show_timer()) << timer;
    }
    EXPECT_TRUE(decode_with("replayq", "")->config.skip_question_when_replaying_answer());
    EXPECT_FALSE(decode_with("replayq", "true")->config.skip_question_when_replaying_answer());
    EXPECT_FALSE(decode_with("replayq", "null"));
    EXPECT_TRUE(decode_with("dyn", "\"x\""));
}

TEST(DeckConfigJson, reads_the_new_part) {
    const auto config = new_with("bury", "true");
    EXPECT_TRUE(config.bury_new());
    EXPECT_EQ(list(config.learn_steps()), (std::vector<float>{2, 20}));
    EXPECT_EQ(config.initial_ease(), 2.35F);
    EXPECT_EQ(config.graduating_interval_good(), 2U);
    EXPECT_EQ(config.graduating_interval_easy(), 5U);
    EXPECT_EQ(config.new_per_day(), 35U);
    for (const char* delays : {"[1,null]", "[\"1\"]", "null", "5"}) {
        EXPECT_EQ(new_with("delays", delays).learn_steps_size(), 0) << delays;
    }
    EXPECT_EQ(new_with("perDay", "-1").new_per_day(), 0U);
    EXPECT_EQ(new_with("perDay", "1.0").new_per_day(), 0U);
}

// R-STORE-15
TEST(DeckConfigJson, reads_the_order_of_new_cards_by_its_meaning) {
    EXPECT_EQ(new_with("order", "0").new_card_insert_order(), 1);  // random
    for (const char* due : {"1", "2", "-1", "0.0", "\"0\"", "null"}) {
        EXPECT_EQ(new_with("order", due).new_card_insert_order(), 0) << due;
    }
    EXPECT_EQ(encoded_member(new_with("order", "0"), "order", "new"), "0");
    EXPECT_EQ(encoded_member(new_with("order", "1"), "order", "new"), "1");
    DeckConfigConfig unknown;
    unknown.set_new_card_insert_order(77);
    EXPECT_EQ(encoded_member(unknown, "order", "new"), "1");
}

TEST(DeckConfigJson, takes_two_intervals_or_the_default_ones) {
    EXPECT_EQ(encoded_member(new_with("ints", "[3,9]"), "ints", "new"), "[3,9,0]");
    EXPECT_EQ(encoded_member(new_with("ints", "[3,9,8,7]"), "ints", "new"), "[3,9,0]");
    for (const char* ints : {"[3]", "[]", "[-5,4,3]", "[1.0,2]", "[2,3,null]", "[65536,1]", "5"}) {
        EXPECT_EQ(encoded_member(new_with("ints", ints), "ints", "new"), "[1,4,0]") << ints;
    }
}

TEST(DeckConfigJson, replaces_an_unreadable_new_part_whole) {
    const auto expect_default = [](const DeckConfigConfig& config) {
        EXPECT_EQ(list(config.learn_steps()), (std::vector<float>{1, 10}));
        EXPECT_EQ(config.initial_ease(), 2.5F);
        EXPECT_EQ(config.graduating_interval_good(), 1U);
        EXPECT_EQ(config.graduating_interval_easy(), 4U);
        EXPECT_EQ(config.new_card_insert_order(), 0);
        EXPECT_EQ(config.new_per_day(), 20U);
        EXPECT_EQ(config.other(), "");
    };
    for (const char* missing : {"delays", "initialFactor", "ints", "order", "perDay"}) {
        SCOPED_TRACE(missing);
        expect_default(new_with(missing, ""));
    }
    expect_default(new_with("initialFactor", "2500.0"));
    expect_default(new_with("initialFactor", "65536"));
    expect_default(new_with("bury", "1"));
    const auto bad_but_known = with(with(new_json, "initialFactor", "null"), "x", "1");
    expect_default(decode_with("new", bad_but_known)->config);
    expect_default(decode_with("new", "[]")->config);
}

TEST(DeckConfigJson, reads_the_rev_part_or_its_default) {
    const auto config = rev_with("bury", "true");
    EXPECT_TRUE(config.bury_reviews());
    EXPECT_EQ(config.easy_multiplier(), 1.5F);
    EXPECT_EQ(config.interval_multiplier(), 1.0F);
    EXPECT_EQ(config.maximum_review_interval(), 730U);
    EXPECT_EQ(config.reviews_per_day(), 150U);
    EXPECT_EQ(config.hard_multiplier(), 1.2F);
    EXPECT_EQ(rev_with("hardFactor", "1.1").hard_multiplier(), 1.1F);
    EXPECT_EQ(rev_with("perDay", "\"5\"").reviews_per_day(), 0U);
    for (const auto& bad :
         {rev_with("ease4", ""), rev_with("ease4", "\"1.5\""), rev_with("ivlFct", "null"),
          rev_with("maxIvl", "-1"), rev_with("perDay", ""), rev_with("hardFactor", "null"),
          decode_with("rev", "null")->config}) {
        EXPECT_EQ(bad.easy_multiplier(), 1.3F);
        EXPECT_EQ(bad.interval_multiplier(), 1.0F);
        EXPECT_EQ(bad.maximum_review_interval(), 36500U);
        EXPECT_EQ(bad.reviews_per_day(), 200U);
        EXPECT_EQ(bad.hard_multiplier(), 1.2F);
    }
}

TEST(DeckConfigJson, reads_the_lapse_part_or_its_default) {
    const auto config = lapse_with("leechAction", "0");
    EXPECT_EQ(list(config.relearn_steps()), std::vector<float>{15});
    EXPECT_EQ(config.leech_action(), 0);
    EXPECT_EQ(config.leech_threshold(), 6U);
    EXPECT_EQ(config.minimum_lapse_interval(), 2U);
    EXPECT_EQ(config.lapse_multiplier(), 0.5F);
    for (const char* action : {"1", "2", "-1", "0.0", "null"}) {
        EXPECT_EQ(lapse_with("leechAction", action).leech_action(), 1) << action;
    }
    EXPECT_EQ(lapse_with("delays", "null").relearn_steps_size(), 0);
    for (const auto& bad :
         {lapse_with("delays", ""), lapse_with("leechAction", ""), lapse_with("leechFails", "1.0"),
          lapse_with("minInt", "null"), lapse_with("mult", "\"0\""), lapse_with("mult", ""),
          decode_with("lapse", "5")->config}) {
        EXPECT_EQ(list(bad.relearn_steps()), std::vector<float>{10});
        EXPECT_EQ(bad.leech_action(), 1);
        EXPECT_EQ(bad.leech_threshold(), 8U);
        EXPECT_EQ(bad.minimum_lapse_interval(), 1U);
        EXPECT_EQ(bad.lapse_multiplier(), 0.0F);
    }
}

TEST(DeckConfigJson, reads_later_members_strictly_if_they_are_there) {
    const char* of_each_type[][2] = {{"newMix", "1.0"},
                                     {"newPerDayMinimum", "-1"},
                                     {"interdayLearningMix", "\"1\""},
                                     {"reviewOrder", "2147483648"},
                                     {"newSortOrder", "null"},
                                     {"newGatherPriority", "true"},
                                     {"buryInterdayLearning", "1"},
                                     {"fsrsWeights", "[null]"},
                                     {"fsrsParams5", "null"},
                                     {"fsrsParams6", "[\"1\"]"},
                                     {"desiredRetention", "\"0.9\""},
                                     {"ignoreRevlogsBeforeDate", "null"},
                                     {"easyDaysPercentages", "{}"},
                                     {"stopTimerOnAnswer", "0"},
                                     {"secondsToShowQuestion", "null"},
                                     {"secondsToShowAnswer", "true"},
                                     {"questionAction", "2"},
                                     {"answerAction", "5"},
                                     {"waitForAudio", "null"},
                                     {"sm2Retention", "[]"},
                                     {"weightSearch", "5"}};
    for (const auto& [member, value] : of_each_type) {
        EXPECT_FALSE(decode_with(member, value)) << member;
    }
    const auto absent = decode_text(decode_deck_config, config_json()).value().config;
    EXPECT_TRUE(absent.wait_for_audio());
    EXPECT_EQ(absent.desired_retention(), 0.0F);
    EXPECT_EQ(absent.easy_days_percentages_size(), 0);
    EXPECT_EQ(decode_with("reviewOrder", "77")->config.review_order(), 77);
    EXPECT_EQ(decode_with("answerAction", "4")->config.answer_action(), 4);
}

TEST(DeckConfigJson, keeps_unknown_members_under_the_name_of_their_part) {  // R-CHANGES-08
    auto text = with(config_json(), "x", "1.0");
    text = with(text, "new", with(new_json, "separate", "true"));
    text = with(text, "rev", with(rev_json, "fuzz", "0.05"));
    text = with(text, "lapse", with(lapse_json, "deep", "[null]"));
    const auto config = decode_text(decode_deck_config, text).value().config;
    EXPECT_EQ(sorted_text(config.other()),
              R"({"lapse":{"deep":[null]},"new":{"separate":true},"rev":{"fuzz":0.05},"x":1.0})");
    EXPECT_EQ(encoded_member(config, "x"), "1.0");
    EXPECT_EQ(encoded_member(config, "separate", "new"), "true");
    EXPECT_EQ(encoded_member(config, "fuzz", "rev"), "0.05");
    EXPECT_EQ(encoded_member(config, "deep", "lapse"), "[null]");
    EXPECT_EQ(decode_text(decode_deck_config, config_json())->config.other(), "");
}

TEST(DeckConfigJson, ignores_stored_parts_that_are_no_objects) {
    DeckConfigConfig config;
    config.set_other(R"({"new":5,"rev":[1],"lapse":null,"x":1})");
    EXPECT_EQ(encoded_member(config, "x"), "1");
    DeckConfigConfig bare;
    for (const char* part : {"new", "rev", "lapse"}) {
        EXPECT_EQ(encoded_member(config, part), encoded_member(bare, part));
    }
}

TEST(DeckConfigJson, rounds_the_starting_ease) {
    for (const int factor : {1310, 2001, 4003, 4999, 5000}) {
        const auto text = std::to_string(factor);
        ASSERT_EQ(encoded_member(new_with("initialFactor", text), "initialFactor", "new"), text);
    }
}

TEST(DeckConfigJson, sends_the_default_for_a_stored_value_out_of_range) {  // R-STORE-16
    DeckConfigConfig zero;
    EXPECT_EQ(encoded_member(zero, "new"),
              R"({"bury":false,"delays":[],"initialFactor":2500,"ints":[1,4,0],"order":1,)"
              R"("perDay":0})");
    EXPECT_EQ(encoded_member(zero, "rev"),
              R"({"bury":false,"ease4":1.3,"hardFactor":1.2,"ivlFct":1.0,"maxIvl":36500,)"
              R"("perDay":0})");
    EXPECT_EQ(encoded_member(zero, "lapse"),
              R"({"delays":[],"leechAction":0,"leechFails":8,"minInt":1,"mult":0.0})");
    EXPECT_EQ(encoded_member(zero, "maxTaken"), "60");
    EXPECT_EQ(encoded_member(zero, "desiredRetention"), "0.9");
    EXPECT_EQ(encoded_member(zero, "sm2Retention"), "0.9");

    DeckConfigConfig high;
    high.set_new_per_day(10'000);
    high.set_reviews_per_day(10'000);
    high.set_new_per_day_minimum(10'000);
    high.set_initial_ease(5.01F);
    high.set_easy_multiplier(5.1F);
    high.set_hard_multiplier(1.31F);
    high.set_lapse_multiplier(1.1F);
    high.set_interval_multiplier(2.1F);
    high.set_maximum_review_interval(36'501);
    high.set_minimum_lapse_interval(36'501);
    high.set_graduating_interval_good(36'501);
    high.set_graduating_interval_easy(70'000);
    high.set_leech_threshold(10'000);
    high.set_cap_answer_time_to_secs(10'000);
    high.set_desired_retention(0.991F);
    high.set_historical_retention(0.98F);
    EXPECT_EQ(encoded_member(high, "newPerDayMinimum"), "0");
    high.clear_new_per_day_minimum();
    zero.set_new_per_day(20);
    zero.set_reviews_per_day(200);
    DeckConfig of_high{.id = {}, .name = {}, .mtime = {}, .usn = {}, .config = high};
    DeckConfig of_zero{.id = {}, .name = {}, .mtime = {}, .usn = {}, .config = zero};
    EXPECT_EQ(encode_text(encode_deck_config, of_high), encode_text(encode_deck_config, of_zero));
}

TEST(DeckConfigJson, sends_the_bounds_of_the_ranges) {  // R-STORE-16
    DeckConfigConfig config;
    config.set_initial_ease(1.31F);
    EXPECT_EQ(encoded_member(config, "initialFactor", "new"), "1310");
    config.set_maximum_review_interval(1);
    EXPECT_EQ(encoded_member(config, "maxIvl", "rev"), "1");
    config.set_desired_retention(0.99F);
    EXPECT_EQ(encoded_member(config, "desiredRetention"), "0.99");
    config.set_historical_retention(0.97F);
    EXPECT_EQ(encoded_member(config, "sm2Retention"), "0.97");
    config.set_hard_multiplier(0.5F);
    EXPECT_EQ(encoded_member(config, "hardFactor", "rev"), "0.5");
    config.set_lapse_multiplier(1.0F);
    EXPECT_EQ(encoded_member(config, "mult", "lapse"), "1.0");
}

TEST(DeckConfigJson, sends_unknown_numbers_of_actions_as_the_first_one) {
    DeckConfigConfig config;
    config.set_question_action(77);
    config.set_answer_action(77);
    config.set_leech_action(77);
    EXPECT_EQ(encoded_member(config, "questionAction"), "0");
    EXPECT_EQ(encoded_member(config, "answerAction"), "0");
    EXPECT_EQ(encoded_member(config, "leechAction", "lapse"), "0");
}

TEST(DeckConfigJson, sends_no_null_for_what_is_no_number) {
    const auto config = decode_with("fsrsWeights", "[1,1e300]")->config;
    EXPECT_EQ(encoded_member(config, "fsrsWeights"), "[]");
    const auto seconds = decode_with("secondsToShowAnswer", "-1e300")->config;
    EXPECT_EQ(encoded_member(seconds, "secondsToShowAnswer"), "0.0");
    DeckConfigConfig ease;
    ease.set_initial_ease(std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(encoded_member(ease, "initialFactor", "new"), "2500");
}

RC_GTEST_PROP(DeckConfigJsonProperty, any_deck_config_survives_the_json, ()) {
    DeckConfig config = any_deck_config();
    const auto text = encode_text(encode_deck_config, config);
    const auto decoded = decode_text(decode_deck_config, text);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(decoded->id == config.id);
    RC_ASSERT(decoded->name == config.name);
    RC_ASSERT(decoded->mtime == config.mtime);
    RC_ASSERT(decoded->usn == config.usn);
    RC_ASSERT(content(decoded->config) == content(config.config));
    RC_ASSERT(sorted_text(encode_text(encode_deck_config, *decoded)) == sorted_text(text));

    // Whatever `other` holds, no member is written twice.
    config.config.clear_other();
    const auto bare_text = encode_text(encode_deck_config, config);
    config.config.set_other(bare_text);
    RC_ASSERT(encode_text(encode_deck_config, config) == bare_text);
}

}  // namespace
}  // namespace ankiwire::schema11
