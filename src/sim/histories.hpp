// Scripted histories, of which each change on the disk is a moment at which the power may go, and
// each call one that may fail.
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

struct Points {
    std::uint64_t count = 0;
    std::uint64_t lives = 0;  // so many of them the devices went on from
    std::string found;        // what broke a promise; empty: nothing
};

// Lives through a history, and at each change checks four disks that a power cut would leave then.
// From each seventh the devices go on: they agree, and are not asked for full syncs without a
// reason.
Points crash_everywhere(const History& history);

// Lives through it once for each call on its disk, which fails then, and once more if a full disk
// stays full from there. After each command all is checked as it is, and as after a power cut; in
// the end the devices agree.
Points fail_everywhere(const History& history);

}  // namespace ankiwire::sim
