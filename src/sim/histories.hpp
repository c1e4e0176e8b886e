// Scripted histories, of which each change on the disk is a moment at which the power may go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ankiwire::sim {

struct History {
    std::string_view name;
    std::vector<std::string> commands;  // World::act
};

const std::vector<History>& histories();

struct CrashPoints {
    std::uint64_t count = 0;  // of each, three disks that it may leave were checked
    std::string found;        // what broke a promise; empty: nothing
};

// Lives through a history, and at each change checks what a power cut would leave then.
CrashPoints enumerate(const History& history);

}  // namespace ankiwire::sim
