// ankiwire-sim --seed N --steps N: histories in which everything goes wrong.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "files/read_file.hpp"
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
    std::string found;  // its last steps, and what broke a promise; empty: nothing
    Tally tally;        // nothing, if the server died of it
};

const std::vector<std::string>* story_now = nullptr;

std::string end_of(const std::vector<std::string>& story) {
    const auto left_out = story.size() - std::min(story.size(), told_lines);
    return fmt::format("{}\n", fmt::join(story.begin() + static_cast<std::ptrdiff_t>(left_out),
                                         story.end(), "\n"));
}

void tell_last_words(int /*signal*/) {
    std::fputs(end_of(*story_now).c_str(), stderr);  // at an assertion's end, where that is safe
}

// Tells it in the files `tally` and `found`.
void live_in(const std::filesystem::path& folder, std::uint64_t seed,
             const std::vector<std::uint64_t>& steps) {
    World world(folder, seed);
    story_now = &world.story();
    std::signal(SIGABRT, tell_last_words);
    std::string found;
    for (auto step = steps.begin(); step != steps.end() && found.empty(); ++step) {
        found = world.step(*step);
    }
    if (found.empty()) {
        found = world.settle();
    }
    const auto& tally = world.tally();
    std::ofstream(folder / "tally").write(reinterpret_cast<const char*>(&tally), sizeof tally);
    std::ofstream(folder / "found") << (found.empty() ? "" : end_of(world.story()) + found + "\n");
}

// In a process of its own, since a server may die of it.
Life live(std::uint64_t seed, const std::vector<std::uint64_t>& steps) {
    const ankiwire::files::TempFolder folder;
    const auto said = folder.path() / "said";
    const pid_t child = ::fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(std::freopen(said.c_str(), "w", stderr) != nullptr);
        live_in(folder.path(), seed, steps);
        std::_Exit(0);
    }
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
    if (status != 0) {
        return {.found = ankiwire::files::read_file(said) +
                         fmt::format("the server dies of it, wait status {}\n", status),
                .tally = {}};
    }
    Life life{.found = ankiwire::files::read_file(folder.path() / "found"), .tally = {}};
    std::ifstream(folder.path() / "tally")
        .read(reinterpret_cast<char*>(&life.tally), sizeof(Tally));
    return life;
}

std::vector<std::uint64_t> steps_up_to(std::uint64_t count) {
    std::vector<std::uint64_t> steps(count);
    std::iota(steps.begin(), steps.end(), 0U);
    return steps;
}

int tell_failure(std::uint64_t seed, const std::vector<std::uint64_t>& steps) {
    fmt::print("{}again: ankiwire-sim --seed {} --only {}\n", live(seed, steps).found, seed,
               fmt::join(steps, ","));
    return 1;
}

int live_by_chance(const Arguments& arguments) {
    Tally sum;
    auto seed = arguments.seed;
    for (; sum.steps < arguments.steps; ++seed) {
        const auto all = steps_up_to(std::min(arguments.steps - sum.steps, steps_of_a_history));
        const auto life = live(seed, all);
        if (!life.found.empty()) {
            fmt::print("seed {} fails; looking for the few steps that do\n", seed);
            std::fflush(stdout);
            return tell_failure(seed, ankiwire::sim::shrink(all, [&](const auto& steps) {
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
        fmt::print("{}: {} points, {} lives\n", history.name, of_this.count, of_this.lives);
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
    app.add_flag(
        "--fault-points", arguments.fault_points,
        "Scripted histories, in which each call on the disk fails (a full one for good, too)");
    app.add_option("--history", arguments.history, "Of the scripted histories only this one");
    app.add_flag("--list", is_to_list, "The names of the scripted histories");
    CLI11_PARSE(app, argc, argv);
    spdlog::set_level(spdlog::level::off);

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
