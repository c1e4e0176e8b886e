#include "server/users.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

namespace ankiwire::server {
namespace {

namespace asio = boost::asio;

const Deadline never = Deadline::max();

class Users : public testing::Test {
protected:
    Users() {
        // Of "pass", with few iterations.
        const std::string value =
            "alice:$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$"
            "uCtUzhXnoobQvUnBSmtWv+P9GO2sUVeOVN6d26g+dYM";
        config_ =
            parse_config({{"SYNC_BASE", "/data"}, {"SYNC_USER1", value}, {"PASSWORDS_HASHED", ""}})
                .config;
        key_ = environment_host_key(value);
    }

    Result<UserDirectory::Login> authenticate(const std::string& name, const std::string& password,
                                              Deadline deadline = never,
                                              std::size_t checks_max = 1) {
        EnvUserDirectory users(config_, lane_.get_executor(), checks_max);
        return run(users.authenticate(name, Password(password), "client", "192.0.2.1", deadline));
    }

    ErrorKind refusal(const Result<UserDirectory::Login>& login) {
        return login ? ErrorKind::internal : login.error().kind;
    }

    template <class T>
    T run(asio::awaitable<T> coroutine) {
        std::optional<T> result;
        auto keep = [&]() -> asio::awaitable<void> { result = co_await std::move(coroutine); };
        asio::co_spawn(context_, keep, asio::detached);
        context_.restart();
        context_.run();
        return std::move(*result);
    }

    asio::io_context context_;
    asio::thread_pool lane_{1};  // goes first: its threads may still be leaving the context
    Config config_;
    HostKey key_;
};

TEST_F(Users, log_in_with_their_password) {  // R-AUTH-01
    const auto login = authenticate("alice", "pass");
    ASSERT_TRUE(login) << login.error().context;
    EXPECT_EQ(login->key, key_);
    EXPECT_EQ(login->user.name, "alice");
    EXPECT_EQ(login->user.folder, "/data/alice");
}

TEST_F(Users, are_refused_alike_whatever_is_wrong) {  // R-AUTH-02
    const auto wrong_password = authenticate("alice", "Pass");
    const auto unknown_name = authenticate("Alice", "pass");
    EXPECT_EQ(refusal(wrong_password), ErrorKind::auth_failed);
    EXPECT_EQ(refusal(unknown_name), ErrorKind::auth_failed);
    EXPECT_EQ(wrong_password.error().context, unknown_name.error().context);
}

TEST_F(Users, are_told_to_wait_when_too_many_log_in) {
    EXPECT_EQ(refusal(authenticate("alice", "pass", never, 0)), ErrorKind::busy);
}

TEST_F(Users, are_not_checked_after_their_deadline) {
    EXPECT_EQ(refusal(authenticate("alice", "pass", Deadline::min())), ErrorKind::busy);
}

TEST_F(Users, are_known_by_their_host_key) {  // R-AUTH-03
    EnvUserDirectory users(config_, lane_.get_executor());
    const auto user = run(users.resolve(key_, never));
    ASSERT_TRUE(user) << user.error().context;
    EXPECT_EQ(user->name, "alice");
    for (const auto& wrong : {std::string(), std::string(40, '0'), key_.reveal() + "0"}) {
        EXPECT_FALSE(run(users.resolve(HostKey(wrong), never)));
    }
}

// --- plain passwords ---

class PlainUsers : public testing::Test {
protected:
    // Pending until its check has been made, if there has to be one.
    std::shared_ptr<std::string> log_in(const std::string& password) {
        auto outcome = std::make_shared<std::string>("pending");
        auto keep = [this, password, outcome]() -> asio::awaitable<void> {
            const auto login = co_await users_.authenticate("alice", Password(password), "client",
                                                            "192.0.2.1", never);
            *outcome = login ? "logged in" : login.error().context;
        };
        asio::co_spawn(context_, keep, asio::detached);
        context_.restart();
        context_.poll();
        return outcome;
    }
    // All that wait.
    void check() {
        lane_.restart();
        lane_.run();
        context_.restart();
        context_.run();
    }

    asio::io_context context_;
    asio::io_context lane_;
    EnvUserDirectory users_{
        parse_config({{"SYNC_BASE", "/data"}, {"SYNC_USER1", "alice:pass"}}).config,
        lane_.get_executor()};
};

TEST_F(PlainUsers, do_not_wait_with_the_right_password) { EXPECT_EQ(*log_in("pass"), "logged in"); }

// Or guesses would be as quick as the network.
TEST_F(PlainUsers, wait_while_another_password_is_checked) {
    const auto guess = log_in("Pass");
    const auto right = log_in("pass");
    EXPECT_EQ(*guess, "pending");
    EXPECT_EQ(*right, "pending");
    check();
    EXPECT_EQ(*guess, "unknown user or wrong password");
    EXPECT_EQ(*right, "logged in");
    EXPECT_EQ(*log_in("pass"), "logged in");
}

}  // namespace
}  // namespace ankiwire::server
