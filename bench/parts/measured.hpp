// What each benchmark measures goes through here: ci/bench counts the instructions of `counted`,
// which the first call of a benchmark is not: it looks up what is looked up once.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <utility>

#include "base/check.hpp"

namespace ankiwire::parts {

template <class Fn>
[[gnu::noinline]] auto counted(Fn& fn) {
    return fn();
}

template <class Fn>
auto measured(Fn&& fn) {
    static bool is_warm = false;
    return std::exchange(is_warm, true) ? counted(fn) : fn();
}

// Of a part whose cost should not depend on how many rows there are: 1 k, 50 k, 500 k.
inline void sizes(benchmark::internal::Benchmark* benchmark) {
    benchmark->Arg(1000)->Arg(50'000)->Arg(500'000)->Unit(benchmark::kMillisecond);
}

// `count` rows, bytes or whatever the part works on in each iteration.
inline void set_cost(benchmark::State& state, std::int64_t count, const char* of = "row") {
    state.counters[of] = benchmark::Counter(
        static_cast<double>(count),
        benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace ankiwire::parts
