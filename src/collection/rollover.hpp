// On which day of the collection's life a moment falls (R-STORE-17). Pure.
// Source: rslib/src/scheduler/timing.rs at c32cb29.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.hpp"

namespace ankiwire::collection {

// Offsets are minutes west of UTC, less than a day either way.
struct DayClock {
    TimestampSecs created;
    std::optional<int> created_offset;  // none: a collection from before there were offsets
    int local_offset = 0;
    std::optional<int> rollover_hour;  // 0 to 23; none: scheduler 1, which counts from `created`
};

// Days from the collection's creation to `now`; 0 rather than a negative number. Any input is fine.
std::uint32_t days_elapsed(const DayClock& clock, TimestampSecs now);

}  // namespace ankiwire::collection
