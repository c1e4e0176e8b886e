// One account at work: what is asked of it runs in order, one thing at a time: short steps in place
// or on the workers, copies of the collection on a lane of their own. Different accounts run in
// parallel.
#pragma once

#include <atomic>
#include <boost/asio/strand.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "media/media_store.hpp"
#include "protocol/account.hpp"
#include "server/async.hpp"
#include "server/budget.hpp"
#include "server/devices.hpp"
#include "server/lanes.hpp"
#include "server/turns.hpp"
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

    AccountActor(const Lanes& lanes, Budget& bodies, const User& user,
                 const protocol::IdleLimits& idle);

    // fn(Parts&) → its Result: a short step.
    template <class Fn>
    asio::awaitable<std::invoke_result_t<Fn&, Parts&>> run(Fn fn) {
        auto step = step_of(std::move(fn));
        {
            Budget::Share place(*lanes_.in_place);
            if (place.grow(1)) {
                auto attempted = [&step] { return attempt(step); };
                if (auto outcome = turns_.try_now(attempted)) {
                    co_return result_of(std::move(*outcome));
                }
            }
        }
        co_return co_await run_on(Turn{turns_, lanes_.workers}, std::move(step));
    }
    // The same for one that copies the collection.
    template <class Fn>
    asio::awaitable<std::invoke_result_t<Fn&, Parts&>> run_copy(Fn fn) {
        return run_on(Turn{turns_, lanes_.snapshots}, step_of(std::move(fn)));
    }

    // fn() → its Result; for long work on the account's files, one piece at a time.
    template <class Fn>
    asio::awaitable<std::invoke_result_t<Fn&>> run_on_files(Fn fn) {
        return run_on(files_, std::move(fn));
    }

    // fn(MediaStore&) → its Result, on the media lane, one at a time; opens the store if need be.
    template <class Fn>
    asio::awaitable<std::invoke_result_t<Fn&, media::MediaStore&>> run_on_media(Fn fn) {
        using Outcome = std::invoke_result_t<Fn&, media::MediaStore&>;
        auto step = [self = shared_from_this(), fn = std::move(fn)]() mutable -> Outcome {
            TRY(self->media_.ensure_open());
            try {
                auto outcome = fn(*self->media_.store);
                self->media_.note_use();
                return outcome;
            } catch (...) {  // what is half done is repaired when it is opened anew
                self->media_.abandon();
                throw;
            }
        };
        return run_on(media_strand_, std::move(step));
    }
    // The usn of the account's media, at once if it is known.
    asio::awaitable<Result<MediaUsn>> media_usn();

    // What this account's requests may take together.
    [[nodiscard]] Budget& bodies() { return bodies_; }
    [[nodiscard]] Budget& transfers() { return transfers_; }
    [[nodiscard]] Budget& media_transfers() { return media_transfers_; }

    // Rolls back and closes what has been idle for too long; returns at once.
    void tick();
    // Rolls back and closes; calls `closed` on a worker when that is done.
    void close(std::function<void()> closed);

    [[nodiscard]] const User& user() const { return user_; }

private:
    template <class Fn>
    auto step_of(Fn fn) {
        return [self = shared_from_this(), fn = std::move(fn)]() mutable {
            self->may_be_open_ = true;
            try {
                return fn(self->parts_);
            } catch (...) {  // what is half done must not be committed by a later step
                static_cast<void>(self->parts_.account.close());
                throw;
            }
        };
    }

    // The media store while it is in use; only on media_strand_, but for the atomics.
    struct Media {
        std::filesystem::path folder;
        std::int64_t idle_ms;
        std::optional<media::MediaStore> store;
        std::atomic<bool> is_open = false;  // whether there is something to tick
        TimestampMs last_used;
        static constexpr std::int64_t unknown = -1;
        std::atomic<std::int64_t> known_usn = unknown;  // true while the store is open
        std::optional<media::KnownUsn> last_known;      // of the store when it was closed

        // Of a closed store that nobody has changed since; it need not be opened.
        [[nodiscard]] std::optional<MediaUsn> usn_while_closed() const;
        Result<void> ensure_open();
        void note_use();
        void tick(TimestampMs now);
        void close();
        void abandon();
    };

    Lanes lanes_;
    Turns turns_;
    asio::strand<Lane> files_;
    asio::strand<Lane> media_strand_;
    Budget bodies_;
    Budget transfers_;
    Budget media_transfers_;
    User user_;
    std::atomic<bool> may_be_open_ = false;
    Parts parts_;  // only in turns_
    Media media_;
};

// All accounts in use. Thread-safe.
class AccountActors {
public:
    // `bodies` is shared by all accounts.
    AccountActors(const Lanes& lanes, Budget& bodies, const protocol::IdleLimits& idle)
        : lanes_(lanes), bodies_(bodies), idle_(idle) {}

    std::shared_ptr<AccountActor> actor_of(const User& user);
    [[nodiscard]] std::vector<std::shared_ptr<AccountActor>> all() const;

private:
    Lanes lanes_;
    Budget& bodies_;
    protocol::IdleLimits idle_;
    mutable std::mutex mutex_;
    std::unordered_map<AccountId, std::shared_ptr<AccountActor>> actors_;
};

}  // namespace ankiwire::server
