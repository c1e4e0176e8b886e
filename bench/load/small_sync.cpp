#include "load/small_sync.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/replies.hpp"
#include "load/works.hpp"
#include "wire/encode.hpp"

namespace ankiwire::load {
namespace {

constexpr std::int64_t reviews = 10;
constexpr std::int64_t cards_reviewed = 100;  // the same ones again and again
constexpr std::int64_t first_review = 1'700'000'000'000;
constexpr std::int64_t first_time = 1'700'000'001;

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

// A sync that has nothing to bring or to get.
Result<Usn> begin(const Ask& ask) {
    TRY_ASSIGN(const auto answer, ask(meta()));
    const auto said = numbers_behind(R"("usn":)", answer);
    if (said.empty()) {
        return fail(ErrorKind::internal, "meta says no usn: " + answer);
    }
    const Usn usn{static_cast<std::int32_t>(said[0])};
    TRY(ask(start(usn, false)));
    return usn;
}

Ask asking(Connection& connection, const User& user) {
    return [&](const Call& call) { return ask(connection, request(user, call)); };
}

Call right_counts(const SanityCounts& counts) {
    return {wire::Method::sanity_check, wire::encode_sanity_check_request({counts}),
            R"({"status":"ok")"};
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
    TRY_ASSIGN(state.usn, begin(ask));
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

Result<SanityCounts> counts_of(std::uint16_t port, const User& user) {
    TRY_ASSIGN(auto connection, Connection::open(port));
    TRY_ASSIGN(const auto state, learn(asking(connection, user)));
    return state.counts;
}

Result<void> check_counts(std::uint16_t port, const User& user, const SanityCounts& counts) {
    TRY_ASSIGN(auto connection, Connection::open(port));
    const auto ask = asking(connection, user);
    TRY(begin(ask));
    TRY(ask(right_counts(counts)));
    return {};
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
        right_counts(state.counts),
        finish(),
    };
    ++state.usn.value;
    return calls;
}

Result<std::vector<SmallSync>> prepare_small_syncs(std::uint16_t port, const User& user,
                                                   std::size_t count) {
    TRY_ASSIGN(auto connection, Connection::open(port));
    TRY_ASSIGN(auto state, learn(asking(connection, user)));
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
