// What a command of the program says on the standard streams goes into a file meanwhile.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>

#include "base/check.hpp"
#include "files/read_file.hpp"

namespace ankiwire::sim {

struct CommandEnd {
    int status;  // the exit code
    std::string said;
};

inline CommandEnd overhear(const std::filesystem::path& heard,
                           const std::function<int()>& command) {
    constexpr std::array streams{STDOUT_FILENO, STDERR_FILENO};
    std::array<int, streams.size()> kept{};
    std::fflush(stdout);
    const int file = ::open(heard.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    CHECK(file >= 0);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        kept[i] = ::dup(streams[i]);
        CHECK(kept[i] >= 0 && ::dup2(file, streams[i]) >= 0);
    }
    const int status = command();
    std::fflush(stdout);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        CHECK(::dup2(kept[i], streams[i]) >= 0);
        ::close(kept[i]);
    }
    ::close(file);
    return {.status = status, .said = files::read_file(heard)};
}

}  // namespace ankiwire::sim
