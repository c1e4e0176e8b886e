// What came back for a step of a case, and whether it is what was expected.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/http_client.hpp"
#include "conformance/match.hpp"
#include "conformance/transcript.hpp"

namespace ankiwire::conformance {

// A text that may be long, or none, as a report has it.
std::string shown(std::string_view text, std::size_t bytes_max = 4000);

// 200, 4xx, or several: 400|409.
bool fits_status(std::string_view pattern, const std::string& status);

// A reply without its packing. malformed: not what its header says.
Result<std::string> unpacked(const HttpReply& reply);

// Appends the lists of the next reply to those of the ones before; its other members replace
// theirs.
void join_reply(Node& joined, const Node& next);

// nullopt: it is what was expected, and what it binds is bound.
std::optional<Mismatch> compare_reply(const Expectation& expected, const HttpReply& reply,
                                      Bindings& bindings);

}  // namespace ankiwire::conformance
