// The threads that do what costs CPU or disk, kept apart so that one kind of work cannot hold up
// another: a login does not delay a sync, nor a full sync another user's `meta`.
#pragma once

#include <algorithm>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>

namespace ankiwire::server {

struct Lanes {
    explicit Lanes(std::size_t cores)
        : workers(cores + 2),       // steps wait for the disk, too
          media_stores(cores + 2),  // they wait for the disk
          media_files(std::max<std::size_t>(2, cores)),
          transfers(std::max<std::size_t>(1, cores - 1)),
          passwords(std::max<std::size_t>(1, cores - 1)) {}

    // Waits for everything that was handed in; nothing may be after it.
    void join() {
        passwords.join();
        transfers.join();
        media_files.join();
        media_stores.join();
        workers.join();
    }

    boost::asio::thread_pool workers;       // short steps
    boost::asio::thread_pool media_stores;  // steps of a media store, and syncing to disk
    boost::asio::thread_pool media_files;   // receiving, unpacking and packing files
    boost::asio::thread_pool transfers;     // checks and copies of whole collections: seconds
    boost::asio::thread_pool passwords;
};

}  // namespace ankiwire::server
