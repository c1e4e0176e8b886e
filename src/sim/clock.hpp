// The wall clock of this process, which stands still until it is moved, or somebody sleeps.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/ids.hpp"

namespace ankiwire::sim {

class Clock {
public:
    // From now on the clock shows this; ms since 1970. In system_calls.cpp, so that whoever sets
    // the clock is linked with the calls that show it.
    static void set_ms(std::int64_t now);
    static void advance_ms(std::int64_t by) { now_ms_ += by; }
    // Negative: it was never set, and is the kernel's.
    static std::int64_t now_ms() { return now_ms_; }
    static TimestampMs now() { return {now_ms_}; }

private:
    inline static std::atomic<std::int64_t> now_ms_ = -1;
};

}  // namespace ankiwire::sim
