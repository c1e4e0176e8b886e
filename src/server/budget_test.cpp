#include "server/budget.hpp"

#include <gtest/gtest.h>

namespace ankiwire::server {
namespace {

TEST(Budgets, give_what_they_have_and_get_it_back) {
    Budget budget(10, "no more");
    {
        Budget::Share share(budget);
        EXPECT_TRUE(share.grow(4));
        EXPECT_TRUE(share.grow(6));
        EXPECT_EQ(budget.used(), 10U);
        const auto refused = share.grow(1);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().kind, ErrorKind::busy);
        EXPECT_EQ(refused.error().context, "no more");
    }
    EXPECT_EQ(budget.used(), 0U);
}

TEST(Budgets, of_one_account_leave_room_for_the_others) {  // R-LIM-06
    Budget all(10, "all");
    Budget one(6, "one", &all);
    Budget other(6, "other", &all);
    Budget::Share of_one(one);
    Budget::Share of_other(other);
    EXPECT_FALSE(of_one.grow(7));
    EXPECT_TRUE(of_one.grow(6));
    EXPECT_EQ(of_other.grow(5).error().context, "all");
    EXPECT_EQ(other.used(), 0U);
    EXPECT_TRUE(of_other.grow(4));
    EXPECT_EQ(all.used(), 10U);
}

TEST(Budgets, count_a_share_that_moves_once) {
    Budget budget(10, "no more");
    {
        Budget::Share first(budget);
        EXPECT_TRUE(first.grow(3));
        const Budget::Share second(std::move(first));
        EXPECT_EQ(budget.used(), 3U);
    }
    EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace ankiwire::server
