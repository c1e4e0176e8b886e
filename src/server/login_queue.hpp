// Passwords that wait to be checked, in turns by the address that they come from: first that which
// was wrong the least often, and of equals that which came last. So whoever guesses at full speed,
// from however many addresses, waits for the own guesses, and who only logs in for no more than the
// check that runs.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

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

    // At most `most` wait, and of so many addresses it is known how often they were wrong.
    LoginQueue(Lane lane, std::size_t most, std::size_t remembered_max = 4096)
        : lane_(std::move(lane)), most_(most), remembered_max_(remembered_max) {}

    // check() on the lane: whether the password is right. busy: as many wait as may, and each of
    // them comes from an address with fewer, or as many and fewer wrong ones; or later, if another
    // one needs the place.
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
    // A place for `turn`: one more, or that of the newest in the longest line; of lines as long in
    // that which was wrong the most often, then the oldest. It goes to `displaced`. False: there is
    // none.
    bool make_room(const std::string& turn, std::optional<Waiting>& displaced);
    // Precondition: there is a line. Whose it was goes to `turn`.
    Waiting take_next(std::string& turn);
    void run_next();
    [[nodiscard]] std::size_t wrong_ones_of(const std::string& turn) const;
    void note_wrong_one(const std::string& turn);

    Lane lane_;
    std::size_t most_;
    std::size_t remembered_max_;
    std::mutex mutex_;
    std::map<std::string, Line> lines_;
    std::deque<std::string> turns_;  // each of the lines once; the last one is the next of equals
    std::unordered_map<std::string, std::size_t> wrong_ones_;
    std::size_t waiting_ = 0;
    std::size_t running_ = 0;
};

}  // namespace ankiwire::server
