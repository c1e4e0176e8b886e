// Chance that can be repeated: the same seed gives the same throws on each machine. Or dice that
// are loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace ankiwire::sim {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    // These throws, then 0 for ever.
    explicit Dice(std::vector<std::uint64_t> throws) : loaded_(throws.rbegin(), throws.rend()) {}

    // 0 to `count` - 1; `count` is above 0.
    std::uint64_t below(std::uint64_t count) { return next() % count; }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    template <class T>
    const T& of(std::span<const T> choices) {
        return choices[below(choices.size())];
    }

private:
    std::uint64_t next() {
        if (engine_) {
            return (*engine_)();
        }
        if (loaded_.empty()) {
            return 0;
        }
        const auto value = loaded_.back();
        loaded_.pop_back();
        return value;
    }

    std::optional<std::mt19937_64> engine_;
    std::vector<std::uint64_t> loaded_;  // the next one last
};

}  // namespace ankiwire::sim
