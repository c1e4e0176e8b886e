#include "collection/rollover.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ankiwire::collection {
namespace {

constexpr TimestampSecs now{1'584'491'078};
constexpr int sydney = -600;
constexpr int denver_summer = 6 * 60;
constexpr int denver_winter = 7 * 60;

DayClock clock_of(std::int64_t created, std::optional<int> created_offset, int local_offset,
                  std::optional<int> rollover_hour) {
    return {{created}, created_offset, local_offset, rollover_hour};
}

TEST(Rollover, counts_whole_days_since_creation_with_scheduler_1) {  // R-STORE-17
    EXPECT_EQ(days_elapsed(clock_of(1'575'226'800, {}, 0, {}), now), 107U);
}

TEST(Rollover, counts_from_the_rollover_of_the_local_day_without_creation_offset) {  // R-STORE-17
    EXPECT_EQ(days_elapsed(clock_of(1'533'564'000, {}, sydney, 0), now), 589U);
    EXPECT_EQ(days_elapsed(clock_of(1'524'038'400, {}, sydney, 4), now), 700U);
}

TEST(Rollover, begins_a_day_at_the_rollover_hour) {
    constexpr std::int64_t created = 1'575'165'600;  // 2019-12-01 02:00 UTC
    const auto day = [](std::int64_t hours, int rollover) {
        return days_elapsed(clock_of(created, 0, 0, rollover), {created + hours * 3600});
    };
    EXPECT_EQ(day(0, 4), 0U);
    EXPECT_EQ(day(24, 4), 0U);
    EXPECT_EQ(day(26, 4), 1U);
    EXPECT_EQ(day(44, 23), 0U);
    EXPECT_EQ(day(45, 23), 1U);
}

// R-STORE-17
TEST(Rollover, counts_calendar_days_of_both_places) {
    constexpr std::int64_t midnight = 1'533'535'200;  // 2018-08-06 00:00 at UTC-6
    constexpr TimestampSecs later{1'577'415'600};     // 2019-12-26 20:00 at UTC-7
    EXPECT_EQ(days_elapsed(clock_of(midnight, denver_summer, denver_winter, 4), later), 507U);
    EXPECT_EQ(days_elapsed(clock_of(midnight, denver_summer, denver_summer, 4), later), 507U);

    constexpr std::int64_t at_three = midnight + std::int64_t{3} * 3600;
    constexpr std::int64_t fourth_day = 1'533'808'800;  // 2018-08-09 03:00 at UTC-7
    const auto clock = clock_of(at_three, denver_summer, denver_winter, 4);
    EXPECT_EQ(days_elapsed(clock, {fourth_day + 3599}), 2U);
    EXPECT_EQ(days_elapsed(clock, {fourth_day + 3600}), 3U);
}

TEST(Rollover, never_counts_below_zero) {
    EXPECT_EQ(days_elapsed(clock_of(now.value, 0, 0, 4), {now.value - 86'400}), 0U);
    EXPECT_EQ(days_elapsed(clock_of(INT64_MAX, {}, 0, {}), now), 0U);
    EXPECT_EQ(days_elapsed(clock_of(INT64_MIN, {}, 0, {}), now), UINT32_MAX);
}

RC_GTEST_PROP(Rollover, advances_one_day_in_24_hours_whatever_the_clock, ()) {
    const auto offset = rc::gen::inRange(-1439, 1440);
    const auto clock = clock_of(*rc::gen::inRange<std::int64_t>(0, now.value),
                                *rc::gen::arbitrary<bool>() ? std::optional(*offset) : std::nullopt,
                                *offset, *rc::gen::inRange(0, 24));
    const std::int64_t later = now.value + std::int64_t{3} * 86'400;
    RC_ASSERT(days_elapsed(clock, {later + 86'400}) == days_elapsed(clock, {later}) + 1);
}

}  // namespace
}  // namespace ankiwire::collection
