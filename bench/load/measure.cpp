#include "load/measure.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <latch>
#include <thread>

#include "json/writer.hpp"

namespace ankiwire::load {
namespace {

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double at(const std::vector<double>& sorted, double part) {
    return sorted.empty()
               ? 0
               : sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * part)];
}

}  // namespace

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

Figures measure(std::size_t users, const std::function<Result<void>(std::size_t, Times&)>& work) {
    std::vector<Times> times(users);
    std::vector<Result<void>> results(users);
    std::latch all_here(static_cast<std::ptrdiff_t>(users) + 1);
    std::vector<std::jthread> threads;
    threads.reserve(users);
    for (std::size_t i = 0; i < users; ++i) {
        threads.emplace_back([&, i] {
            all_here.arrive_and_wait();
            results[i] = work(i, times[i]);
        });
    }
    const auto cpu_before = cpu_seconds();
    all_here.arrive_and_wait();
    const auto begun = Clock::now();
    threads.clear();  // joins them
    Figures figures;
    figures.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    figures.cpu_seconds = cpu_seconds() - cpu_before;
    for (const auto& each : times) {
        figures.count += each.count > 0 ? each.count : each.latencies_ms.size();
        figures.latencies_ms.insert(figures.latencies_ms.end(), each.latencies_ms.begin(),
                                    each.latencies_ms.end());
    }
    for (const auto& result : results) {
        if (!result && figures.errors++ == 0) {
            figures.first_error = result.error().context;
        }
    }
    return figures;
}

std::string to_json(Figures figures) {
    auto& sorted = figures.latencies_ms;
    std::sort(sorted.begin(), sorted.end());
    std::string text;
    json::Writer out(text);
    out.begin_object();
    out.key("count").integer(static_cast<std::int64_t>(figures.count));
    out.key("seconds").real(figures.seconds);
    out.key("cpu_seconds").real(figures.cpu_seconds);
    out.key("p50_ms").real(at(sorted, 0.5));
    out.key("p99_ms").real(at(sorted, 0.99));
    out.key("worst_ms").real(at(sorted, 1));
    out.key("errors").integer(static_cast<std::int64_t>(figures.errors));
    out.key("first_error").string(figures.first_error);
    out.end_object();
    return text;
}

}  // namespace ankiwire::load
