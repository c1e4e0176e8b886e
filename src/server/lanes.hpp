// Where work that costs CPU or disk is done, kept apart so that one kind of work cannot hold up
// another: a login does not delay a sync, nor a full sync another user's `meta`.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>

namespace ankiwire::server {

using Lane = boost::asio::any_io_executor;

struct Lanes {
    Lane workers;       // short steps
    Lane media_stores;  // steps of a media store, and syncing to disk
    Lane media_files;   // receiving, unpacking and packing files
    Lane transfers;     // checks and copies of whole collections: seconds
    Lane passwords;
};

// The threads of a server's lanes.
class LaneThreads {
public:
    explicit LaneThreads(std::size_t cores)
        : workers_(cores + 2),       // steps wait for the disk, too
          media_stores_(cores + 2),  // they wait for the disk
          media_files_(std::max<std::size_t>(2, cores)),
          transfers_(std::max<std::size_t>(1, cores - 1)),
          passwords_(std::max<std::size_t>(1, cores - 1)) {}

    [[nodiscard]] Lanes lanes() {
        return {.workers = workers_.get_executor(),
                .media_stores = media_stores_.get_executor(),
                .media_files = media_files_.get_executor(),
                .transfers = transfers_.get_executor(),
                .passwords = passwords_.get_executor()};
    }

    // Waits for everything that was handed in; nothing may be after it.
    void join() {
        passwords_.join();
        transfers_.join();
        media_files_.join();
        media_stores_.join();
        workers_.join();
    }

private:
    boost::asio::thread_pool workers_;
    boost::asio::thread_pool media_stores_;
    boost::asio::thread_pool media_files_;
    boost::asio::thread_pool transfers_;
    boost::asio::thread_pool passwords_;
};

}  // namespace ankiwire::server
