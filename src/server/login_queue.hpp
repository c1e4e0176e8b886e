// Passwords that wait to be checked, in turns by the address that they come from: whoever guesses
// at full speed waits for the own guesses, and not much longer does who only logs in.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "server/async.hpp"
#include "server/lanes.hpp"

namespace ankiwire::server {

// Whose turn it is: an IPv4 address, or the network of 64 bits that an IPv6 address is of, since
// one customer has all of that.
std::string login_turn_of(const std::string& address);

// Thread-safe; outlives what it runs.
class LoginQueue {
public:
    using Check = std::function<Result<bool>()>;

    // At most `most` wait.
    LoginQueue(Lane lane, std::size_t most) : lane_(std::move(lane)), most_(most) {}

    // check() on the lane. busy: as many wait as may, and none of them comes from an address with
    // more of them; or later, if another one needs the place.
    asio::awaitable<Result<bool>> run(const std::string& address, Check check);

    // Nobody waits, and no check runs.
    [[nodiscard]] bool is_idle();

private:
    struct Waiting {
        Check check;
        std::function<void(Result<bool>)> done;
    };
    using Line = std::deque<Waiting>;  // never empty while it is kept

    void add(const std::string& turn, Waiting waiting);
    // A place for `turn`: one more, or that of the newest in the longest line, which goes to
    // `displaced`. False: there is none.
    bool make_room(const std::string& turn, std::optional<Waiting>& displaced);
    void run_next();

    Lane lane_;
    std::size_t most_;
    std::mutex mutex_;
    std::map<std::string, Line> lines_;
    std::deque<std::string> turns_;  // each of the lines once
    std::size_t waiting_ = 0;
    std::size_t running_ = 0;
};

}  // namespace ankiwire::server
