#include "server/login_queue.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <memory>
#include <ranges>
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
    const auto burden = [this](const std::string& of, std::size_t more = 0) {
        const auto line = lines_.find(of);
        return std::pair((line == lines_.end() ? 0 : line->second.size()) + more,
                         wrong_ones_of(of));
    };
    const auto worst =
        std::ranges::max_element(turns_, {}, [&burden](const auto& each) { return burden(each); });
    if (worst == turns_.end() || burden(*worst) < burden(turn, 1)) {
        return false;
    }
    const auto line = lines_.find(*worst);
    displaced = std::move(line->second.back());
    line->second.pop_back();
    if (line->second.empty()) {
        lines_.erase(line);
        turns_.erase(worst);
    }
    return true;
}

LoginQueue::Waiting LoginQueue::take_next(std::string& turn) {
    turn = *std::ranges::min_element(turns_ | std::views::reverse, {},
                                     [this](const auto& each) { return wrong_ones_of(each); });
    std::erase(turns_, turn);
    const auto line = lines_.find(turn);
    auto first = std::move(line->second.front());
    line->second.pop_front();
    if (line->second.empty()) {
        lines_.erase(line);
    } else {
        turns_.push_front(turn);
    }
    --waiting_;
    ++running_;
    return first;
}

void LoginQueue::run_next() {
    std::optional<Waiting> next;
    std::string turn;
    {
        const std::lock_guard lock(mutex_);
        if (turns_.empty()) {
            return;  // of one that was displaced
        }
        next = take_next(turn);
    }
    auto outcome = next->check();
    {
        const std::lock_guard lock(mutex_);
        --running_;
        if (outcome && !*outcome) {
            note_wrong_one(turn);
        }
    }
    next->done(std::move(outcome));
}

std::size_t LoginQueue::wrong_ones_of(const std::string& turn) const {
    const auto found = wrong_ones_.find(turn);
    return found == wrong_ones_.end() ? 0 : found->second;
}

void LoginQueue::note_wrong_one(const std::string& turn) {
    if (wrong_ones_.size() >= remembered_max_ && !wrong_ones_.contains(turn)) {
        wrong_ones_.clear();
    }
    ++wrong_ones_[turn];
}

bool LoginQueue::is_idle() {
    const std::lock_guard lock(mutex_);
    return waiting_ + running_ == 0;
}

}  // namespace ankiwire::server
