// Results that are never errors here: else the simulation itself is wrong.
#pragma once

#include <utility>

#include "base/check.hpp"
#include "base/result.hpp"

namespace ankiwire::sim {

template <class T>
T must(Result<T> result) {
    CHECK(result);
    return std::move(result).value();
}

}  // namespace ankiwire::sim
