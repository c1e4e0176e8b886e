#include "server/commands.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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

void print_problems(const std::vector<std::string>& problems) {
    for (const auto& problem : problems) {
        fmt::print(stderr, "ankiwire: {}\n", problem);
    }
}

void set_up_log() {
    spdlog::set_default_logger(spdlog::stderr_color_mt("ankiwire"));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
    spdlog::flush_on(spdlog::level::info);
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

}  // namespace

int serve(const Environment& environment) {
    const auto parsed = parse_config(environment);
    if (!parsed.problems.empty()) {
        print_problems(parsed.problems);
        return 1;
    }
    const auto& config = parsed.config;
    const auto lock = DataFolder::lock(config.base);
    if (!lock) {
        print_problems({lock.error().context});
        return 1;
    }
    set_up_log();
    for (const auto& remark : parsed.remarks) {
        spdlog::info("{}", remark);
    }

    const auto signals = block_ending_signals();
    Lanes lanes(std::max(1U, std::thread::hardware_concurrency()));
    EnvUserDirectory users(config, lanes.passwords.get_executor());
    const auto server = Server::start(config, users, lanes, {});
    if (!server) {
        print_problems({server.error().context});
        return 1;
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
        print_problems(parsed.problems);
        return 1;
    }
    fmt::print("{}", describe(parsed.config));
    return 0;
}

}  // namespace ankiwire::server
