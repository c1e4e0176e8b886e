// The one place that reads the wall clock. Layers below the server get the time as an argument.
#pragma once

#include <chrono>

#include "base/ids.hpp"

namespace ankiwire {

inline TimestampMs system_now() {
    using namespace std::chrono;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

}  // namespace ankiwire
