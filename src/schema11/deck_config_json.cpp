#include "schema11/deck_config_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "schema11/member_text.hpp"
#include "schema11/members.hpp"
#include "schema11/other_members.hpp"

namespace ankiwire::schema11 {
namespace {

using columns::DeckConfigConfig;
using json::Value;

constexpr auto basic_members =
    std::to_array<std::string_view>({"id", "mod", "name", "usn", "maxTaken", "autoplay", "timer",
                                     "replayq", "new", "rev", "lapse", "dyn"});

constexpr auto added_members = std::to_array<std::string_view>({"newMix",
                                                                "newPerDayMinimum",
                                                                "interdayLearningMix",
                                                                "reviewOrder",
                                                                "newSortOrder",
                                                                "newGatherPriority",
                                                                "buryInterdayLearning",
                                                                "fsrsWeights",
                                                                "fsrsParams5",
                                                                "fsrsParams6",
                                                                "desiredRetention",
                                                                "ignoreRevlogsBeforeDate",
                                                                "easyDaysPercentages",
                                                                "stopTimerOnAnswer",
                                                                "secondsToShowQuestion",
                                                                "secondsToShowAnswer",
                                                                "questionAction",
                                                                "answerAction",
                                                                "waitForAudio",
                                                                "sm2Retention",
                                                                "weightSearch"});

constexpr auto new_members =
    std::to_array<std::string_view>({"bury", "delays", "initialFactor", "ints", "order", "perDay"});

constexpr auto rev_members =
    std::to_array<std::string_view>({"bury", "ease4", "ivlFct", "maxIvl", "perDay", "hardFactor"});

constexpr auto lapse_members =
    std::to_array<std::string_view>({"delays", "leechAction", "leechFails", "minInt", "mult"});

// `new.order` of the JSON; DeckConfigConfig.new_card_insert_order has the reverse (R-STORE-15).
constexpr std::int64_t json_order_random = 0;
constexpr std::int64_t json_order_due = 1;
constexpr std::int32_t stored_order_random = 1;
constexpr std::int32_t stored_order_due = 0;

constexpr std::int32_t leech_tag_only = 1;
constexpr std::int32_t question_action_max = 1;
constexpr std::int32_t answer_action_max = 4;

// What one of the objects `new`, `rev` and `lapse` tells: its own members of the message, no
// others.
struct Part {
    DeckConfigConfig config;
    std::string other;
};

const auto real32_list = list_of(real32);

void assign(google::protobuf::RepeatedField<float>& to, const std::vector<float>& from) {
    to.Assign(from.begin(), from.end());
}

Result<Part> decode_new(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Part part;
    auto& config = part.config;
    config.set_bury_new(in.optional("bury", &Value::boolean));
    assign(*config.mutable_learn_steps(), in.required_lenient("delays", real32_list));
    config.set_initial_ease(static_cast<float>(in.required("initialFactor", &Value::uint16)) /
                            1000.0F);
    const auto intervals = in.required_lenient("ints", list_of(&Value::uint16));
    const bool usable = intervals.size() >= 2;
    config.set_graduating_interval_good(usable ? intervals[0] : 1);
    config.set_graduating_interval_easy(usable ? intervals[1] : 4);
    const auto order = in.required_lenient("order", &Value::int64, json_order_due);
    config.set_new_card_insert_order(order == json_order_random ? stored_order_random
                                                                : stored_order_due);
    config.set_new_per_day(in.required_lenient("perDay", &Value::uint32));
    TRY(in.status());
    part.other = other_members(object, {new_members});
    return part;
}

Part default_new() {
    Part part;
    auto& config = part.config;
    assign(*config.mutable_learn_steps(), {1, 10});
    config.set_initial_ease(2.5);
    config.set_graduating_interval_good(1);
    config.set_graduating_interval_easy(4);
    config.set_new_card_insert_order(stored_order_due);
    config.set_new_per_day(20);
    return part;
}

Result<Part> decode_rev(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Part part;
    auto& config = part.config;
    config.set_bury_reviews(in.optional("bury", &Value::boolean));
    config.set_easy_multiplier(in.required("ease4", real32));
    config.set_interval_multiplier(in.required("ivlFct", real32));
    config.set_maximum_review_interval(in.required("maxIvl", &Value::uint32));
    config.set_reviews_per_day(in.required_lenient("perDay", &Value::uint32));
    config.set_hard_multiplier(in.optional("hardFactor", real32, 1.2F));
    TRY(in.status());
    part.other = other_members(object, {rev_members});
    return part;
}

Part default_rev() {
    Part part;
    auto& config = part.config;
    config.set_easy_multiplier(1.3F);
    config.set_interval_multiplier(1);
    config.set_maximum_review_interval(36500);
    config.set_reviews_per_day(200);
    config.set_hard_multiplier(1.2F);
    return part;
}

Result<Part> decode_lapse(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Part part;
    auto& config = part.config;
    assign(*config.mutable_relearn_steps(), in.required_lenient("delays", real32_list));
    config.set_leech_action(in.required_lenient("leechAction", up_to(1), leech_tag_only));
    config.set_leech_threshold(in.required("leechFails", &Value::uint32));
    config.set_minimum_lapse_interval(in.required("minInt", &Value::uint32));
    config.set_lapse_multiplier(in.required("mult", real32));
    TRY(in.status());
    part.other = other_members(object, {lapse_members});
    return part;
}

Part default_lapse() {
    Part part;
    auto& config = part.config;
    assign(*config.mutable_relearn_steps(), {10});
    config.set_leech_action(leech_tag_only);
    config.set_leech_threshold(8);
    config.set_minimum_lapse_interval(1);
    return part;
}

// The members that schema 11 has always had, save the three objects.
void decode_basics(Members& in, DeckConfigConfig& config) {
    config.set_cap_answer_time_to_secs(
        static_cast<std::uint32_t>(std::max(in.required("maxTaken", &Value::int32), 0)));
    config.set_disable_autoplay(!in.required("autoplay", &Value::boolean));
    config.set_show_timer(in.required_lenient("timer", &Value::uint8) != 0);
    config.set_skip_question_when_replaying_answer(!in.optional("replayq", &Value::boolean));
}

// The members that came later: each may be absent.
void decode_additions(Members& in, DeckConfigConfig& config) {
    config.set_new_mix(in.optional("newMix", &Value::int32));
    config.set_new_per_day_minimum(in.optional("newPerDayMinimum", &Value::uint32));
    config.set_interday_learning_mix(in.optional("interdayLearningMix", &Value::int32));
    config.set_review_order(in.optional("reviewOrder", &Value::int32));
    config.set_new_card_sort_order(in.optional("newSortOrder", &Value::int32));
    config.set_new_card_gather_priority(in.optional("newGatherPriority", &Value::int32));
    config.set_bury_interday_learning(in.optional("buryInterdayLearning", &Value::boolean));
    assign(*config.mutable_fsrs_params_4(), in.optional("fsrsWeights", real32_list));
    assign(*config.mutable_fsrs_params_5(), in.optional("fsrsParams5", real32_list));
    assign(*config.mutable_fsrs_params_6(), in.optional("fsrsParams6", real32_list));
    config.set_desired_retention(in.optional("desiredRetention", real32));
    config.set_ignore_revlogs_before_date(in.optional("ignoreRevlogsBeforeDate", text));
    assign(*config.mutable_easy_days_percentages(),
           in.optional("easyDaysPercentages", real32_list));
    config.set_stop_timer_on_answer(in.optional("stopTimerOnAnswer", &Value::boolean));
    config.set_seconds_to_show_question(in.optional("secondsToShowQuestion", real32));
    config.set_seconds_to_show_answer(in.optional("secondsToShowAnswer", real32));
    config.set_question_action(in.optional("questionAction", up_to(question_action_max)));
    config.set_answer_action(in.optional("answerAction", up_to(answer_action_max)));
    config.set_wait_for_audio(in.optional("waitForAudio", &Value::boolean, true));
    config.set_historical_retention(in.optional("sm2Retention", real32));
    config.set_param_search(in.optional("weightSearch", text));
}

// One JSON object: the unknown members of the config, and of its parts under the parts' names.
std::string join_other(json::Object object, const Part& fresh, const Part& rev, const Part& lapse) {
    std::string other;
    json::Writer out(other);
    out.begin_object();
    write_members_except({basic_members, added_members}, object, out);
    const auto write_part = [&](std::string_view name, const Part& part) {
        if (!part.other.empty()) {
            out.key(name).raw(part.other);
        }
    };
    write_part("new", fresh);
    write_part("rev", rev);
    write_part("lapse", lapse);
    out.end_object();
    return other == "{}" ? std::string() : other;
}

template <class Number>
Number within(Number value, Number min, Number max, Number fallback) {
    return value >= min && value <= max ? value : fallback;  // not a number: the fallback
}

std::int64_t days(std::uint32_t value, std::uint32_t fallback) {
    return within<std::uint32_t>(value, 1, 36'500, fallback);
}

std::int64_t cards_per_day(std::uint32_t value, std::uint32_t fallback) {
    return within<std::uint32_t>(value, 0, 9'999, fallback);
}

float finite(float value) { return std::isfinite(value) ? value : 0.0F; }

void encode_new(const DeckConfigConfig& config, const OtherMembers& other, json::Writer& out) {
    out.begin_object();
    out.key("bury").boolean(config.bury_new());
    write_reals(out.key("delays"), config.learn_steps());
    // Rounded: the official encoder truncates and so turns 2001 into 2000.
    const float ease = within(config.initial_ease(), 1.31F, 5.0F, 2.5F);
    out.key("initialFactor").integer(std::lround(ease * 1000.0F));
    out.key("ints").begin_array();
    out.integer(days(config.graduating_interval_good(), 1));
    out.integer(days(config.graduating_interval_easy(), 4)).integer(0).end_array();
    out.key("order").integer(
        config.new_card_insert_order() == stored_order_random ? json_order_random : json_order_due);
    out.key("perDay").integer(cards_per_day(config.new_per_day(), 20));
    other.write_nested_except({new_members}, "new", out);
    out.end_object();
}

void encode_rev(const DeckConfigConfig& config, const OtherMembers& other, json::Writer& out) {
    out.begin_object();
    out.key("bury").boolean(config.bury_reviews());
    out.key("ease4").real(within(config.easy_multiplier(), 1.0F, 5.0F, 1.3F));
    out.key("ivlFct").real(within(config.interval_multiplier(), 0.5F, 2.0F, 1.0F));
    out.key("maxIvl").integer(days(config.maximum_review_interval(), 36'500));
    out.key("perDay").integer(cards_per_day(config.reviews_per_day(), 200));
    out.key("hardFactor").real(within(config.hard_multiplier(), 0.5F, 1.3F, 1.2F));
    other.write_nested_except({rev_members}, "rev", out);
    out.end_object();
}

void encode_lapse(const DeckConfigConfig& config, const OtherMembers& other, json::Writer& out) {
    out.begin_object();
    write_reals(out.key("delays"), config.relearn_steps());
    out.key("leechAction").integer(config.leech_action() == leech_tag_only ? leech_tag_only : 0);
    out.key("leechFails").integer(within<std::uint32_t>(config.leech_threshold(), 1, 9'999, 8));
    out.key("minInt").integer(days(config.minimum_lapse_interval(), 1));
    out.key("mult").real(within(config.lapse_multiplier(), 0.0F, 1.0F, 0.0F));
    other.write_nested_except({lapse_members}, "lapse", out);
    out.end_object();
}

void encode_additions(const DeckConfigConfig& config, json::Writer& out) {
    out.key("newMix").integer(config.new_mix());
    out.key("newPerDayMinimum").integer(cards_per_day(config.new_per_day_minimum(), 0));
    out.key("interdayLearningMix").integer(config.interday_learning_mix());
    out.key("reviewOrder").integer(config.review_order());
    out.key("newSortOrder").integer(config.new_card_sort_order());
    out.key("newGatherPriority").integer(config.new_card_gather_priority());
    out.key("buryInterdayLearning").boolean(config.bury_interday_learning());
    write_reals(out.key("fsrsWeights"), config.fsrs_params_4());
    write_reals(out.key("fsrsParams5"), config.fsrs_params_5());
    write_reals(out.key("fsrsParams6"), config.fsrs_params_6());
    out.key("desiredRetention").real(within(config.desired_retention(), 0.7F, 0.99F, 0.9F));
    out.key("ignoreRevlogsBeforeDate").string(config.ignore_revlogs_before_date());
    write_reals(out.key("easyDaysPercentages"), config.easy_days_percentages());
    out.key("stopTimerOnAnswer").boolean(config.stop_timer_on_answer());
    out.key("secondsToShowQuestion").real(finite(config.seconds_to_show_question()));
    out.key("secondsToShowAnswer").real(finite(config.seconds_to_show_answer()));
    out.key("questionAction").integer(within(config.question_action(), 0, question_action_max, 0));
    out.key("answerAction").integer(within(config.answer_action(), 0, answer_action_max, 0));
    out.key("waitForAudio").boolean(config.wait_for_audio());
    out.key("sm2Retention").real(within(config.historical_retention(), 0.7F, 0.97F, 0.9F));
    out.key("weightSearch").string(config.param_search());
}

}  // namespace

Result<DeckConfig> decode_deck_config(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    DeckConfig config;
    config.id.value = in.required("id", &Value::int64_or_string);
    config.mtime.value = in.required("mod", &Value::int64_or_string);
    config.name = in.required("name", text);
    config.usn.value = in.required("usn", &Value::int32);
    decode_basics(in, config.config);
    decode_additions(in, config.config);
    // One unreadable member makes the whole part the default, its unknown members included.
    const Part fresh = in.required_lenient("new", decode_new, default_new());
    const Part rev = in.required_lenient("rev", decode_rev, default_rev());
    const Part lapse = in.required_lenient("lapse", decode_lapse, default_lapse());
    TRY(in.status());
    config.config.MergeFrom(fresh.config);
    config.config.MergeFrom(rev.config);
    config.config.MergeFrom(lapse.config);
    config.config.set_other(join_other(object, fresh, rev, lapse));
    return config;
}

void encode_deck_config(const DeckConfig& deck_config, json::Writer& out) {
    const auto& config = deck_config.config;
    const OtherMembers other(config.other());
    out.begin_object();
    out.key("id").integer(deck_config.id.value);
    out.key("mod").integer(deck_config.mtime.value);
    out.key("name").string(deck_config.name);
    out.key("usn").integer(deck_config.usn.value);
    out.key("maxTaken")
        .integer(within<std::uint32_t>(config.cap_answer_time_to_secs(), 1, 9'999, 60));
    out.key("autoplay").boolean(!config.disable_autoplay());
    out.key("timer").integer(config.show_timer() ? 1 : 0);
    out.key("replayq").boolean(!config.skip_question_when_replaying_answer());
    encode_new(config, other, out.key("new"));
    encode_rev(config, other, out.key("rev"));
    encode_lapse(config, other, out.key("lapse"));
    out.key("dyn").boolean(false);
    encode_additions(config, out);
    other.write_except({basic_members, added_members}, out);
    out.end_object();
}

}  // namespace ankiwire::schema11
