#include "schema11/deck_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "model/names.hpp"
#include "schema11/member_text.hpp"
#include "schema11/members.hpp"
#include "schema11/other_members.hpp"

namespace ankiwire::schema11 {
namespace {

using columns::DeckKind;
using json::Value;

// `return` is obsolete: neither read nor kept.
constexpr auto common_members = std::to_array<std::string_view>(
    {"id", "mod", "name", "usn", "lrnToday", "revToday", "newToday", "timeToday", "collapsed",
     "browserCollapsed", "desc", "md", "dyn", "return"});

constexpr auto normal_members =
    std::to_array<std::string_view>({"conf", "extendNew", "extendRev", "reviewLimit", "newLimit",
                                     "reviewLimitToday", "newLimitToday", "desiredRetention"});

constexpr auto filtered_members =
    std::to_array<std::string_view>({"resched", "terms", "separate", "delays", "previewDelay",
                                     "previewAgainSecs", "previewHardSecs", "previewGoodSecs"});

// [day, amount]
struct Studied {
    std::int32_t day = 0;
    std::int32_t amount = 0;
};

// The last two elements; what is missing or no integer is 0.
Result<Studied> decode_studied(Value value) {
    TRY_ASSIGN(const auto array, value.array());
    Studied studied;
    TRY(array.for_each([&](Value item) -> Result<void> {
        const auto number = item.int64();
        studied.day = studied.amount;
        studied.amount = number ? static_cast<std::int32_t>(*number) : 0;
        return {};
    }));
    return studied;
}

// The stored form has one day for all: an amount of an earlier day is over, save that the time is
// kept. Custom study moves only the days of `revToday` or `newToday`.
void decode_today(Members& in, columns::DeckCommon& common) {
    const Studied learning = in.required("lrnToday", decode_studied);
    const Studied review = in.required("revToday", decode_studied);
    const Studied fresh = in.required("newToday", decode_studied);
    const Studied time = in.required("timeToday", decode_studied);
    const std::int32_t day = std::max({time.day, fresh.day, review.day});
    const auto amount_today = [day](Studied studied) {
        return studied.day == day ? studied.amount : 0;
    };
    common.set_last_day_studied(static_cast<std::uint32_t>(day));
    common.set_learning_studied(amount_today(learning));
    common.set_review_studied(amount_today(review));
    common.set_new_studied(amount_today(fresh));
    common.set_milliseconds_studied(time.amount);
}

Result<DeckKind::Normal::DayLimit> decode_day_limit(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    DeckKind::Normal::DayLimit limit;
    limit.set_limit(in.required("limit", &Value::uint32));
    limit.set_today(in.required("today", &Value::uint32));
    TRY(in.status());
    return limit;
}

std::uint32_t not_negative(std::int32_t number) {
    return static_cast<std::uint32_t>(std::max(number, 0));
}

void decode_normal(Members& in, DeckKind::Normal& normal) {
    normal.set_config_id(in.required("conf", &Value::int64_or_string));
    normal.set_extend_new(not_negative(in.lenient("extendNew", &Value::int32)));
    normal.set_extend_review(not_negative(in.lenient("extendRev", &Value::int32)));
    if (const auto limit = in.if_readable("reviewLimit", &Value::uint32)) {
        normal.set_review_limit(*limit);
    }
    if (const auto limit = in.if_readable("newLimit", &Value::uint32)) {
        normal.set_new_limit(*limit);
    }
    if (const auto limit = in.if_readable("reviewLimitToday", decode_day_limit)) {
        *normal.mutable_review_limit_today() = *limit;
    }
    if (const auto limit = in.if_readable("newLimitToday", decode_day_limit)) {
        *normal.mutable_new_limit_today() = *limit;
    }
    if (const auto percent = in.if_readable("desiredRetention", &Value::uint32)) {
        normal.set_desired_retention(static_cast<float>(*percent) / 100.0F);
    }
}

// [search, limit, order]
Result<DeckKind::Filtered::SearchTerm> decode_term(Value value) {
    TRY_ASSIGN(const auto array, value.array());
    if (array.size() != 3) {
        return fail(ErrorKind::malformed, "not three elements");
    }
    auto item = array.begin();
    TRY_ASSIGN(auto search, text(Value(*item)));
    TRY_ASSIGN(const auto limit, int32_or_string(Value(*++item)));
    TRY_ASSIGN(const auto order, Value(*++item).int32());
    DeckKind::Filtered::SearchTerm term;
    term.set_search(std::move(search));
    term.set_limit(not_negative(limit));
    term.set_order(order);
    return term;
}

void decode_filtered(Members& in, DeckKind::Filtered& filtered) {
    filtered.set_reschedule(in.required("resched", &Value::bool_from_anything));
    for (auto& term : in.required("terms", list_of(decode_term))) {
        *filtered.add_search_terms() = std::move(term);
    }
    in.optional("separate", &Value::boolean);  // always true, but old clients want it
    const auto delays = in.lenient("delays", list_of(real32));
    filtered.mutable_delays()->Assign(delays.begin(), delays.end());
    filtered.set_preview_delay(in.optional("previewDelay", &Value::uint32));
    filtered.set_preview_again_secs(in.optional("previewAgainSecs", &Value::uint32));
    filtered.set_preview_hard_secs(in.optional("previewHardSecs", &Value::uint32));
    filtered.set_preview_good_secs(in.optional("previewGoodSecs", &Value::uint32));
}

// Whether the deck is filtered: a boolean or a small integer, of which only 1 says so.
Result<bool> filtered_flag(Value value) {
    if (value.is_bool()) {
        return value.boolean();
    }
    TRY_ASSIGN(const auto number, value.uint8());
    return number == 1;
}

void write_day_limit(json::Writer& out, bool present, const DeckKind::Normal::DayLimit& limit) {
    if (!present) {
        out.null();
        return;
    }
    out.begin_object();
    out.key("limit").integer(limit.limit());
    out.key("today").integer(limit.today());
    out.end_object();
}

// Rounded: the official encoder truncates and so turns 53 % into 52.
std::int64_t percent(float retention) {
    if (std::isnan(retention)) {
        return 0;
    }
    constexpr double percent_max = std::numeric_limits<std::uint32_t>::max();
    return std::llround(std::clamp(double{retention * 100.0F}, 0.0, percent_max));
}

// What is larger, whoever reads it takes for nothing.
std::int32_t extension_of(std::uint32_t number) {
    return number > std::numeric_limits<std::int32_t>::max() ? 0
                                                             : static_cast<std::int32_t>(number);
}

void encode_normal(const DeckKind::Normal& normal, json::Writer& out) {
    out.key("conf").integer(normal.config_id());
    out.key("extendNew").integer(extension_of(normal.extend_new()));
    out.key("extendRev").integer(extension_of(normal.extend_review()));
    write_number_or_null(out.key("reviewLimit"), normal.has_review_limit(), normal.review_limit());
    write_number_or_null(out.key("newLimit"), normal.has_new_limit(), normal.new_limit());
    write_day_limit(out.key("reviewLimitToday"), normal.has_review_limit_today(),
                    normal.review_limit_today());
    write_day_limit(out.key("newLimitToday"), normal.has_new_limit_today(),
                    normal.new_limit_today());
    write_number_or_null(out.key("desiredRetention"), normal.has_desired_retention(),
                         percent(normal.desired_retention()));
}

void encode_filtered(const DeckKind::Filtered& filtered, json::Writer& out) {
    out.key("resched").boolean(filtered.reschedule());
    out.key("terms").begin_array();
    for (const auto& term : filtered.search_terms()) {
        out.begin_array().string(term.search());
        out.integer(static_cast<std::int32_t>(term.limit())).integer(term.order()).end_array();
    }
    out.end_array();
    out.key("separate").boolean(true);
    if (filtered.delays().empty() || !are_finite(filtered.delays())) {
        out.key("delays").null();
    } else {
        write_reals(out.key("delays"), filtered.delays());
    }
    out.key("previewDelay").integer(filtered.preview_delay());
    out.key("previewAgainSecs").integer(filtered.preview_again_secs());
    out.key("previewHardSecs").integer(filtered.preview_hard_secs());
    out.key("previewGoodSecs").integer(filtered.preview_good_secs());
}

}  // namespace

Result<Deck> decode_deck(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Deck deck;
    const bool is_filtered = in.required("dyn", filtered_flag);
    deck.id.value = in.required("id", &Value::int64_or_string);
    deck.mtime.value = in.optional("mod", &Value::int64_or_string);
    deck.name = deck_name_from_human(in.required("name", &Value::string));
    deck.usn.value = in.required("usn", &Value::int32);
    decode_today(in, deck.common);
    deck.common.set_study_collapsed(in.required("collapsed", &Value::boolean));
    deck.common.set_browser_collapsed(in.optional("browserCollapsed", &Value::boolean));
    auto description = in.optional("desc", text);
    const bool markdown = in.optional("md", &Value::boolean);
    if (is_filtered) {
        // A filtered deck has no place for a description.
        decode_filtered(in, *deck.kind.mutable_filtered());
        deck.common.set_other(other_members(object, {common_members, filtered_members}));
    } else {
        auto& normal = *deck.kind.mutable_normal();
        normal.set_description(std::move(description));
        normal.set_markdown_description(markdown);
        decode_normal(in, normal);
        deck.common.set_other(other_members(object, {common_members, normal_members}));
    }
    TRY(in.status());
    return deck;
}

void encode_deck(const Deck& deck, json::Writer& out) {
    const auto& common = deck.common;
    const bool is_filtered = deck.kind.has_filtered();
    const auto& normal = deck.kind.normal();  // empty if there is none
    const auto day = static_cast<std::int32_t>(common.last_day_studied());
    const auto write_studied = [&](std::string_view name, std::int32_t amount) {
        out.key(name).begin_array().integer(day).integer(amount).end_array();
    };
    out.begin_object();
    out.key("id").integer(deck.id.value);
    out.key("mod").integer(deck.mtime.value);
    out.key("name").string(deck_name_to_human(deck.name));
    out.key("usn").integer(deck.usn.value);
    write_studied("lrnToday", common.learning_studied());
    write_studied("revToday", common.review_studied());
    write_studied("newToday", common.new_studied());
    write_studied("timeToday", common.milliseconds_studied());
    out.key("collapsed").boolean(common.study_collapsed());
    out.key("browserCollapsed").boolean(common.browser_collapsed());
    out.key("desc").string(normal.description());
    if (normal.markdown_description()) {
        out.key("md").boolean(true);
    }
    out.key("dyn").integer(is_filtered ? 1 : 0);
    const OtherMembers other(common.other());
    if (is_filtered) {
        encode_filtered(deck.kind.filtered(), out);
        other.write_except({common_members, normal_members, filtered_members}, out);
    } else {
        encode_normal(normal, out);
        other.write_except({common_members, normal_members}, out);
    }
    out.end_object();
}

}  // namespace ankiwire::schema11
