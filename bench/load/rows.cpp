// Normal syncs of many objects.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "load/works.hpp"
#include "wire/encode.hpp"

namespace ankiwire::load {
namespace {

constexpr std::size_t rows_of_a_table = 83;  // in a chunk
constexpr std::int64_t first_id = 10'000'000;
constexpr TimestampSecs changed{1'700'000'000};
constexpr Usn usn{2};  // what the collections of bench/side-by-side have

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

// Each row is in brackets, and so is each list of rows, whose bracket is before another one.
std::size_t rows_in(std::string_view chunk) {
    return static_cast<std::size_t>(std::count(chunk.begin(), chunk.end(), '[')) -
           count_of(chunk, "[[");
}

Result<void> get_all(const Options& options, const User& user, Times& times) {
    const auto next = request(user, wire::Method::chunk, "{}", R"({"done":)");
    TRY_ASSIGN(auto connection, Connection::open(options.port));
    TRY(ask(connection, meta(user)));
    TRY(ask(connection, start(user, {0}, false)));
    TRY(ask(connection, no_changes(user)));
    for (bool done = false; !done;) {
        TRY_ASSIGN(const auto text, times.timed([&] { return ask(connection, next); }));
        times.count += rows_in(text);
        done = text.starts_with(R"({"done":true)");
    }
    TRY(ask(connection, finish(user)));
    return {};
}

std::string text(std::int64_t number) {
    return fmt::format(
        "what is the {}th word of these, of which each <b>note</b> has many?\x1f"
        "it is the word {}, said the other one, and nobody knew better",
        number, number * 7919);
}

Chunk next_chunk(std::int64_t& id, NotetypeId notetype, bool done) {
    Chunk chunk;
    chunk.done = done;
    for (std::size_t i = 0; i < rows_of_a_table; ++i, ++id) {
        chunk.revlog.push_back(review(1'500'000'000'000 + id, {id}, usn));
        Card card;
        card.id = {id};
        card.note_id = {id};
        card.deck_id = {1};
        card.mtime = changed;
        card.usn = usn;
        card.due = static_cast<std::int32_t>(id);
        card.data = "{}";
        chunk.cards.push_back(card);
        chunk.notes.push_back({.id = {id},
                               .guid = fmt::format("guid{}", id),
                               .notetype_id = notetype,
                               .mtime = changed,
                               .usn = usn,
                               .tags = " one two ",
                               .fields = text(id)});
    }
    return chunk;
}

Notetype notetype(std::int64_t number) {
    Notetype made;
    made.id = {first_id + number};
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

}  // namespace

Result<Figures> chunk(const Options& options) {
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        for (const auto& user : options.users) {
            TRY(get_all(options, user, times));
        }
        return {};
    });
}

Result<Figures> apply_chunk(const Options& options) {
    const auto& user = options.users.front();
    std::vector<Request> chunks;
    const auto count = options.count / (3 * rows_of_a_table);
    auto id = first_id;
    for (std::size_t i = 1; i <= count; ++i) {
        const auto rows = next_chunk(id, {options.notetype}, i == count);
        chunks.push_back(request(user, wire::Method::apply_chunk,
                                 wire::encode_apply_chunk_request(rows), "null"));
    }
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, meta(user)));
        TRY(ask(connection, start(user, usn, false)));
        TRY(ask(connection, no_changes(user)));
        for (const auto& each : chunks) {
            TRY(times.timed([&] { return ask(connection, each); }));
        }
        times.count = count * 3 * rows_of_a_table;
        TRY(ask(connection, finish(user)));
        return {};
    });
}

Result<Figures> apply_changes(const Options& options) {
    const auto& user = options.users.front();
    UnchunkedChanges changes;
    for (std::int64_t i = 0; i < 200; ++i) {
        changes.notetypes.push_back(notetype(i));
    }
    for (std::int64_t i = 0; i < 5000; ++i) {
        Deck deck;
        deck.id = {first_id + i};
        deck.name = fmt::format(
            "Subject {}\x1f"
            "Lesson {}",
            i / 50, i);
        deck.mtime = changed;
        deck.usn = usn;
        deck.kind.mutable_normal()->set_config_id(1);
        changes.decks.push_back(deck);
    }
    for (int i = 0; i < 20'000; ++i) {
        changes.tags.push_back(fmt::format("subject{}::tag{}", i / 50, i));
    }
    const auto apply = request(user, wire::Method::apply_changes,
                               wire::encode_apply_changes_request(changes), R"({"models":)");
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, meta(user)));
        TRY(ask(connection, start(user, usn, false)));
        TRY(times.timed([&] { return ask(connection, apply); }));
        TRY(ask(connection, finish(user)));
        return {};
    });
}

}  // namespace ankiwire::load
