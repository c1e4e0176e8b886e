// For tests: ends a process at each of its system calls in turn, as SIGKILL does, so that every
// state which a crash can leave behind is met.
#pragma once

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "base/check.hpp"

namespace ankiwire {

// Forks, runs `work` in the child, and kills it when it enters its n-th system call. True: `work`
// ended before.
inline bool run_to_system_call(int n, const std::function<void()>& work) {
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        work();
        raise(SIGSTOP);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD);
    bool ended = false;
    for (int stops = 0; stops < 2 * n && !ended; ++stops) {  // one at the entry, one at the exit
        CHECK(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
        CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
        ended = WSTOPSIG(status) == SIGSTOP;
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return ended;
}

}  // namespace ankiwire
