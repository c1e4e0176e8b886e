// For tests: ends a process at each of its system calls in turn, as SIGKILL does, so that every
// state which a crash can leave behind is met; or lists them.
#pragma once

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <vector>

#include "base/check.hpp"

namespace ankiwire {

// A child that is stopped before `work`, and will stop again after it.
inline pid_t start_traced(const std::function<void()>& work) {
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
    return child;
}

// Forks, runs `work` in the child, and kills it after its n-th system call. True: `work`
// ended before.
inline bool run_to_system_call(int n, const std::function<void()>& work) {
    const pid_t child = start_traced(work);
    int status = 0;
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

// The numbers (SYS_…) of the system calls of `work`, in order.
inline std::vector<long> system_calls_of(const std::function<void()>& work) {
    std::vector<long> calls;
    const pid_t child = start_traced(work);
    int status = 0;
    for (;;) {
        CHECK(ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0);
        CHECK(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
        if (WSTOPSIG(status) == SIGSTOP) {
            break;
        }
        __ptrace_syscall_info info{};
        ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), child, sizeof info, &info);
        if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
            calls.push_back(static_cast<long>(info.entry.nr));
        }
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return calls;
}

}  // namespace ankiwire
