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

AccountActor::AccountActor(const Lanes& lanes, Budget& bodies, const User& user,
                           const protocol::IdleLimits& idle)
    : lanes_(lanes),
      files_(asio::make_strand(lanes.transfers)),
      media_strand_(asio::make_strand(lanes.media_stores)),
      bodies_(limits::account_bodies_bytes_max, "this account is sending too much at once",
              &bodies),
      transfers_(limits::account_transfers_max, "too many full syncs of one account at once"),
      media_transfers_(limits::account_media_transfers_max,
                       "too many media transfers of one account at once"),
      user_(user),
      parts_{protocol::Account(user.folder, idle), Devices(user.folder)},
      media_{.folder = user.folder,
             .idle_ms = idle.account_ms,
             .store = {},
             .last_used = {},
             .last_known = {}} {}

Result<void> AccountActor::Media::ensure_open() {
    if (!store) {
        TRY_ASSIGN(store, media::MediaStore::open(folder, to_secs(system_now())));
        is_open = true;
        if (store->unreadable_files() > 0) {
            spdlog::warn("{} files in {} cannot be read; devices that have them send them again",
                         store->unreadable_files(), (folder / "media").string());
        }
    }
    return {};
}

std::optional<MediaUsn> AccountActor::Media::usn_while_closed() const {
    const bool is_same = !store && last_known && last_known->is_true_of(folder);
    return is_same ? std::optional(last_known->usn) : std::nullopt;
}

void AccountActor::Media::note_use() {
    last_used = system_now();
    const auto usn = store->known_usn();
    known_usn = usn ? usn->value : unknown;
}

void AccountActor::Media::tick(TimestampMs now) {
    if (!store) {
        return;
    }
    if (now.value - last_used.value >= idle_ms) {
        close();
    } else if (store->has_staged()) {
        if (const auto done = store->checkpoint(); !done) {
            spdlog::warn("media could not be synced to disk: {}", done.error().context);
        }
    }
}

void AccountActor::Media::close() {
    if (!store) {
        return;
    }
    const auto closed = store->close();
    if (closed) {
        last_known = *closed;
    } else {  // repaired at the next opening
        spdlog::warn("closing a media store: {}", closed.error().context);
    }
    abandon();
}

void AccountActor::Media::abandon() {
    known_usn = unknown;
    is_open = false;
    store.reset();
}

asio::awaitable<Result<MediaUsn>> AccountActor::media_usn() {
    const std::int64_t known = media_.known_usn;
    if (known != Media::unknown) {
        co_return MediaUsn{static_cast<std::int32_t>(known)};
    }
    auto look = [self = shared_from_this()] { return self->media_.usn_while_closed(); };
    const auto same = co_await run_on(media_strand_, std::move(look));
    if (same) {
        co_return *same;
    }
    auto ask = [](media::MediaStore& store) { return store.last_usn(); };
    co_return co_await run_on_media(std::move(ask));
}

void AccountActor::tick() {
    if (media_.is_open) {
        asio::post(media_strand_, [self = shared_from_this()] { self->media_.tick(system_now()); });
    }
    if (!may_be_open_) {
        return;
    }
    turns_.post(lanes_.workers, [self = shared_from_this()] {
        auto& [account, devices] = self->parts_;
        account.tick(system_now());
        if (!account.is_open()) {
            devices.close();
            self->may_be_open_ = false;
        }
    });
}

void AccountActor::close(std::function<void()> closed) {
    turns_.post(lanes_.workers, [self = shared_from_this(), closed = std::move(closed)] {
        if (const auto result = self->parts_.account.close(); !result) {
            spdlog::warn("closing a collection: {}", result.error().context);
        }
        self->parts_.devices.close();
        asio::post(self->media_strand_, [self, closed] {
            self->media_.close();
            closed();
        });
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
