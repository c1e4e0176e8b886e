// The law of a normal sync: which method is legal in which state, and the state that follows.
// Everything that decides legality is in this table; the diagram in spec/state-machine.md is made
// from it. A state is the account's, as seen by one request: `running` means that the sync which
// runs has the request's session key.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "wire/messages.hpp"

namespace ankiwire::protocol {

enum class SessionState { idle, running, other_running };

struct Rule {
    wire::Method method;
    SessionState state;
    std::optional<SessionState> next;  // nullopt: refused as session_conflict, nothing changes
    std::string_view requirement;
};

// `upload` stands for one that is accepted; a refused one leaves the state alone (R-FULL-16).
// `sanityCheck2` stands for a passed one; a failed one ends the sync (R-SANITY-03).
inline constexpr auto session_table = [] {
    using enum wire::Method;
    using enum SessionState;
    constexpr auto refused = std::nullopt;
    return std::to_array<Rule>({
        {meta, idle, idle, "R-META-01"},
        {meta, running, running, "R-META-09"},
        {meta, other_running, other_running, "R-META-09"},
        {start, idle, running, "R-SESS-01"},
        {start, running, running, "R-SESS-03"},
        {start, other_running, running, "R-SESS-03"},
        {apply_graves, idle, refused, "R-SESS-07"},
        {apply_graves, running, running, "R-SESS-06"},
        {apply_graves, other_running, refused, "R-SESS-07"},
        {apply_changes, idle, refused, "R-SESS-07"},
        {apply_changes, running, running, "R-SESS-06"},
        {apply_changes, other_running, refused, "R-SESS-07"},
        {chunk, idle, refused, "R-SESS-07"},
        {chunk, running, running, "R-SESS-06"},
        {chunk, other_running, refused, "R-SESS-07"},
        {apply_chunk, idle, refused, "R-SESS-07"},
        {apply_chunk, running, running, "R-SESS-06"},
        {apply_chunk, other_running, refused, "R-SESS-07"},
        {sanity_check, idle, refused, "R-SESS-07"},
        {sanity_check, running, running, "R-SANITY-01"},
        {sanity_check, other_running, refused, "R-SESS-07"},
        {finish, idle, refused, "R-SESS-07"},
        {finish, running, idle, "R-FINISH-01"},
        {finish, other_running, refused, "R-SESS-07"},
        {abort, idle, idle, "R-ABORT-01"},
        {abort, running, idle, "R-ABORT-01"},
        {abort, other_running, other_running, "R-ABORT-02"},
        {upload, idle, idle, "R-FULL-13"},
        {upload, running, idle, "R-FULL-13"},
        {upload, other_running, idle, "R-FULL-13"},
        {download, idle, idle, "R-FULL-12"},
        {download, running, running, "R-FULL-16"},
        {download, other_running, other_running, "R-FULL-16"},
    });
}();

// nullptr for a method that no session has to do with (hostKey).
constexpr const Rule* find_rule(wire::Method method, SessionState state) {
    for (const Rule& rule : session_table) {
        if (rule.method == method && rule.state == state) {
            return &rule;
        }
    }
    return nullptr;
}

}  // namespace ankiwire::protocol
