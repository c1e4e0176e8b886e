// How much of something all requests, or those of one account, may take together: bytes of memory,
// or a number of transfers. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace ankiwire::server {

class Budget {
public:
    // `exceeded` is the reason given when there is no more. What is taken from here is taken from
    // `parent`, too, which outlives it.
    Budget(std::size_t most, std::string_view exceeded, Budget* parent = nullptr)
        : most_(most), exceeded_(exceeded), parent_(parent) {}

    // What one request has taken; given back at its end.
    class Share {
    public:
        explicit Share(Budget& budget) : budget_(&budget) {}
        Share(Share&& other) noexcept
            : budget_(other.budget_), taken_(std::exchange(other.taken_, 0)) {}
        Share& operator=(Share&&) = delete;
        ~Share() { budget_->give_back(taken_); }

        // busy: there is no more.
        Result<void> grow(std::size_t amount) {
            TRY(budget_->take(amount));
            taken_ += amount;
            return {};
        }

    private:
        Budget* budget_;
        std::size_t taken_ = 0;
    };

    [[nodiscard]] std::size_t most() const { return most_; }
    [[nodiscard]] std::size_t used() const { return used_; }

private:
    Result<void> take(std::size_t amount) {
        if (used_.fetch_add(amount) + amount > most_) {
            used_ -= amount;
            return fail(ErrorKind::busy, std::string(exceeded_));
        }
        if (parent_ != nullptr) {
            if (auto taken = parent_->take(amount); !taken) {
                used_ -= amount;
                return taken;
            }
        }
        return {};
    }
    void give_back(std::size_t amount) {
        used_ -= amount;
        if (parent_ != nullptr) {
            parent_->give_back(amount);
        }
    }

    std::size_t most_;
    std::string_view exceeded_;
    Budget* parent_;
    std::atomic<std::size_t> used_ = 0;
};

}  // namespace ankiwire::server
