// ankiwire-sim --seed N --steps N: histories in which everything goes wrong.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "files/temp_folder.hpp"
#include "sim/histories.hpp"
#include "sim/shrink.hpp"
#include "sim/world.hpp"

namespace {

using ankiwire::sim::History;
using ankiwire::sim::Points;
using ankiwire::sim::Tally;
using ankiwire::sim::World;

constexpr std::uint64_t steps_of_a_history = 3000;
constexpr std::size_t told_lines = 200;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t steps = 100'000;
    std::vector<std::uint64_t> only;
    bool crash_points = false;
    bool fault_points = false;
    std::string history;
};

// What one history came to.
struct Life {
    std::string found;  // what broke a promise; empty: nothing
    std::vector<std::string> story;
    Tally tally;
};

std::string history_now;  // for who finds out that the server has died of it

Life live(std::uint64_t seed, const std::vector<std::uint64_t>& steps) {
    history_now = fmt::format("seed {}, steps {}\n", seed, fmt::join(steps, ","));
    const ankiwire::files::TempFolder folder;
    World world(folder.path(), seed);
    std::string found;
    for (auto step = steps.begin(); step != steps.end() && found.empty(); ++step) {
        found = world.step(*step);
    }
    if (found.empty()) {
        found = world.settle();
    }
    return {.found = found, .story = world.story(), .tally = world.tally()};
}

void tell_last_words(int /*signal*/) {
    std::fputs(history_now.c_str(), stderr);  // at an assertion's end, where that is safe
}

std::vector<std::uint64_t> steps_up_to(std::uint64_t count) {
    std::vector<std::uint64_t> steps(count);
    std::iota(steps.begin(), steps.end(), 0U);
    return steps;
}

int tell_failure(std::uint64_t seed, const std::vector<std::uint64_t>& steps) {
    const auto life = live(seed, steps);
    const auto& story = life.story;
    const auto first = story.size() > told_lines ? story.size() - told_lines : 0;
    fmt::print("{}\n{}\nagain: ankiwire-sim --seed {} --only {}\n",
               fmt::join(story.begin() + static_cast<std::ptrdiff_t>(first), story.end(), "\n"),
               life.found, seed, fmt::join(steps, ","));
    return 1;
}

int live_by_chance(const Arguments& arguments) {
    Tally sum;
    auto seed = arguments.seed;
    for (; sum.steps < arguments.steps; ++seed) {
        const auto left = arguments.steps - sum.steps;
        const auto life = live(seed, steps_up_to(std::min(left, steps_of_a_history)));
        if (!life.found.empty()) {
            fmt::print("seed {}, step {}: {}\n", seed, life.tally.steps, life.found);
            std::fflush(stdout);
            return tell_failure(
                seed, ankiwire::sim::shrink(steps_up_to(life.tally.steps), [&](const auto& steps) {
                    return !live(seed, steps).found.empty();
                }));
        }
        sum += life.tally;
    }
    fmt::print("{} steps of {} histories: {}\n", sum.steps, seed - arguments.seed, sum.in_words());
    return 0;
}

// `points` is crash_everywhere, or fail_everywhere.
int live_by_script(Points (*points)(const History&), const std::string& name) {
    std::uint64_t count = 0;
    for (const auto& history : ankiwire::sim::histories()) {
        if (!name.empty() && history.name != name) {
            continue;
        }
        const auto of_this = points(history);
        fmt::print("{}: {} points\n", history.name, of_this.count);
        std::fflush(stdout);
        if (!of_this.found.empty()) {
            fmt::print("{}\n", of_this.found);
            return 1;
        }
        count += of_this.count;
    }
    fmt::print("{} points\n", count);
    return count > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Simulated histories of devices, a server and a disk that fails.", "ankiwire-sim");
    Arguments arguments;
    bool is_to_list = false;
    app.add_option("--seed", arguments.seed, "Of the first history (1)");
    app.add_option("--steps", arguments.steps, "In all; a history has 3000 at most (100000)");
    app.add_option("--only", arguments.only,
                   "These steps of the history, of which a failure needs no other")
        ->delimiter(',')
        ->expected(0, CLI::detail::expected_max_vector_size);
    app.add_flag("--crash-points", arguments.crash_points,
                 "Scripted histories instead, in which the power goes at each change of the disk");
    app.add_flag("--fault-points", arguments.fault_points,
                 "Scripted histories, in which each call on the disk fails once");
    app.add_option("--history", arguments.history, "Of the scripted histories only this one");
    app.add_flag("--list", is_to_list, "The names of the scripted histories");
    CLI11_PARSE(app, argc, argv);
    spdlog::set_level(spdlog::level::off);
    std::signal(SIGABRT, tell_last_words);

    if (is_to_list) {
        for (const auto& history : ankiwire::sim::histories()) {
            fmt::print("{}\n", history.name);
        }
        return 0;
    }
    if (arguments.crash_points) {
        return live_by_script(ankiwire::sim::crash_everywhere, arguments.history);
    }
    if (arguments.fault_points) {
        return live_by_script(ankiwire::sim::fail_everywhere, arguments.history);
    }
    if (app.count("--only") > 0) {
        return live(arguments.seed, arguments.only).found.empty()
                   ? 0
                   : tell_failure(arguments.seed, arguments.only);
    }
    return live_by_chance(arguments);
}
