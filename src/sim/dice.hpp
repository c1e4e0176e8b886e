// Chance that can be repeated: the same seed gives the same throws on each machine.
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace ankiwire::sim {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    // 0 to `count` - 1; `count` is above 0.
    std::uint64_t below(std::uint64_t count) { return engine_() % count; }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    template <class T>
    const T& of(std::span<const T> choices) {
        return choices[below(choices.size())];
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace ankiwire::sim
