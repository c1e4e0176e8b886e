#include "server/login_queue.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <utility>

namespace ankiwire::server {

std::string login_turn_of(const std::string& address) {
    boost::system::error_code error;
    const auto parsed = asio::ip::make_address(address, error);
    if (error || !parsed.is_v6()) {
        return address;
    }
    const auto bytes = parsed.to_v6().to_bytes();
    return {bytes.begin(), bytes.begin() + 8};
}

asio::awaitable<Result<bool>> LoginQueue::run(const std::string& address, Check check) {
    auto start = [this, turn = login_turn_of(address), check = std::move(check)](auto handler) {
        auto waiter = std::make_shared<decltype(handler)>(std::move(handler));
        auto done = [waiter](Result<bool> outcome) {
            const auto home = asio::get_associated_executor(*waiter);
            asio::post(home, [waiter, outcome = std::move(outcome)]() mutable {
                std::move (*waiter)(std::move(outcome));
            });
        };
        add(turn, {check, std::move(done)});
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<bool>)>(
        std::move(start), asio::use_awaitable);
}

void LoginQueue::add(const std::string& turn, Waiting waiting) {
    std::optional<Waiting> displaced;
    {
        const std::lock_guard lock(mutex_);
        if (make_room(turn, displaced)) {
            auto& line = lines_[turn];
            if (line.empty()) {
                turns_.push_back(turn);
            }
            line.push_back(std::move(waiting));
            asio::post(lane_, [this] { run_next(); });
        } else {
            displaced = std::move(waiting);
        }
    }
    if (displaced) {
        displaced->done(fail(ErrorKind::busy, "too many logins at once"));
    }
}

bool LoginQueue::make_room(const std::string& turn, std::optional<Waiting>& displaced) {
    if (waiting_ < most_) {
        ++waiting_;
        return true;
    }
    const auto own = lines_.find(turn);
    const auto longest =
        std::ranges::max_element(lines_, {}, [](const auto& entry) { return entry.second.size(); });
    if (longest == lines_.end() ||
        longest->second.size() <= 1 + (own == lines_.end() ? 0 : own->second.size())) {
        return false;
    }
    displaced = std::move(longest->second.back());
    longest->second.pop_back();
    return true;
}

void LoginQueue::run_next() {
    std::optional<Waiting> next;
    {
        const std::lock_guard lock(mutex_);
        if (turns_.empty()) {
            return;  // of one that was displaced
        }
        const auto line = lines_.find(turns_.front());
        turns_.pop_front();
        next = std::move(line->second.front());
        line->second.pop_front();
        --waiting_;
        ++running_;
        if (line->second.empty()) {
            lines_.erase(line);
        } else {
            turns_.push_back(line->first);
        }
    }
    auto outcome = next->check();
    {
        const std::lock_guard lock(mutex_);
        --running_;
    }
    next->done(std::move(outcome));
}

bool LoginQueue::is_idle() {
    const std::lock_guard lock(mutex_);
    return waiting_ + running_ == 0;
}

}  // namespace ankiwire::server
