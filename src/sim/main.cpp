// ankiwire-sim --seed N --steps N: histories in which everything goes wrong.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdint>

#include "files/temp_folder.hpp"
#include "sim/histories.hpp"
#include "sim/world.hpp"

namespace {

constexpr std::uint64_t steps_of_a_history = 3000;

struct Arguments {
    std::uint64_t seed = 1;
    std::uint64_t steps = 100'000;
    bool crash_points = false;
};

// False: it broke a promise.
bool live(std::uint64_t seed, std::uint64_t steps, ankiwire::sim::Tally& sum) {
    const ankiwire::files::TempFolder folder;
    ankiwire::sim::World world(folder.path(), seed);
    std::string found;
    for (std::uint64_t i = 0; i < steps && found.empty(); ++i) {
        found = world.step();
    }
    if (found.empty()) {
        found = world.settle();
    }
    const auto& tally = world.tally();
    sum.steps += tally.steps;
    sum.syncs += tally.syncs;
    sum.uploads += tally.uploads;
    sum.media_batches += tally.media_batches;
    sum.lost_replies += tally.lost_replies;
    sum.faults += tally.faults;
    sum.crashes += tally.crashes;
    if (!found.empty()) {
        for (const auto& line : world.story()) {
            fmt::print("{}\n", line);
        }
        fmt::print("{}\nagain: ankiwire-sim --seed {} --steps {}\n", found, seed, tally.steps);
    }
    return found.empty();
}

int live_by_chance(const Arguments& arguments) {
    ankiwire::sim::Tally sum;
    auto seed = arguments.seed;
    while (sum.steps < arguments.steps) {
        const auto left = arguments.steps - sum.steps;
        if (!live(seed, std::min(left, steps_of_a_history), sum)) {
            return 1;
        }
        ++seed;
    }
    fmt::print(
        "{} steps of {} histories: {} syncs, {} uploads, {} batches of media, {} lost "
        "replies, {} faults, {} crashes\n",
        sum.steps, seed - arguments.seed, sum.syncs, sum.uploads, sum.media_batches,
        sum.lost_replies, sum.faults, sum.crashes);
    return 0;
}

int crash_everywhere() {
    std::uint64_t count = 0;
    for (const auto& history : ankiwire::sim::histories()) {
        const auto points = ankiwire::sim::enumerate(history);
        fmt::print("{}: {} crash points\n", history.name, points.count);
        if (!points.found.empty()) {
            fmt::print("{}\n", points.found);
            return 1;
        }
        count += points.count;
    }
    fmt::print("{} crash points of {} histories\n", count, ankiwire::sim::histories().size());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Simulated histories of devices, a server and a disk that fails.", "ankiwire-sim");
    Arguments arguments;
    app.add_option("--seed", arguments.seed, "Of the first history (1)");
    app.add_option("--steps", arguments.steps, "In all; a history has 3000 at most (100000)");
    app.add_flag("--crash-points", arguments.crash_points,
                 "Scripted histories instead, which crash at each change of the disk");
    CLI11_PARSE(app, argc, argv);
    spdlog::set_level(spdlog::level::off);

    return arguments.crash_points ? crash_everywhere() : live_by_chance(arguments);
}
