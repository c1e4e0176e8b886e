// Where bytes go that are made piece by piece.
#pragma once

#include <functional>
#include <string_view>

#include "base/result.hpp"

namespace ankiwire {

// Takes a piece, which lives until it returns; its error stops whoever makes them.
using ByteSink = std::function<Result<void>(std::string_view piece)>;

}  // namespace ankiwire
