// The server under test: everything of it above the sockets, on one thread, in a folder. The same
// requests at the same times do the same, to the last system call. For the simulation, and fuzzers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/exchange.hpp"
#include "wire/messages.hpp"

namespace ankiwire::rig {

struct Answer {
    int status = 0;       // 0: the connection broke
    std::string body;     // unpacked
    std::string problem;  // what the log says
};

// How a body comes in.
struct Pace {
    std::size_t piece_bytes = 1U << 20U;
    int pauses = 0;                             // before each piece, in which others go on
    std::optional<std::size_t> breaks_after{};  // bytes; else all comes
};

struct Request {
    server::RequestHead head;
    std::string body;
    Pace pace{};
};

// Of protocol 11, of a user of whom nothing but the name counts, which is the host key, too.
server::RequestHead head_of_11(std::string_view user, wire::Method method,
                               std::string_view session_key);
std::string path_of(wire::Method method);

class Rig {
public:
    explicit Rig(const std::filesystem::path& base);
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    // Ends as the program does: rolls back and closes.
    ~Rig();

    // The answers, when there are all. Requests that come together take turns.
    std::vector<Answer> post(std::span<const Request> requests);
    Answer post(const Request& request) { return post(std::span(&request, 1)).front(); }

    // What the server does every few seconds.
    void tick();

    [[nodiscard]] static std::filesystem::path folder_of(const std::filesystem::path& base,
                                                         std::string_view user);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ankiwire::rig
