#include "load/small_sync.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/works.hpp"
#include "wire/encode.hpp"

namespace ankiwire::load {
namespace {

constexpr std::int64_t reviews = 10;
constexpr std::int64_t cards_reviewed = 100;  // the same ones again and again
constexpr std::int64_t first_review = 1'700'000'000'000;
constexpr std::int64_t first_time = 1'700'000'001;

// The numbers that stand behind that key, and no text between them.
std::vector<std::uint32_t> numbers_behind(std::string_view key, std::string_view json) {
    std::vector<std::uint32_t> numbers;
    const auto at = json.find(key);
    auto rest = at == std::string_view::npos ? "" : json.substr(at + key.size());
    while (!rest.empty() && std::string_view("0123456789[],").find(rest[0]) != std::string::npos) {
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        const bool is_number = error == std::errc{};
        if (is_number) {
            numbers.push_back(number);
        }
        rest.remove_prefix(is_number ? static_cast<std::size_t>(end - rest.data()) : 1);
    }
    return numbers;
}

// Its config says that what was buried is unburied today: a collection's first day is its 0th.
UnchunkedChanges changes(const State& state, std::int64_t number) {
    Deck deck;
    deck.id = {1};
    deck.name = "Default";
    deck.mtime = {first_time + number};
    deck.usn = state.usn;
    deck.common.set_review_studied(static_cast<std::int32_t>(number));
    deck.kind.mutable_normal()->set_config_id(1);
    UnchunkedChanges made;
    made.decks.push_back(deck);
    made.config = {
        {"schedVer", "2"},         {"sched2021", "true"},      {"rollover", "4"},
        {"creationOffset", "0"},   {"localOffset", "0"},       {"lastUnburied", "0"},
        {"curDeck", "1"},          {"activeDecks", "[1]"},     {"newSpread", "0"},
        {"collapseTime", "1200"},  {"timeLim", "0"},           {"estTimes", "true"},
        {"dueCounts", "true"},     {"dayLearnFirst", "false"}, {"curModel", "null"},
        {"nextPos", "1001"},       {"addToCur", "true"},       {"sortType", R"("noteFld")"},
        {"sortBackwards", "false"}};
    return made;
}

Chunk rows(const State& state, std::int64_t number) {
    Chunk chunk;
    chunk.done = true;
    for (std::int64_t i = 0; i < reviews; ++i) {
        const CardId card{1 + (number * reviews + i) % cards_reviewed};
        chunk.revlog.push_back(review(first_review + number * reviews + i, card, state.usn));
        Card reviewed;
        reviewed.id = card;
        reviewed.note_id = {card.value};
        reviewed.deck_id = {1};
        reviewed.mtime = {first_time + number};
        reviewed.usn = state.usn;
        reviewed.type = 2;
        reviewed.queue = 2;
        reviewed.due = 12;
        reviewed.interval_days = 12;
        reviewed.factor = 2500;
        reviewed.reps = 10;
        reviewed.data = R"({"s":12.5,"d":5.25})";
        chunk.cards.push_back(reviewed);
    }
    return chunk;
}

}  // namespace

Result<State> learn(const Ask& ask) {
    State state;
    TRY_ASSIGN(const auto answer, ask(meta()));
    const auto usn = numbers_behind(R"("usn":)", answer);
    if (usn.empty()) {
        return fail(ErrorKind::internal, "meta says no usn: " + answer);
    }
    state.usn.value = static_cast<std::int32_t>(usn[0]);
    TRY(ask(start(state.usn, false)));
    TRY_ASSIGN(const auto refused,
               ask({wire::Method::sanity_check, wire::encode_sanity_check_request({SanityCounts{}}),
                    R"({"status":"bad")"}));
    const auto counts = numbers_behind(R"("s":)", refused);
    if (counts.size() != 10) {
        return fail(ErrorKind::internal, "no counts: " + refused);
    }
    state.counts = {.due = {},
                    .cards = counts[3],
                    .notes = counts[4],
                    .revlog = counts[5],
                    .graves = counts[6],
                    .notetypes = counts[7],
                    .decks = counts[8],
                    .deck_configs = counts[9]};
    return state;
}

std::vector<Call> next_small_sync(State& state) {
    using wire::Method;
    const std::int64_t number = state.usn.value;
    state.counts.revlog += reviews;
    std::vector<Call> calls{
        meta(),
        start(state.usn, true),
        {Method::apply_changes, wire::encode_apply_changes_request(changes(state, number)),
         R"({"models":[],"decks":[[],[]],"tags":[])"},
        {Method::chunk, "{}", R"({"done":true})"},
        {Method::apply_chunk, wire::encode_apply_chunk_request(rows(state, number)), "null"},
        {Method::sanity_check, wire::encode_sanity_check_request({state.counts}),
         R"({"status":"ok")"},
        finish(),
    };
    ++state.usn.value;
    return calls;
}

Result<std::vector<SmallSync>> prepare_small_syncs(std::uint16_t port, const User& user,
                                                   std::size_t count) {
    TRY_ASSIGN(auto connection, Connection::open(port));
    TRY_ASSIGN(auto state,
               learn([&](const Call& call) { return ask(connection, request(user, call)); }));
    std::vector<SmallSync> syncs;
    for (std::size_t i = 0; i < count; ++i) {
        auto& sync = syncs.emplace_back();
        for (const auto& call : next_small_sync(state)) {
            sync.push_back(request(user, call));
        }
    }
    return syncs;
}

Result<void> run(std::uint16_t port, const SmallSync& sync) {
    TRY_ASSIGN(auto connection, Connection::open(port));
    for (const auto& each : sync) {
        TRY(ask(connection, each));
    }
    return {};
}

Result<Figures> small_syncs(const Options& options) {
    std::vector<std::vector<SmallSync>> syncs;
    for (const auto& user : options.users) {
        TRY_ASSIGN(auto prepared, prepare_small_syncs(options.port, user, options.count));
        syncs.push_back(std::move(prepared));
    }
    return measure(options.users.size(), [&](std::size_t i, Times& times) -> Result<void> {
        for (const auto& sync : syncs[i]) {
            TRY(times.timed([&] { return run(options.port, sync); }));
        }
        return {};
    });
}

}  // namespace ankiwire::load
