// A history as a transcript of the conformance suite (conformance/README.md), with the replies of
// the model: any server can be held to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sim/trial.hpp"

namespace ankiwire::sim {

// Of a trial that has begun with `empty`, the suite's collection of that name. `about`: a sentence.
std::string transcript(std::string_view about, const std::vector<Command>& history,
                       const std::vector<Exchange>& exchanges, std::string_view empty);

// The history that a transcript tells in its head. malformed: it does not.
Result<std::vector<Command>> history_of(std::string_view transcript);

}  // namespace ankiwire::sim
