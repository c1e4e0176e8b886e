#include "collection/stock.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace ankiwire::collection {

namespace {

struct StockField {
    std::string_view name;
    std::optional<std::uint32_t> tag = std::nullopt;  // marks a field that features look for
    bool prevent_deletion = false;
};

struct StockTemplate {
    std::string_view name;
    std::string_view question;
    std::string_view answer;
    std::int32_t requirement;  // of `required` fields: 1 any, 2 all
    std::vector<std::uint32_t> required;
};

struct StockNotetype {
    std::string_view name;
    bool cloze;
    std::string_view css;
    std::vector<StockField> fields;
    std::vector<StockTemplate> templates;
};

constexpr std::string_view basic_css = R"(.card {
    font-family: arial;
    font-size: 20px;
    line-height: 1.5;
    text-align: center;
    color: black;
    background-color: white;
}
)";

constexpr std::string_view cloze_css = R"(.card {
    font-family: arial;
    font-size: 20px;
    line-height: 1.5;
    text-align: center;
    color: black;
    background-color: white;
}
.cloze {
    font-weight: bold;
    color: blue;
}
.nightMode .cloze {
    color: lightblue;
}
)";

constexpr std::string_view occlusion_css = R"(#image-occlusion-canvas {
    --inactive-shape-color: #ffeba2;
    --active-shape-color: #ff8e8e;
    --inactive-shape-border: 1px #212121;
    --active-shape-border: 1px #212121;
    --highlight-shape-color: #ff8e8e00;
    --highlight-shape-border: 1px #ff8e8e;
}

.card {
    font-family: arial;
    font-size: 20px;
    text-align: center;
    color: black;
    background-color: white;
}
)";

constexpr std::string_view latex_pre = R"(\documentclass[12pt]{article}
\special{papersize=3in,5in}
\usepackage[utf8]{inputenc}
\usepackage{amssymb,amsmath}
\pagestyle{empty}
\setlength{\parindent}{0in}
\begin{document}
)";
constexpr std::string_view latex_post = R"(\end{document})";

constexpr std::string_view back_answer = "{{FrontSide}}\n\n<hr id=answer>\n\n{{Back}}";
constexpr std::string_view front_answer = "{{FrontSide}}\n\n<hr id=answer>\n\n{{Front}}";

constexpr std::string_view occlusion_question =
    R"({{#Header}}<div>{{Header}}</div>{{/Header}}
<div style="display: none">{{cloze:Occlusion}}</div>
<div id="err"></div>
<div id="image-occlusion-container">
    {{Image}}
    <canvas id="image-occlusion-canvas"></canvas>
</div>
<script>
try {
    anki.imageOcclusion.setup();
} catch (exc) {
    document.getElementById("err").innerHTML = `Error loading image occlusion. Is your Anki version up to date?<br><br>${exc}`;
}
</script>
)";
constexpr std::string_view occlusion_answer =
    R"({{#Header}}<div>{{Header}}</div>{{/Header}}
<div style="display: none">{{cloze:Occlusion}}</div>
<div id="err"></div>
<div id="image-occlusion-container">
    {{Image}}
    <canvas id="image-occlusion-canvas"></canvas>
</div>
<script>
try {
    anki.imageOcclusion.setup();
} catch (exc) {
    document.getElementById("err").innerHTML = `Error loading image occlusion. Is your Anki version up to date?<br><br>${exc}`;
}
</script>

