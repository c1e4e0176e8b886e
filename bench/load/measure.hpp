// Runs a work by several users at once, and says what it took.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ankiwire::load {

using Clock = std::chrono::steady_clock;

struct Figures {
    std::size_t count = 0;  // of what the work is counted in
    double seconds = 0;
    double cpu_seconds = 0;  // of this process
    std::vector<double> latencies_ms;
    std::size_t errors = 0;
    std::string first_error;
    // Called when the clock has stopped: whether the server has done what it answered.
    std::function<Result<void>()> check = [] { return Result<void>(); };
};

// Of one user.
class Times {
public:
    // Calls it, and keeps how long it took.
    template <class Call>
    auto timed(Call call) {
        const auto begun = Clock::now();
        auto result = call();
        latencies_ms.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
        return result;
    }

    std::size_t count = 0;  // 0: as many as were timed
    std::vector<double> latencies_ms;
};

// work(i, times) for each i below `users`, each on a thread of its own, all begun at once.
Figures measure(std::size_t users, const std::function<Result<void>(std::size_t, Times&)>& work);

// That this process has used so far.
double cpu_seconds();

std::string to_json(Figures figures);

}  // namespace ankiwire::load
