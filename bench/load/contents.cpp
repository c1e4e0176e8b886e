#include "load/contents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "load/requests.hpp"

namespace ankiwire::load {
namespace {

constexpr std::int64_t first_review = 1'600'000'000'000;

// The same bytes for a number in each run. (Knuth's MMIX generator.)
std::string noise(std::size_t number, std::size_t size) {
    std::uint64_t state = number;
    std::string bytes(size, '\0');
    std::generate(bytes.begin(), bytes.end(), [&] {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<char>(state >> 56U);
    });
    return bytes;
}

}  // namespace

std::string fields(std::int64_t number) {
    return fmt::format(
        "what is the {}th word of these, of which each <b>note</b> has many?\x1f"
        "it is the word {}, said the other one, and nobody knew better",
        number, number * 7919);
}

Chunk rows(std::int64_t first, std::int64_t count, NotetypeId notetype_id) {
    Chunk made;
    for (auto id = first; id < first + count; ++id) {
        made.revlog.push_back(review(first_review + id, {id}, usn));
        Card card;
        card.id = {id};
        card.note_id = {id};
        card.deck_id = {1};
        card.mtime = changed;
        card.usn = usn;
        card.type = 2;
        card.queue = 2;
        card.due = static_cast<std::int32_t>(id % 900);
        card.interval_days = 12;
        card.factor = 2500;
        card.reps = 9;
        card.data = R"({"s":12.5,"d":5.25})";
        made.cards.push_back(card);
        made.notes.push_back({.id = {id},
                              .guid = fmt::format("guid{}", id),
                              .notetype_id = notetype_id,
                              .mtime = changed,
                              .usn = usn,
                              .tags = " one two ",
                              .fields = fields(id)});
    }
    return made;
}

std::string file_name(std::size_t number) { return fmt::format("{:05}.jpg", number); }

std::vector<media::Change> files(std::size_t first, std::size_t bytes) {
    std::vector<media::Change> made;
    for (std::size_t i = first; i < first + files_of_a_zip; ++i) {
        made.emplace_back(file_name(i), noise(i, bytes));
    }
    return made;
}

Deck deck(std::int64_t number) {
    Deck made;
    made.id = {10'000'000 + number};
    made.name = fmt::format(
        "Subject {}\x1f"
        "Lesson {}",
        number / 50, number);
    made.mtime = changed;
    made.usn = usn;
    made.kind.mutable_normal()->set_config_id(1);
    return made;
}

Notetype notetype(std::int64_t number) {
    Notetype made;
    made.id = {10'000'000 + number};
    made.name = fmt::format("Notetype {}", number);
    made.mtime = changed;
    made.usn = usn;
    made.config.set_css(".card { font-family: arial; font-size: 20px; text-align: center; }");
    for (const auto* name : {"Front", "Back", "Example", "Audio"}) {
        made.fields.emplace_back().name = name;
    }
    for (const auto* name : {"Card 1", "Card 2"}) {
        auto& added = made.templates.emplace_back();
        added.name = name;
        added.config.set_q_format("{{Front}}");
        added.config.set_a_format("{{FrontSide}}\n\n<hr id=answer>\n\n{{Back}}");
    }
    return made;
}

}  // namespace ankiwire::load
