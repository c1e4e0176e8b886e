#include "server/account_actor.hpp"

#include <spdlog/spdlog.h>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace ankiwire::server {

void AccountActor::Parts::record(const std::string& client, SyncOutcome outcome, TimestampMs now) {
    const auto state = account.committed();
    if (!state) {
        return;
    }
    const auto recorded = devices.record({.client = client,
                                          .platform = std::string(platform_of(client)),
                                          .last_seen = now,
                                          .schema_modified = state->schema_modified,
                                          .usn = state->usn,
                                          .modified = state->modified,
                                          .outcome = std::string(outcome_name(outcome))});
    if (!recorded) {
        spdlog::warn("the devices of an account could not be noted: {}", recorded.error().context);
    }
}

AccountActor::AccountActor(Lanes& lanes, Budget& bodies, const User& user,
                           const protocol::IdleLimits& idle)
    : strand_(asio::make_strand(lanes.workers.get_executor())),
      files_(asio::make_strand(lanes.transfers.get_executor())),
      bodies_(limits::account_bodies_bytes_max, "this account is sending too much at once",
              &bodies),
      transfers_(limits::account_transfers_max, "too many full syncs of one account at once"),
      user_(user),
      parts_{protocol::Account(user.folder, idle), Devices(user.folder)} {}

void AccountActor::tick() {
    if (!may_be_open_) {
        return;
    }
    asio::post(strand_, [self = shared_from_this()] {
        auto& [account, devices] = self->parts_;
        account.tick(system_now());
        if (!account.is_open()) {
            devices.close();
            self->may_be_open_ = false;
        }
    });
}

void AccountActor::close(std::function<void()> closed) {
    asio::post(strand_, [self = shared_from_this(), closed = std::move(closed)] {
        if (const auto result = self->parts_.account.close(); !result) {
            spdlog::warn("closing a collection: {}", result.error().context);
        }
        self->parts_.devices.close();
        closed();
    });
}

std::shared_ptr<AccountActor> AccountActors::actor_of(const User& user) {
    const std::lock_guard lock(mutex_);
    auto& actor = actors_[user.account];
    if (!actor) {
        actor = std::make_shared<AccountActor>(lanes_, bodies_, user, idle_);
    }
    return actor;
}

std::vector<std::shared_ptr<AccountActor>> AccountActors::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<AccountActor>> actors;
    actors.reserve(actors_.size());
    for (const auto& [account, actor] : actors_) {
        actors.push_back(actor);
    }
    return actors;
}

}  // namespace ankiwire::server
