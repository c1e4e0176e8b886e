#include "conformance/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace ankiwire::conformance {
namespace {

constexpr std::string_view clear_line = "\r\033[K";

volatile std::sig_atomic_t interrupted = 0;

// What is longer than a line could not be written over.
std::size_t columns_of_terminal() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress() : is_shown_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(std::size_t number, std::size_t of, std::string_view what) const {
    if (is_shown_) {
        const auto line = fmt::format("{}/{} {}", number, of, what);
        fmt::print(stderr, "{}{}", clear_line, line.substr(0, columns_of_terminal() - 1));
    }
}

void Progress::clear() const {
    if (is_shown_) {
        fmt::print(stderr, "{}", clear_line);
    }
}

void note_interrupts() {
    struct sigaction action{};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (const int signal : {SIGINT, SIGTERM}) {
        ::sigaction(signal, &action, nullptr);
    }
}

bool is_interrupted() { return interrupted != 0; }

}  // namespace ankiwire::conformance
