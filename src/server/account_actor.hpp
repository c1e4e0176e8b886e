// One account at work: what is asked of it runs in order, one thing at a time, on the worker pool.
// Different accounts run in parallel. Only short steps belong here.
#pragma once

#include <atomic>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "protocol/account.hpp"
#include "server/async.hpp"
#include "server/budget.hpp"
#include "server/devices.hpp"
#include "server/lanes.hpp"
#include "server/users.hpp"

namespace ankiwire::server {

class AccountActor : public std::enable_shared_from_this<AccountActor> {
public:
    // What a step works on.
    struct Parts {
        protocol::Account account;
        Devices devices;

        // Notes how a sync of `client` ended; a failure is logged.
        void record(const std::string& client, SyncOutcome outcome, TimestampMs now);
    };

    AccountActor(Lanes& lanes, Budget& bodies, const User& user, const protocol::IdleLimits& idle);

    // fn(Parts&) → its Result.
    template <class Fn>
    asio::awaitable<std::invoke_result_t<Fn&, Parts&>> run(Fn fn) {
        auto step = [self = shared_from_this(), fn = std::move(fn)]() mutable {
            self->may_be_open_ = true;
            try {
                return fn(self->parts_);
            } catch (...) {  // what is half done must not be committed by a later step
                static_cast<void>(self->parts_.account.close());
                throw;
            }
        };
        return run_on(strand_, std::move(step));
    }

    // fn() → its Result; for long work on the account's files, one piece at a time.
    template <class Fn>
    asio::awaitable<std::invoke_result_t<Fn&>> run_on_files(Fn fn) {
        return run_on(files_, std::move(fn));
    }

    // What this account's requests may take together.
    [[nodiscard]] Budget& bodies() { return bodies_; }
    [[nodiscard]] Budget& transfers() { return transfers_; }

    // Rolls back and closes what has been idle for too long; returns at once.
    void tick();
    // Rolls back and closes; calls `closed` on a worker when that is done.
    void close(std::function<void()> closed);

    [[nodiscard]] const User& user() const { return user_; }

private:
    asio::strand<asio::thread_pool::executor_type> strand_;
    asio::strand<asio::thread_pool::executor_type> files_;
    Budget bodies_;
    Budget transfers_;
    User user_;
    std::atomic<bool> may_be_open_ = false;
    Parts parts_;  // only on strand_
};

// All accounts in use. Thread-safe.
class AccountActors {
public:
    // `bodies` is shared by all accounts.
    AccountActors(Lanes& lanes, Budget& bodies, const protocol::IdleLimits& idle)
        : lanes_(lanes), bodies_(bodies), idle_(idle) {}

    std::shared_ptr<AccountActor> actor_of(const User& user);
    [[nodiscard]] std::vector<std::shared_ptr<AccountActor>> all() const;

private:
    Lanes& lanes_;
    Budget& bodies_;
    protocol::IdleLimits idle_;
    mutable std::mutex mutex_;
    std::unordered_map<AccountId, std::shared_ptr<AccountActor>> actors_;
};

}  // namespace ankiwire::server
