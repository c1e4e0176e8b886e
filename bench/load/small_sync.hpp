// The sync that happens most: ten reviews since the last one, and nothing from elsewhere. What a
// device then sends: meta, start, applyChanges (its config and a deck), chunk, applyChunk (ten
// reviews, ten cards), sanityCheck2, finish; on a connection of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "load/requests.hpp"

namespace ankiwire::load {

// What the server has.
struct State {
    Usn usn;
    SanityCounts counts;
};

// Of a server that answers as `ask` says: it names the counts when it refuses wrong ones.
using Ask = std::function<Result<std::string>(const Call&)>;
Result<State> learn(const Ask& ask);
Result<SanityCounts> counts_of(std::uint16_t port, const User& user);
// That the server has these, too, as it says in a sync that only compares them.
Result<void> check_counts(std::uint16_t port, const User& user, const SanityCounts& counts);

// `state` becomes what the server has then.
std::vector<Call> next_small_sync(State& state);

using SmallSync = std::vector<Request>;

// The next `count` of this user, whom nobody else may sync meanwhile.
Result<std::vector<SmallSync>> prepare_small_syncs(std::uint16_t port, const User& user,
                                                   std::size_t count);
Result<void> run(std::uint16_t port, const SmallSync& sync);

}  // namespace ankiwire::load
