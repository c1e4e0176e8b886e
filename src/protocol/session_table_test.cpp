#include "protocol/session_table.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "files/read_file.hpp"

namespace ankiwire::protocol {
namespace {

using wire::Method;

std::string_view state_name(SessionState state) {
    switch (state) {
        case SessionState::idle:
            return "idle";
        case SessionState::running:
            return "running";
        case SessionState::other_running:
            return "other running";
    }
    return "";
}

// The page that spec/state-machine.md must hold.
std::string page() {
    std::ostringstream out;
    out << "# State machine of a normal sync\n\n"
        << "Generated from src/protocol/session_table.hpp by the test "
           "`SessionTable.is_the_page_in_the_spec`;\n"
        << "`ANKIWIRE_UPDATE=1` before the test command rewrites it.\n\n"
        << "A state is the account's as one request sees it: *running* means that the sync which "
           "runs has the\nrequest's session key, *other running* that it has another one.\n\n"
        << "```mermaid\nstateDiagram-v2\n    [*] --> idle\n";
    for (const auto& rule : session_table) {
        if (rule.next && rule.state == SessionState::idle) {
            out << "    idle --> " << state_name(*rule.next) << " : " << method_name(rule.method)
                << "\n";
        }
        if (rule.next && rule.state == SessionState::running) {
            out << "    running --> " << state_name(*rule.next) << " : " << method_name(rule.method)
                << "\n";
        }
    }
    out << "```\n\n| method | state | next | requirement |\n|---|---|---|---|\n";
    for (const auto& rule : session_table) {
        out << "| " << method_name(rule.method) << " | " << state_name(rule.state) << " | "
            << (rule.next ? state_name(*rule.next) : "refused, 409") << " | " << rule.requirement
            << " |\n";
    }
    return out.str();
}

TEST(SessionTable, has_one_rule_for_each_method_and_state) {
    std::set<std::pair<Method, SessionState>> seen;
    for (const auto& rule : session_table) {
        EXPECT_TRUE(seen.insert({rule.method, rule.state}).second)
            << "twice: " << method_name(rule.method) << " in " << state_name(rule.state);
        EXPECT_TRUE(rule.requirement.starts_with("R-"));
    }
    EXPECT_EQ(seen.size(), std::size_t{(wire::method_count - wire::media_method_count - 1) * 3});
}

TEST(SessionTable, has_no_rule_for_a_login) {
    EXPECT_EQ(find_rule(Method::host_key, SessionState::idle), nullptr);
}

TEST(SessionTable, never_lets_a_request_touch_the_sync_of_another_key) {
    for (const auto& rule : session_table) {
        if (rule.state == SessionState::other_running && rule.next) {
            const bool replaces = rule.method == Method::start || rule.method == Method::upload;
            EXPECT_EQ(*rule.next == SessionState::other_running, !replaces)
                << method_name(rule.method);
        }
    }
}

TEST(SessionTable, is_the_page_in_the_spec) {
    const std::string path = ANKIWIRE_SOURCE "/spec/state-machine.md";
    if (std::getenv("ANKIWIRE_UPDATE") != nullptr) {
        std::ofstream(path) << page();
    }
    EXPECT_EQ(files::read_file(path), page());
}

}  // namespace
}  // namespace ankiwire::protocol
