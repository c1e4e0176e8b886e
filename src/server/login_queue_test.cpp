#include "server/login_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <map>
#include <string>
#include <vector>

namespace ankiwire::server {
namespace {

using testing::ElementsAre;

class LoginQueueTest : public testing::Test {
protected:
    // The first check runs until the others are there.
    void begin_with(const std::string& address) {
        std::promise<void> begun;
        log_in(address, "first", [&] {
            begun.set_value();
            gate_.get_future().wait();
            return true;
        });
        begun.get_future().wait();
    }
    static bool right() { return true; }
    static bool wrong() { return false; }
    void log_in(const std::string& address, const std::string& name,
                const std::function<bool()>& password = right) {
        auto coroutine = [this, address, name, password]() -> asio::awaitable<void> {
            auto check = [this, name, password]() -> Result<bool> {
                checked_.push_back(name);
                return password();
            };
            const auto result = co_await queue_.run(address, std::move(check));
            outcomes_[name] = result ? "checked" : result.error().context;
        };
        asio::co_spawn(context_, std::move(coroutine), asio::detached);
        context_.poll();
    }
    void end() {
        gate_.set_value();
        context_.run();
    }
    void guess_from(const std::string& address) {
        log_in(address, "guess", wrong);
        context_.run();
        context_.restart();
        checked_.clear();
    }

    std::promise<void> gate_;
    std::vector<std::string> checked_;  // by the lane's one thread
    std::map<std::string, std::string> outcomes_;
    asio::io_context context_;
    asio::thread_pool lane_{1};
    LoginQueue queue_{lane_.get_executor(), 2, 2};
};

TEST_F(LoginQueueTest, lets_addresses_take_turns) {  // R-AUTH-09
    begin_with("192.0.2.1");
    log_in("192.0.2.1", "a");
    log_in("192.0.2.1", "b");
    log_in("192.0.2.2", "c");
    log_in("192.0.2.1", "d");
    end();
    EXPECT_THAT(checked_, ElementsAre("first", "c", "a"));
    EXPECT_EQ(outcomes_["b"], "too many logins at once");
    EXPECT_EQ(outcomes_["d"], "too many logins at once");
}

TEST_F(LoginQueueTest, refuses_who_has_no_fewer_waiting_than_others) {
    begin_with("192.0.2.1");
    log_in("192.0.2.1", "a");
    log_in("192.0.2.2", "b");
    log_in("192.0.2.2", "c");
    end();
    EXPECT_THAT(checked_, ElementsAre("first", "b", "a"));
    EXPECT_EQ(outcomes_["c"], "too many logins at once");
}

TEST_F(LoginQueueTest, makes_room_for_the_latest_of_equals) {
    begin_with("192.0.2.1");
    log_in("192.0.2.2", "a");
    log_in("192.0.2.3", "b");
    log_in("192.0.2.4", "c");
    end();
    EXPECT_THAT(checked_, ElementsAre("first", "c", "b"));
    EXPECT_EQ(outcomes_["a"], "too many logins at once");
}

TEST_F(LoginQueueTest, lets_first_who_has_guessed_least) {  // R-AUTH-09
    guess_from("192.0.2.1");
    begin_with("192.0.2.1");
    log_in("192.0.2.2", "b");
    log_in("192.0.2.1", "a");
    end();
    EXPECT_THAT(checked_, ElementsAre("first", "b", "a"));
}

TEST_F(LoginQueueTest, makes_room_for_who_has_guessed_less) {  // R-AUTH-09
    guess_from("192.0.2.1");
    guess_from("192.0.2.2");
    guess_from("192.0.2.2");
    begin_with("192.0.2.3");
    log_in("192.0.2.1", "b");
    log_in("192.0.2.2", "a");
    log_in("192.0.2.4", "c");
    log_in("192.0.2.2", "d");
    end();
    EXPECT_THAT(checked_, ElementsAre("first", "c", "b"));
    EXPECT_EQ(outcomes_["a"], "too many logins at once");
    EXPECT_EQ(outcomes_["d"], "too many logins at once");
}

TEST_F(LoginQueueTest, remembers_so_many_addresses) {
    guess_from("192.0.2.1");
    guess_from("192.0.2.1");
    guess_from("192.0.2.2");
    guess_from("192.0.2.3");  // two were remembered
    begin_with("192.0.2.4");
    log_in("192.0.2.1", "a");
    log_in("192.0.2.3", "b");
    end();
    EXPECT_THAT(checked_, ElementsAre("first", "a", "b"));
}

TEST_F(LoginQueueTest, goes_on_when_all_have_been_checked) {
    begin_with("192.0.2.1");
    end();
    context_.restart();
    log_in("192.0.2.1", "a");
    context_.run();
    EXPECT_THAT(checked_, ElementsAre("first", "a"));
    EXPECT_EQ(outcomes_["a"], "checked");
}

TEST(LoginTurn, is_that_of_a_network_of_ipv6) {
    EXPECT_EQ(login_turn_of("2001:db8:1:2::3"), login_turn_of("2001:db8:1:2:4::"));
    EXPECT_NE(login_turn_of("2001:db8:1:2::3"), login_turn_of("2001:db8:1:3::3"));
    EXPECT_NE(login_turn_of("192.0.2.1"), login_turn_of("192.0.2.2"));
}

}  // namespace
}  // namespace ankiwire::server
