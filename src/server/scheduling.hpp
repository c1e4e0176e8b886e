// How the kernel shares the cores out among the server's threads.
#pragma once

#include <chrono>

namespace ankiwire::server {

struct Scheduling {
    int niceness;  // added to that of the process
    // How long it may run before others are let in, of 0.1 to 100 ms; who asks for less is let in
    // the sooner when it wakes up. Linux before 6.12 ignores it. 0: as the system has it.
    std::chrono::nanoseconds slice{0};
};

// What takes long gives way to short work when there are fewer cores than work; guesses of
// passwords, which anybody can send, give way to everything.
inline constexpr Scheduling short_work{.niceness = 0, .slice = std::chrono::microseconds(100)};
inline constexpr Scheduling long_work{.niceness = 5};
inline constexpr Scheduling guesses{.niceness = 10};

// Of the thread that calls it alone. What the system refuses stays as it is.
void schedule_this_thread(const Scheduling& scheduling);

}  // namespace ankiwire::server
