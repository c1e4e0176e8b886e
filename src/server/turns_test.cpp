#include "server/turns.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <memory>
#include <new>
#include <numeric>
#include <vector>

namespace ankiwire::server {
namespace {

TEST(Turns, are_taken_in_order_on_each_ones_lane) {
    constexpr int count = 2000;
    boost::asio::thread_pool quick(3);
    boost::asio::thread_pool slow(2);
    const std::array<Lane, 2> lanes{quick.get_executor(), slow.get_executor()};
    Turns turns;
    std::vector<int> order;  // without a lock: there is one at a time
    std::vector<int> expected(count);
    std::iota(expected.begin(), expected.end(), 0);
    std::promise<void> done;
    for (int number = 0; number < count; ++number) {
        // One that can only be moved.
        turns.post(lanes[static_cast<std::size_t>(number % 2)],
                   [&order, &done, number = std::make_unique<int>(number)] {
                       order.push_back(*number);
                       if (*number == count - 1) {
                           done.set_value();
                       }
                   });
    }
    done.get_future().wait();
    quick.join();
    slow.join();
    EXPECT_EQ(order, expected);
}

TEST(Turns, of_a_job_may_be_the_last_that_keeps_them_alive) {
    boost::asio::thread_pool pool(1);
    auto turns = std::make_shared<Turns>();
    bool was_called = false;
    turns->post(pool.get_executor(), [turns, &was_called] { was_called = true; });
    turns.reset();
    pool.join();
    EXPECT_TRUE(was_called);
}

TEST(Turns, are_taken_at_once_only_if_nobody_else_has_one) {
    boost::asio::thread_pool pool(1);
    Turns turns;
    auto seven = [] { return 7; };
    EXPECT_EQ(turns.try_now(seven), 7);

    auto during = [&] {
        EXPECT_FALSE(turns.try_now(seven));
        turns.post(pool.get_executor(), [&] { EXPECT_FALSE(turns.try_now(seven)); });
        return 1;
    };
    EXPECT_TRUE(turns.try_now(during));
    pool.join();  // what was asked for meanwhile has had its turn
    EXPECT_TRUE(turns.try_now(seven));
}

TEST(Turns, end_with_a_job_that_throws) {
    Turns turns;
    auto thrower = []() -> int { throw std::bad_alloc(); };
    EXPECT_THROW(static_cast<void>(turns.try_now(thrower)), std::bad_alloc);
    auto seven = [] { return 7; };
    EXPECT_EQ(turns.try_now(seven), 7);
}

}  // namespace
}  // namespace ankiwire::server
