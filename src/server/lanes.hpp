// Where work that costs CPU or disk is done, kept apart so that one kind of work cannot hold up
// another: a login does not delay a sync, nor a full sync another user's `meta`.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <memory>
#include <thread>

#include "server/budget.hpp"

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

// What takes long gives way to short steps when there are fewer cores than work; guesses of
// passwords, which anybody can send, give way to everything. As for nice(2).
inline constexpr int niceness_of_long_work = 5;
inline constexpr int niceness_of_passwords = 10;

// Threads inherit how nice the one is that starts them, which is a thread's own affair on Linux.
inline std::unique_ptr<boost::asio::thread_pool> nice_threads(std::size_t count, int niceness) {
    std::unique_ptr<boost::asio::thread_pool> threads;
    std::thread([&] {
        [[maybe_unused]] const int ignored = nice(niceness);
        threads = std::make_unique<boost::asio::thread_pool>(count);
    }).join();
    return threads;
}

// The threads of a server's lanes.
class LaneThreads {
public:
    explicit LaneThreads(std::size_t cores)
        : in_place_(cores, "the network's threads are at work"),
          workers_(cores + 2),  // steps wait for the disk, too
          snapshots_(nice_threads(1, niceness_of_long_work)),
          media_stores_(cores + 2),  // they wait for the disk
          media_files_(nice_threads(std::max<std::size_t>(2, cores), niceness_of_long_work)),
          transfers_(nice_threads(std::max<std::size_t>(1, cores - 1), niceness_of_long_work)),
          downloads_(nice_threads(cores, niceness_of_long_work)),
          passwords_(nice_threads(std::max<std::size_t>(1, cores - 1), niceness_of_passwords)) {}

    [[nodiscard]] Lanes lanes() {
        return {.in_place = &in_place_,
                .workers = workers_.get_executor(),
                .snapshots = snapshots_->get_executor(),
                .media_stores = media_stores_.get_executor(),
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
        media_stores_.join();
        snapshots_->join();
        workers_.join();
    }

private:
    Budget in_place_;
    boost::asio::thread_pool workers_;
    std::unique_ptr<boost::asio::thread_pool> snapshots_;
    boost::asio::thread_pool media_stores_;
    std::unique_ptr<boost::asio::thread_pool> media_files_;
    std::unique_ptr<boost::asio::thread_pool> transfers_;
    std::unique_ptr<boost::asio::thread_pool> downloads_;
    std::unique_ptr<boost::asio::thread_pool> passwords_;
};

}  // namespace ankiwire::server
