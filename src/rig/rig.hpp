// The server under test: everything of it above the sockets, on one thread, in a folder. The same
// requests at the same times do the same, to the last system call. For the simulation, and fuzzers.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/exchange.hpp"

namespace ankiwire::rig {

struct Answer {
    int status = 0;       // 0: the connection broke
    std::string body;     // unpacked
    std::string problem;  // what the log says
};

// Where a connection breaks, if it does.
struct Break {
    std::size_t after_request_bytes;
};

class Rig {
public:
    explicit Rig(const std::filesystem::path& base);
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    // Ends as the program does: rolls back and closes.
    ~Rig();

    Answer answer(const server::RequestHead& head, std::string_view body,
                  const std::optional<Break>& broken = {});
    // A request of protocol 11 of a user of whom nothing but the name counts, which is the host
    // key, too; `body` is packed.
    Answer post(std::string_view user, std::string_view path, std::string_view session_key,
                std::string_view body, const std::optional<Break>& broken = {});

    // What the server does every few seconds.
    void tick();

    [[nodiscard]] static std::filesystem::path folder_of(const std::filesystem::path& base,
                                                         std::string_view user);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ankiwire::rig
