// Devices, one account, a server and a disk, and what may happen to them, as the dice say. After
// each misfortune the promises are checked:
//  - what a `finish`, an upload or a batch of media was answered for is there, whole;
//  - what was not answered for is there whole, or not at all;
//  - each live row of media has its file, and the file the row's checksum;
//  - what an upload replaced can be restored;
//  - in the end all devices and the server have the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/device.hpp"
#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "sim/rig.hpp"

namespace ankiwire::sim {

struct Tally {
    std::uint64_t steps = 0;
    std::uint64_t syncs = 0;
    std::uint64_t uploads = 0;
    std::uint64_t media_batches = 0;
    std::uint64_t lost_replies = 0;
    std::uint64_t faults = 0;
    std::uint64_t crashes = 0;
};

class World {
public:
    // `folder` is a new one, in memory.
    World(const std::filesystem::path& folder, std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // The next thing that happens. Returns what broke a promise, in words; empty: nothing.
    std::string step();
    // All devices sync undisturbed until they agree.
    std::string settle();

    [[nodiscard]] const Tally& tally() const { return tally_; }
    // What has happened, a line each, newest last.
    [[nodiscard]] const std::vector<std::string>& story() const { return story_; }

private:
    using Media = std::map<std::string, std::string>;  // contents by name

    // What may become of a request on its way.
    struct Fate {
        bool is_lost = false;        // on the way there, perhaps in part
        bool is_reply_lost = false;
        bool is_sent_twice = false;
    };

    void tell(const std::string& line);
    std::string sync_step(Device& device, const Fate& fate);
    std::string choose(Device& device);
    std::string upload(Device& device, const Fate& fate);
    std::string download(Device& device);
    std::string send_media(const Fate& fate);
    std::string crash();
    void fault();
    Answer post(const Device& device, wire::Method method, std::string_view packed,
                const Fate& fate);
    Fate some_fate();

    // Reads what the server has, through copies; narrows down what may be there.
    std::string check_server();
    std::string check_collection();
    std::string check_media();
    std::string check_versions();
    Result<Media> media_on_disk();

    TimestampMs now() const;

    std::filesystem::path scratch_;
    std::filesystem::path base_;
    Dice dice_;
    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Rig> rig_;
    std::vector<Device> devices_;
    std::vector<int> sessions_;  // how many syncs each device has begun

    // What the server may have now: one, or two while nobody knows whether the last change came
    // through.
    std::vector<Contents> possible_;
    std::vector<Media> possible_media_;
    std::optional<Contents> replaced_;  // by the last upload that was answered
    Tally tally_;
    std::vector<std::string> story_;
};

}  // namespace ankiwire::sim
