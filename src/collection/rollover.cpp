#include "collection/rollover.hpp"

#include <algorithm>

namespace ankiwire::collection {
namespace {

constexpr std::int64_t day_secs = 86'400;

// Far outside of any calendar, near enough to calculate with.
std::int64_t bounded(TimestampSecs time) {
    constexpr std::int64_t bound = std::int64_t{1} << 52;
    return std::clamp(time.value, -bound, bound);
}

// The seconds of `utc` as a clock at `offset` shows them, since 1970-01-01 00:00 there.
std::int64_t wall_secs(std::int64_t utc, int offset) { return utc - std::int64_t{offset} * 60; }

std::int64_t day_of(std::int64_t wall) { return wall / day_secs - (wall % day_secs < 0 ? 1 : 0); }

std::int64_t signed_days(const DayClock& clock, std::int64_t now) {
    const std::int64_t created = bounded(clock.created);
    if (!clock.rollover_hour) {
        return (now - created) / day_secs;
    }
    const std::int64_t rollover = std::int64_t{*clock.rollover_hour} * 3600;
    const std::int64_t now_wall = wall_secs(now, clock.local_offset);
    if (!clock.created_offset) {
        const std::int64_t created_day = day_of(wall_secs(created, clock.local_offset));
        return (now_wall - (created_day * day_secs + rollover)) / day_secs;
    }
    const std::int64_t today = day_of(now_wall);
    const bool rolled_over = now_wall - today * day_secs >= rollover;
    return today - day_of(wall_secs(created, *clock.created_offset)) - (rolled_over ? 0 : 1);
}

}  // namespace

std::uint32_t days_elapsed(const DayClock& clock, TimestampSecs now) {
    const std::int64_t days = signed_days(clock, bounded(now));
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(days, 0, UINT32_MAX));
}

}  // namespace ankiwire::collection
