#include "server/commands.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "server/data_folder.hpp"
#include "server/lanes.hpp"
#include "server/server.hpp"
#include "server/users.hpp"

namespace ankiwire::server {
namespace {

void print_problem(const std::string& problem) { fmt::print(stderr, "ankiwire: {}\n", problem); }

int report_settings(const std::vector<std::string>& problems) {
    std::ranges::for_each(problems, print_problem);
    return exit_status::wrong_settings;
}

void set_up_log() {
    spdlog::set_default_logger(spdlog::stderr_color_mt("ankiwire"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    spdlog::flush_on(spdlog::level::info);
}

// Buffers of transfers go back to the system with the transfer; in a heap small blocks keep them.
void return_large_blocks() {
    constexpr int large = 512 * 1024;
    mallopt(M_MMAP_THRESHOLD, large);
    mallopt(M_TRIM_THRESHOLD, large);
}

// Blocked in this thread before any other is made, so that all inherit it.
sigset_t block_ending_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

// Each connection takes a descriptor, and each open collection a few: without them nothing can be
// opened, which is worse than a refused connection. Returns how many connections that leaves.
std::size_t connections_allowed(std::size_t wanted) {
    constexpr rlim_t for_files = 256;
    rlimit descriptors{};
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) {
        return wanted;
    }
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    getrlimit(RLIMIT_NOFILE, &descriptors);
    const auto left = descriptors.rlim_cur - std::min(descriptors.rlim_cur, for_files);
    // As many again may be open to be told that the server is busy.
    return std::clamp<std::size_t>(left / 2, 1, wanted);
}

}  // namespace

int report(const Error& error) {
    print_problem(error.context);
    return exit_status::failed;
}

int serve(const Environment& environment) {
    const auto parsed = parse_config(environment);
    if (!parsed.problems.empty()) {
        return report_settings(parsed.problems);
    }
    const auto& config = parsed.config;
    const auto lock = DataFolder::lock(config.base);
    if (!lock) {
        return report(lock.error());
    }
    std::vector<std::string> accounts;
    accounts.reserve(config.users.size());
    for (const auto& user : config.users) {
        accounts.push_back(user.name);
    }
    if (const auto unused = DataFolder::check_unused(config.base, accounts); !unused) {
        return report(unused.error());
    }
    set_up_log();
    for (const auto& remark : parsed.remarks) {
        spdlog::info("{}", remark);
    }
    for (const auto& problem : DataFolder::unusable(config.base, accounts)) {
        spdlog::error("a user will not be able to sync: {}", problem);
    }

    return_large_blocks();
    const auto signals = block_ending_signals();
    LaneThreads lanes(std::max(1U, std::thread::hardware_concurrency()));
    EnvUserDirectory users(config, lanes.lanes().passwords);
    ServerOptions options;
    options.connections_max = connections_allowed(options.connections_max);
    const auto server = Server::start(config, users, lanes, options);
    if (!server) {
        return report(server.error());
    }
    spdlog::info("listening on {}", url_of(config.host, (*server)->port()));

    int signal = 0;
    sigwait(&signals, &signal);
    spdlog::info("stopping");
    if (!(*server)->stop()) {
        spdlog::warn("stopped without waiting for a running transfer");
        spdlog::shutdown();
        std::_Exit(0);
    }
    return 0;
}

int check_config(const Environment& environment) {
    const auto parsed = parse_config(environment);
    for (const auto& remark : parsed.remarks) {
        fmt::print("note:         {}\n", remark);
    }
    if (!parsed.problems.empty()) {
        return report_settings(parsed.problems);
    }
    if (const auto free = Server::can_listen(parsed.config); !free) {
        fmt::print("note:         {}; perhaps by the server itself\n", free.error().context);
    }
    if (const auto problem = DataFolder::problem(parsed.config.base); !problem.empty()) {
        return report(fail(ErrorKind::storage, "SYNC_BASE: " + problem));
    }
    fmt::print("{}", describe(parsed.config));
    return 0;
}

}  // namespace ankiwire::server
