// A history of devices, lived with the server and with the model at once: each request goes to
// both, and has to be answered alike.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rig/rig.hpp"
#include "sim/device.hpp"
#include "sim/ledger.hpp"
#include "sim/model_server.hpp"

namespace ankiwire::sim {

struct Command {
    enum class Verb {
        wait,      // milliseconds
        edit,      // the kind, and three throws of the dice
        sync,      //
        lose,      // a sync, of which the connection breaks behind that many replies
        rest,      // until the server has closed the collection
        force,     // the next sync of the device is a full one
        upload,    //
        download,  //
        add,       // what, and how many of it
        miscount,  // the device's collection is damaged
    };
    static constexpr int verb_count = 10;
    Verb verb = Verb::wait;
    std::size_t device = 0;
    std::array<std::uint64_t, 4> numbers{};
};
std::string to_text(const Command& command);
// malformed: it is no command.
Result<Command> command_of(const std::string& text);

// A request, and what it has to be answered with; of a full sync a file.
struct Exchange {
    std::string session;  // names the device's sync
    wire::Method method;
    std::string body;
    int status;
    std::string reply;
};

struct TrialOptions {
    std::size_t devices = 3;  // the last one is of the older kind
    // How far the clock of each device is from the server's.
    std::array<std::int64_t, 4> clocks_ms{};
    Inversion inversion = Inversion::none;
};

class Trial {
public:
    // `start` is the file that the account has when it begins, and each device a copy of it.
    Trial(const std::filesystem::path& folder, std::string_view start, const TrialOptions& options);

    // What went wrong, in words; or nothing.
    std::string act(const Command& command);
    // All devices sync until nothing is left to do, and are compared.
    std::string settle();
    // All of it.
    std::string live(const std::vector<Command>& history);

    [[nodiscard]] const std::vector<Exchange>& exchanges() const { return exchanges_; }

private:
    struct Answered {
        std::string found;
        std::string reply;  // the server's, if it was 200
        bool is_ok = false;
    };
    Answered post(const std::string& session, wire::Method method, const std::string& body);
    // Chunks are compared when the last one has come: which rows come first is the server's affair.
    Answered post_chunk(const std::string& session, const std::string& body);
    // What the model answers, which is kept, too.
    ModelServer::Reply ask_model(const std::string& session, wire::Method method,
                                 const std::string& body);
    // `replies`: how many come through.
    std::string sync(Device& device, std::uint64_t replies);
    // What a device does whose check has failed. Nothing of the sync may be left.
    std::string abort(const Device& device, const std::string& session);
    std::string upload(Device& device);
    std::string download(Device& device);
    // The commands that are of a user; the first number is of the kind, where it has one.
    void edit(Device& device, const Command& command);
    // Whether all that both have is the same, as a device is told that knows nothing. If nothing is
    // found, it is as if nobody had asked.
    std::string compare_tables();
    std::string ask_for_tables();
    [[nodiscard]] std::string compare_with_first(const Device& device) const;
    [[nodiscard]] bool may_differ(const Device& device, const Fact& own, const Fact& other) const;
    std::string new_session(const Device& device);
    CollectionFile read_start();

    std::filesystem::path scratch_;
    rig::Rig rig_;
    std::string start_file_;
    CollectionFile start_;
    ModelServer model_;
    Ledger ledger_;
    std::vector<Device> devices_;
    int sessions_ = 0;
    std::string chunks_session_;  // of which these are
    Chunk chunks_sent_;
    Chunk chunks_due_;
    std::vector<Exchange> exchanges_;
};

}  // namespace ankiwire::sim
