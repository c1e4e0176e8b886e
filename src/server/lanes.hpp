// Where work that costs CPU or disk is done, kept apart so that one kind of work cannot hold up
// another: a login does not delay a sync, nor a full sync another user's `meta`.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <thread>

#include "server/budget.hpp"
#include "server/scheduling.hpp"

namespace ankiwire::server {

using Lane = boost::asio::any_io_executor;

struct Lanes {
    Budget* in_place;   // short steps that the network's threads may do themselves, at once
    Lane workers;       // the other ones
    Lane snapshots;     // copies of whole collections, one after the other
    Lane media_stores;  // steps of a media store, and syncing to disk
    Lane media_files;   // receiving, unpacking and packing files
    Lane transfers;     // checks of whole collections, and versions: seconds
    Lane downloads;     // packing collections on their way out
    Lane passwords;
};

// The threads of a server's lanes.
class LaneThreads {
public:
    explicit LaneThreads(std::size_t cores)
        : in_place_(cores, "the network's threads are at work"),
          workers_(threads(cores + 2, short_work)),  // steps wait for the disk, too
          snapshots_(threads(1, long_work)),
          media_stores_(threads(cores + 2, short_work)),  // they wait for the disk
          media_files_(threads(std::max<std::size_t>(2, cores), long_work)),
          transfers_(threads(std::max<std::size_t>(1, cores - 1), long_work)),
          downloads_(threads(cores, long_work)),
          passwords_(threads(std::max<std::size_t>(1, cores - 1), guesses)) {}

    [[nodiscard]] Lanes lanes() {
        return {.in_place = &in_place_,
                .workers = workers_->get_executor(),
                .snapshots = snapshots_->get_executor(),
                .media_stores = media_stores_->get_executor(),
                .media_files = media_files_->get_executor(),
                .transfers = transfers_->get_executor(),
                .downloads = downloads_->get_executor(),
                .passwords = passwords_->get_executor()};
    }

    // With one more than may be at work in place, so that the network never waits.
    [[nodiscard]] std::size_t network_threads() const { return in_place_.most() + 1; }

    // Waits for everything that was handed in; nothing may be after it.
    void join() {
        passwords_->join();
        downloads_->join();
        transfers_->join();
        media_files_->join();
        media_stores_->join();
        snapshots_->join();
        workers_->join();
    }

private:
    // Threads inherit how they are scheduled from the one that starts them.
    static std::unique_ptr<boost::asio::thread_pool> threads(std::size_t count,
                                                             const Scheduling& scheduling) {
        std::unique_ptr<boost::asio::thread_pool> started;
        std::thread([&] {
            schedule_this_thread(scheduling);
            started = std::make_unique<boost::asio::thread_pool>(count);
        }).join();
        return started;
    }

    Budget in_place_;
    std::unique_ptr<boost::asio::thread_pool> workers_;
    std::unique_ptr<boost::asio::thread_pool> snapshots_;
    std::unique_ptr<boost::asio::thread_pool> media_stores_;
    std::unique_ptr<boost::asio::thread_pool> media_files_;
    std::unique_ptr<boost::asio::thread_pool> transfers_;
    std::unique_ptr<boost::asio::thread_pool> downloads_;
    std::unique_ptr<boost::asio::thread_pool> passwords_;
};

}  // namespace ankiwire::server
