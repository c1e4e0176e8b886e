// The threads that do what costs CPU or disk, kept apart so that one kind of work cannot hold up
// another: a login does not delay a sync, nor a full sync another user's `meta`.
#pragma once

#include <algorithm>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>

namespace ankiwire::server {

struct Lanes {
    explicit Lanes(std::size_t cores)
        : workers(cores + 2),  // steps wait for the disk, too
          media(std::max<std::size_t>(2, cores)),
          transfers(std::max<std::size_t>(1, cores - 1)),
          passwords(std::max<std::size_t>(1, cores - 1)) {}

    // Waits for everything that was handed in; nothing may be after it.
    void join() {
        passwords.join();
        transfers.join();
        media.join();
        workers.join();
    }

    boost::asio::thread_pool workers;    // short steps
    boost::asio::thread_pool media;      // files of some megabytes, and waiting for the disk
    boost::asio::thread_pool transfers;  // checks and copies of whole collections: seconds
    boost::asio::thread_pool passwords;
};

}  // namespace ankiwire::server
