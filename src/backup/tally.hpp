// What was carried, to be told to people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ankiwire::backup {

struct Tally {
    std::uint64_t bytes_copied = 0;
    std::uint64_t files_copied = 0;
    std::uint64_t files_linked = 0;
    std::vector<std::string> missing;     // in words: what the source itself lacks
    std::vector<std::string> unreadable;  // in words: what is there, and could not be carried

    void add_copy(std::uint64_t bytes) {
        bytes_copied += bytes;
        ++files_copied;
    }
};

}  // namespace ankiwire::backup
