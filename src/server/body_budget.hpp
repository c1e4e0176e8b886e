// How much memory the bodies of all requests may take together. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "base/result.hpp"

namespace ankiwire::server {

class BodyBudget {
public:
    explicit BodyBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    // What one request has taken; given back at its end.
    class Share {
    public:
        explicit Share(BodyBudget& budget) : budget_(&budget) {}
        Share(Share&& other) noexcept
            : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
        Share& operator=(Share&&) = delete;
        ~Share() { budget_->used_ -= bytes_; }

        Result<void> grow(std::size_t bytes) {
            if (budget_->used_.fetch_add(bytes) + bytes > budget_->bytes_max_) {
                budget_->used_ -= bytes;
                return fail(ErrorKind::busy, "too much is being received");
            }
            bytes_ += bytes;
            return {};
        }

    private:
        BodyBudget* budget_;
        std::size_t bytes_ = 0;
    };

    [[nodiscard]] std::size_t used() const { return used_; }

private:
    std::size_t bytes_max_;
    std::atomic<std::size_t> used_ = 0;
};

}  // namespace ankiwire::server