<div><button id="toggle">Toggle Masks</button></div>
{{#Back Extra}}<div>{{Back Extra}}</div>{{/Back Extra}}
)";

// In this order; the position + 1 is the official number of the kind.
std::vector<StockNotetype> table() {
    return {
        {"Basic",
         false,
         basic_css,
         {{"Front"}, {"Back"}},
         {{"Card 1", "{{Front}}", back_answer, 1, {0}}}},
        {"Basic (and reversed card)",
         false,
         basic_css,
         {{"Front"}, {"Back"}},
         {{"Card 1", "{{Front}}", back_answer, 1, {0}},
          {"Card 2", "{{Back}}", front_answer, 1, {1}}}},
        {"Basic (optional reversed card)",
         false,
         basic_css,
         {{"Front"}, {"Back"}, {"Add Reverse"}},
         {{"Card 1", "{{Front}}", back_answer, 1, {0}},
          {"Card 2", "{{#Add Reverse}}{{Back}}{{/Add Reverse}}", front_answer, 2, {1, 2}}}},
        {"Basic (type in the answer)",
         false,
         basic_css,
         {{"Front"}, {"Back"}},
         {{"Card 1",
           "{{Front}}\n\n{{type:Back}}",
           "{{Front}}\n\n<hr id=answer>\n\n{{type:Back}}",
           1,
           {0, 1}}}},
        {"Cloze",
         true,
         cloze_css,
         {{"Text", 0, true}, {"Back Extra", 1}},
         {{"Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>\n{{Back Extra}}", 1, {0}}}},
        {"Image Occlusion",
         true,
         occlusion_css,
         {{"Occlusion", 0, true},
          {"Image", 1, true},
          {"Header", 2, true},
          {"Back Extra", 3, true},
          {"Comments", 4}},
         {{"Image Occlusion", occlusion_question, occlusion_answer, 1, {0, 1, 2}}}},
    };
}

// Ids of fields and templates only have to differ; imports compare them (splitmix64's mixing).
std::int64_t object_id(std::uint64_t seed) {
    seed += 0x9e37'79b9'7f4a'7c15;
    seed = (seed ^ (seed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    seed = (seed ^ (seed >> 27)) * 0x94d0'49bb'1331'11eb;
    return static_cast<std::int64_t>(seed ^ (seed >> 31));
}

Notetype make_notetype(const StockNotetype& stock, NotetypeId id, std::int32_t stock_kind) {
    Notetype notetype{.id = id,
                      .name = std::string(stock.name),
                      .mtime = {},
                      .usn = {},
                      .config = {},
                      .fields = {},
                      .templates = {}};
    auto& config = notetype.config;
    config.set_kind(stock.cloze ? 1 : 0);
    config.set_css(std::string(stock.css));
    config.set_latex_pre(std::string(latex_pre));
    config.set_latex_post(std::string(latex_post));
    config.set_original_stock_kind(stock_kind);
    auto seed = static_cast<std::uint64_t>(id.value) * 100;
    for (const auto& field : stock.fields) {
        auto& added = notetype.fields.emplace_back();
        added.name = field.name;
        added.config.set_font_name("Arial");
        added.config.set_font_size(20);
        added.config.set_id(object_id(++seed));
        if (field.tag) {
            added.config.set_tag(*field.tag);
        }
        added.config.set_prevent_deletion(field.prevent_deletion);
    }
    for (const auto& entry : stock.templates) {
        auto* requirement = config.add_reqs();
        requirement->set_card_ord(static_cast<std::uint32_t>(notetype.templates.size()));
        requirement->set_kind(entry.requirement);
        for (const auto field : entry.required) {
            requirement->add_field_ords(field);
        }
        auto& added = notetype.templates.emplace_back();
        added.name = entry.name;
        added.config.set_q_format(std::string(entry.question));
        added.config.set_a_format(std::string(entry.answer));
        added.config.set_id(object_id(++seed));
    }
    return notetype;
}

}  // namespace

std::vector<Notetype> stock_notetypes(NotetypeId first_id) {
    std::vector<Notetype> notetypes;
    for (const auto& stock : table()) {
        const auto position = static_cast<std::int32_t>(notetypes.size());
        notetypes.push_back(make_notetype(stock, {first_id.value + position}, position + 1));
    }
    return notetypes;
}

Deck default_deck() {
    Deck deck{.id = {1}, .name = "Default", .mtime = {}, .usn = {}, .common = {}, .kind = {}};
    deck.common.set_study_collapsed(true);
    deck.common.set_browser_collapsed(true);
    deck.kind.mutable_normal()->set_config_id(1);
    return deck;
}

DeckConfig default_deck_config() {
    DeckConfig result{.id = {1}, .name = "Default", .mtime = {}, .usn = {}, .config = {}};
    auto& config = result.config;
    config.add_learn_steps(1);
    config.add_learn_steps(10);
    config.add_relearn_steps(10);
    for (int day = 0; day < 7; ++day) {
        config.add_easy_days_percentages(1);
    }
    config.set_new_per_day(20);
    config.set_reviews_per_day(200);
    config.set_initial_ease(2.5F);
    config.set_easy_multiplier(1.3F);
    config.set_hard_multiplier(1.2F);
    config.set_interval_multiplier(1);
    config.set_maximum_review_interval(36500);
    config.set_minimum_lapse_interval(1);
    config.set_graduating_interval_good(1);
    config.set_graduating_interval_easy(4);
    config.set_leech_action(1);
    config.set_leech_threshold(8);
    config.set_cap_answer_time_to_secs(60);
    config.set_desired_retention(0.9F);
    config.set_historical_retention(0.9F);
    config.set_wait_for_audio(true);
    return result;
}

std::vector<ConfigEntry> default_config() {
    return {{"activeDecks", "[1]"},
            {"addToCur", "true"},
            {"collapseTime", "1200"},
            {"creationOffset", "null"},
            {"curDeck", "1"},
            {"dayLearnFirst", "false"},
            {"dueCounts", "true"},
            {"estTimes", "true"},
            {"newSpread", "0"},
            {"nextPos", "1"},
            {"sched2021", "true"},
            {"schedVer", "2"},
            {"sortBackwards", "false"},
            {"sortType", "\"noteFld\""},
            {"timeLim", "0"}};
}

}  // namespace ankiwire::collection
