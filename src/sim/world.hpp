// Devices, one account, a server and a disk, and what may happen to them. Whenever the server or
// its disk has suffered, and now and then, its promises are checked; in the end all devices and the
// server have the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/rig.hpp"
#include "sim/device.hpp"
#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "sim/promises.hpp"

namespace ankiwire::sim {

using rig::Answer;
using rig::Break;
using rig::Rig;

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
    // `folder` is a new one, in memory. Three devices have the same collection.
    World(const std::filesystem::path& folder, std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // The next thing that happens by chance. Returns what broke a promise, in words; or nothing.
    std::string step();
    // All devices sync undisturbed until they agree.
    std::string settle();

    // A step of a script, undisturbed: `edit DEVICE COUNT`, `sync DEVICE`, `upload DEVICE`,
    // `download DEVICE`, `media COUNT`, `rest` (until all is closed), `restart`.
    std::string act(const std::string& command);

    [[nodiscard]] Disk& disk() { return *disk_; }
    [[nodiscard]] const Promises& promises() const { return *promises_; }
    // On a disk whose root is that, or a copy of it.
    [[nodiscard]] static std::filesystem::path account_folder(const std::filesystem::path& base);

    [[nodiscard]] const Tally& tally() const { return tally_; }
    // What has happened, a line each, newest last.
    [[nodiscard]] const std::vector<std::string>& story() const { return story_; }

private:
    // What becomes of a request on its way.
    struct Fate {
        bool is_lost = false;  // on the way there, perhaps in part
        bool is_reply_lost = false;
        bool is_sent_twice = false;
    };

    void tell(const std::string& line);
    void edit(Device& device);
    void begin_sync(Device& device);
    std::string sync_step(Device& device, const Fate& fate);
    std::string sync(Device& device);
    std::string upload(Device& device, const Fate& fate);
    std::string download(Device& device, const Fate& fate);
    std::string send_media(std::uint64_t count, const Fate& fate);
    std::string crash();
    void fault();
    Answer post(const Device& device, wire::Method method, std::string_view packed,
                const Fate& fate);
    Fate some_fate();
    Device& some_device();
    void restart_server();
    [[nodiscard]] std::string check() const;

    std::filesystem::path scratch_;
    std::filesystem::path base_;
    Dice dice_;
    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Rig> rig_;
    std::vector<Device> devices_;
    std::vector<int> sessions_;  // how many syncs each device has begun
    std::optional<Promises> promises_;
    Tally tally_;
    std::vector<std::string> story_;
};

}  // namespace ankiwire::sim
