// Devices, one account, a server and a disk, and what may happen to them. Whenever the server or
// its disk has suffered, and now and then, its promises are checked; in the end all devices and the
// server have the same.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rig/rig.hpp"
#include "sim/device.hpp"
#include "sim/dice.hpp"
#include "sim/disk.hpp"
#include "sim/disk_promises.hpp"
#include "sim/media_log.hpp"
#include "sim/overheard.hpp"
#include "wire/messages.hpp"

namespace ankiwire::sim {

using rig::Answer;
using rig::Request;
using rig::Rig;

struct Tally {
    std::uint64_t steps = 0;
    std::uint64_t syncs = 0;
    std::uint64_t uploads = 0;
    std::uint64_t media_batches = 0;
    std::uint64_t lost_replies = 0;
    std::uint64_t faults = 0;
    std::uint64_t crashes = 0;

    Tally& operator+=(const Tally& other);
    [[nodiscard]] std::string in_words() const;
};

class World {
public:
    // `folder` is a new one, in memory. Three devices have the same collection.
    World(const std::filesystem::path& folder, std::uint64_t seed);
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World();

    // Something that happens by chance: the same for the same seed and number, if the world is the
    // same. Returns what broke a promise, in words; or nothing.
    std::string step(std::uint64_t number);
    // All devices sync undisturbed until they agree.
    std::string settle();

    // A step of a script, undisturbed: `edit DEVICE COUNT`, `sync DEVICE`, `upload DEVICE`,
    // `download DEVICE`, `begin DEVICE COUNT` (a sync, that many requests of it), `go-on DEVICE`,
    // `meet DEVICE OTHER TURNS` (the sync of one ends so many turns after the other has begun to
    // upload), `media COUNT`, `lose-file` (and a device sends it again), `follow DEVICE` (the log
    // of media), `tick` (what is done now and then), `rest` (until all is closed), `restart`, `lie`
    // (Disk); and of who runs the server, who stops it for a restore: `backup KEEP`,
    // `restore-version` (the newest), `restore-backup` (the newest, into a new data folder; a
    // device that has synced since it was made has to `ask DEVICE`, which is refused).
    std::string act(const std::string& command);
    // The power goes, and comes back; the server starts.
    std::string crash(Luck luck);

    [[nodiscard]] Disk& disk() { return *disk_; }
    [[nodiscard]] const DiskPromises& promises() const { return *promises_; }

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
    // A request, and what its device does with the answer; returns as step() does.
    struct Sending {
        const Device* device;
        wire::Method method;
        std::string packed;
        Fate fate;
        std::function<std::string(const Answer&)> then;
        std::optional<std::size_t> promise{};  // its number
        std::optional<int> turns{};            // that others have first; none: by chance
    };

    static constexpr std::int64_t rest_ms = 400'000;  // after which all is closed

    void tell(const std::string& line);
    // --- steps of a script ---
    std::string edit(Device& device, std::size_t count);
    std::string begin_sync(Device& device, std::size_t requests);
    std::string go_on(Device& device, bool must_succeed);
    std::string ask(Device& device);
    std::string meet(Device& device, Device& other, int turns);
    std::string lose_file();
    std::string send_lost_media();
    std::string rest();

    void edit(Device& device);
    void begin_sync(Device& device);
    // What a device does next; none if it takes no request.
    std::optional<Sending> next_of(Device& device);
    // What another device does at the same time.
    Sending next_beside(const Sending& call, Device& other);
    Sending sync_call(Device& device, const Fate& fate);
    static Sending abort_call(const Device& device);
    Sending upload_call(Device& device, const Fate& fate);
    Sending download_call(Device& device, const Fate& fate);
    MediaChanges some_media(std::uint64_t count);
    Sending media_call(const Device& device, const MediaChanges& changes, const Fate& fate);
    Sending media_log_call(const Device& device, const Fate& fate);
    // All of them at the same time.
    std::string carry_out(const std::vector<Sending>& calls);
    // To its end. A sync that `must_succeed`, and does not, is a finding, unless the disk fails.
    std::string sync(Device& device, bool must_succeed);
    std::string crash();
    // Of two devices, in words; or nothing.
    [[nodiscard]] std::string what_differs() const;
    void stop_server();
    std::string start_server();
    std::string restart_server();
    // Of the program; one that nothing disturbs has to succeed.
    CommandEnd run(const std::function<int()>& command);
    [[nodiscard]] std::string must_succeed(const CommandEnd& end) const;
    std::string back_up(std::size_t keep);
    std::string restore_version();
    std::string restore_backup();
    void fault();
    [[nodiscard]] Request request_of(const Sending& call, bool are_many);
    Fate some_fate();
    Device& some_device();
    MediaLog& media_log_of(const Device& device);
    Promises& account() { return promises_->account(); }
    [[nodiscard]] std::filesystem::path data_folder() const {
        return root_ / promises_->data_folder();
    }
    [[nodiscard]] std::string check();
    // Tells the promises what came of a call.
    void note_outcome(const Sending& call, const Answer& answer);
    // Neither a usn nor the time of a change goes back, until an upload gives a new schema stamp.
    std::string check_stamps(const std::string& meta_answer);

    std::uint64_t seed_;
    std::filesystem::path scratch_;
    std::filesystem::path root_;  // of the disk
    Dice dice_;
    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Rig> rig_;
    std::vector<Device> devices_;
    std::vector<MediaLog> media_logs_;            // of each device
    MediaChanges lost_media_;                     // by a foreign hand, and not yet sent again
    std::vector<int> sessions_;                   // how many syncs each device has begun
    int data_folders_ = 1;                        // so many there have been
    std::vector<std::function<Sending()>> next_;  // what the last answers lead to
    std::optional<DiskPromises> promises_;
    bool must_check_ = false;  // when all answers have been taken
    std::string given_up_;     // what the last sync that a device gave up was answered
    Stamps last_told_;         // by `meta`
    Tally tally_;
    std::vector<std::string> story_;
};

}  // namespace ankiwire::sim
