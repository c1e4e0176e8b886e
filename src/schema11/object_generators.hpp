// RapidCheck generators of objects that both the JSON of schema 11 and the columns of schema 18 can
// express.
#pragma once

#include "model/names.hpp"
#include "model/objects.hpp"
#include "schema11/generators.hpp"
#include "schema11/test_support.hpp"

namespace ankiwire::schema11 {

inline Notetype::Field any_field() {
    Notetype::Field field;
    field.name = *any_text();
    auto& config = field.config;
    config.set_sticky(*rc::gen::arbitrary<bool>());
    config.set_rtl(*rc::gen::arbitrary<bool>());
    config.set_font_name(*any_text());
    config.set_font_size(*any_number<std::uint16_t>());
    config.set_description(*any_text());
    config.set_plain_text(*rc::gen::arbitrary<bool>());
    config.set_collapsed(*rc::gen::arbitrary<bool>());
    config.set_exclude_from_search(*rc::gen::arbitrary<bool>());
    if (*rc::gen::arbitrary<bool>()) {
        config.set_id(*any_number<std::int64_t>());
        config.set_tag(*any_number<std::uint32_t>());
    }
    config.set_prevent_deletion(*rc::gen::arbitrary<bool>());
    config.set_other(any_other());
    return field;
}

inline Notetype::Template any_template() {
    Notetype::Template card;
    card.name = *any_text();
    auto& config = card.config;
    config.set_q_format(*any_text());
    config.set_a_format(*any_text());
    config.set_q_format_browser(*any_text());
    config.set_a_format_browser(*any_text());
    config.set_target_deck_id(*between<std::int64_t>(0, 1'000'000'000'000'000));
    config.set_browser_font_name(*any_text());
    config.set_browser_font_size(*any_number<std::uint8_t>());
    if (*rc::gen::arbitrary<bool>()) {
        config.set_id(*any_number<std::int64_t>());
    }
    config.set_other(any_other());
    return card;
}

inline Notetype any_notetype() {
    Notetype notetype;
    notetype.id.value = *any_number<std::int64_t>();
    notetype.name = *any_text();
    notetype.mtime.value = *any_number<std::int64_t>();
    notetype.usn.value = *any_number<std::int32_t>();
    auto& config = notetype.config;
    config.set_kind(*rc::gen::inRange(0, 2));
    config.set_sort_field_idx(*any_number<std::uint16_t>());
    config.set_css(*any_text());
    config.set_target_deck_id_unused(*any_number<std::int64_t>());
    config.set_latex_pre(*any_text());
    config.set_latex_post(*any_text());
    config.set_latex_svg(*rc::gen::arbitrary<bool>());
    auto& requirement = *config.add_reqs();
    requirement.set_card_ord(*any_number<std::uint16_t>());
    requirement.set_kind(*rc::gen::inRange(0, 3));
    requirement.add_field_ords(*any_number<std::uint16_t>());
    config.set_original_stock_kind(*any_number<std::int32_t>());
    if (*rc::gen::arbitrary<bool>()) {
        config.set_original_id(*any_number<std::int64_t>());
    }
    config.set_other(any_other());
    const int size = *rc::gen::inRange(0, 3);
    for (int i = 0; i < size; ++i) {
        notetype.fields.push_back(any_field());
        notetype.templates.push_back(any_template());
    }
    return notetype;
}

inline columns::DeckKind any_normal() {
    columns::DeckKind kind;
    auto& normal = *kind.mutable_normal();
    normal.set_config_id(*any_number<std::int64_t>());
    normal.set_extend_new(*between<std::uint32_t>(0, 2147483647));
    normal.set_extend_review(*between<std::uint32_t>(0, 2147483647));
    normal.set_description(*any_text());
    normal.set_markdown_description(*rc::gen::arbitrary<bool>());
    if (*rc::gen::arbitrary<bool>()) {
        normal.set_review_limit(*any_number<std::uint32_t>());
        normal.mutable_review_limit_today()->set_limit(*any_number<std::uint32_t>());
    }
    if (*rc::gen::arbitrary<bool>()) {
        normal.set_new_limit(*any_number<std::uint32_t>());
        normal.mutable_new_limit_today()->set_today(*any_number<std::uint32_t>());
        normal.set_desired_retention(*fraction(0, 100, 100.0F));
    }
    return kind;
}

inline columns::DeckKind any_filtered() {
    columns::DeckKind kind;
    auto& filtered = *kind.mutable_filtered();
    filtered.set_reschedule(*rc::gen::arbitrary<bool>());
    const int terms = *rc::gen::inRange(0, 3);
    for (int i = 0; i < terms; ++i) {
        auto& term = *filtered.add_search_terms();
        term.set_search(*any_text());
        term.set_limit(*between<std::uint32_t>(0, 2147483647));
        term.set_order(*any_number<std::int32_t>());
    }
    const auto delays = *any_floats();
    filtered.mutable_delays()->Assign(delays.begin(), delays.end());
    filtered.set_preview_delay(*any_number<std::uint32_t>());
    filtered.set_preview_hard_secs(*any_number<std::uint32_t>());
    filtered.set_preview_good_secs(*any_number<std::uint32_t>());
    filtered.set_preview_again_secs(*any_number<std::uint32_t>());
    return kind;
}

inline Deck any_deck() {
    Deck deck;
    deck.id.value = *any_number<std::int64_t>();
    // Read twice: removing a control character may leave a `::` that separates parts only then.
    const auto name = deck_name_from_human(*any_text());
    deck.name = deck_name_from_human(deck_name_to_human(name));
    deck.mtime.value = *any_number<std::int64_t>();
    deck.usn.value = *any_number<std::int32_t>();
    deck.common.set_study_collapsed(*rc::gen::arbitrary<bool>());
    deck.common.set_browser_collapsed(*rc::gen::arbitrary<bool>());
    deck.common.set_last_day_studied(*any_number<std::uint32_t>());
    deck.common.set_new_studied(*any_number<std::int32_t>());
    deck.common.set_review_studied(*any_number<std::int32_t>());
    deck.common.set_learning_studied(*any_number<std::int32_t>());
    deck.common.set_milliseconds_studied(*any_number<std::int32_t>());
    deck.common.set_other(any_other());
    deck.kind = *rc::gen::arbitrary<bool>() ? any_normal() : any_filtered();
    return deck;
}

inline void fill_parts(columns::DeckConfigConfig& config) {
    const auto learn = *any_floats();
    const auto relearn = *any_floats();
    config.mutable_learn_steps()->Assign(learn.begin(), learn.end());
    config.mutable_relearn_steps()->Assign(relearn.begin(), relearn.end());
    config.set_bury_new(*rc::gen::arbitrary<bool>());
    config.set_bury_reviews(*rc::gen::arbitrary<bool>());
    config.set_new_per_day(*between(0U, 9999U));
    config.set_reviews_per_day(*between(0U, 9999U));
    config.set_initial_ease(*fraction(1310, 5000, 1000));
    config.set_easy_multiplier(*fraction(100, 500, 100));
    config.set_hard_multiplier(*fraction(50, 130, 100));
    config.set_lapse_multiplier(*fraction(0, 100, 100));
    config.set_interval_multiplier(*fraction(50, 200, 100));
    config.set_maximum_review_interval(*between(1U, 36'500U));
    config.set_minimum_lapse_interval(*between(1U, 36'500U));
    config.set_graduating_interval_good(*between(1U, 36'500U));
    config.set_graduating_interval_easy(*between(1U, 36'500U));
    config.set_new_card_insert_order(*rc::gen::inRange(0, 2));
    config.set_leech_action(*rc::gen::inRange(0, 2));
    config.set_leech_threshold(*between(1U, 9999U));
}

inline void fill_rest(columns::DeckConfigConfig& config) {
    const auto days = *any_floats();
    const auto params = *any_floats();
    config.mutable_easy_days_percentages()->Assign(days.begin(), days.end());
    config.mutable_fsrs_params_4()->Assign(params.begin(), params.end());
    config.mutable_fsrs_params_5()->Assign(days.begin(), days.end());
    config.mutable_fsrs_params_6()->Assign(params.begin(), params.end());
    config.set_disable_autoplay(*rc::gen::arbitrary<bool>());
    config.set_cap_answer_time_to_secs(*between(1U, 9999U));
    config.set_show_timer(*rc::gen::arbitrary<bool>());
    config.set_skip_question_when_replaying_answer(*rc::gen::arbitrary<bool>());
    config.set_bury_interday_learning(*rc::gen::arbitrary<bool>());
    config.set_new_mix(*any_number<std::int32_t>());
    config.set_interday_learning_mix(*any_number<std::int32_t>());
    config.set_new_card_sort_order(*any_number<std::int32_t>());
    config.set_review_order(*any_number<std::int32_t>());
    config.set_new_card_gather_priority(*any_number<std::int32_t>());
    config.set_new_per_day_minimum(*between(0U, 9999U));
    config.set_question_action(*rc::gen::inRange(0, 2));
    config.set_answer_action(*rc::gen::inRange(0, 5));
    config.set_desired_retention(*fraction(70, 99, 100));
    config.set_historical_retention(*fraction(70, 97, 100));
    config.set_stop_timer_on_answer(*rc::gen::arbitrary<bool>());
    config.set_seconds_to_show_question(*any_float());
    config.set_seconds_to_show_answer(*any_float());
    config.set_wait_for_audio(*rc::gen::arbitrary<bool>());
    config.set_param_search(*any_text());
    config.set_ignore_revlogs_before_date(*any_text());
}

// Unknown members of the config and of its parts.
inline std::string any_nested_other() {
    std::string other = any_other();
    for (const char* part : {"new", "rev", "lapse"}) {
        if (const auto nested = any_other(); !nested.empty()) {
            other = with(other.empty() ? "{}" : other, part, nested);
        }
    }
    return other;
}

inline DeckConfig any_deck_config() {
    DeckConfig config;
    config.id.value = *any_number<std::int64_t>();
    config.name = *any_text();
    config.mtime.value = *any_number<std::int64_t>();
    config.usn.value = *any_number<std::int32_t>();
    fill_parts(config.config);
    fill_rest(config.config);
    config.config.set_other(any_nested_other());
    return config;
}

}  // namespace ankiwire::schema11
