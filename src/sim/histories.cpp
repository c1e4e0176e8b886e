#include "sim/histories.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cerrno>
#include <limits>

#include "files/temp_folder.hpp"
#include "sim/world.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t seed = 1;
constexpr std::uint64_t changes_between_lives = 7;  // so that each luck has its turn

}  // namespace

const std::vector<History>& histories() {
    static const std::vector<History> all{
        {"first sync", {"edit 0 10", "sync 0"}},
        {"nothing to do", {"sync 0", "sync 1", "rest", "sync 0"}},
        {"two devices", {"edit 0 20", "sync 0", "edit 1 20", "sync 1", "sync 0"}},
        {"same objects", {"edit 0 5", "edit 1 5", "edit 2 5", "sync 0", "sync 1", "sync 2"}},
        {"several chunks", {"edit 0 700", "sync 0", "sync 1"}},
        {"syncs and rests", {"edit 0 9", "sync 0", "rest", "edit 1 9", "sync 1", "rest"}},
        {"a rest at once", {"rest", "edit 0 3", "sync 0", "rest", "rest"}},
        {"restarts", {"edit 0 9", "sync 0", "restart", "edit 0 9", "sync 0", "restart"}},
        {"a restart after an upload", {"edit 0 5", "upload 0", "restart", "sync 0"}},
        {"upload", {"edit 0 20", "upload 0"}},
        {"upload twice", {"edit 0 9", "upload 0", "edit 1 9", "upload 1"}},
        {"upload, then a sync", {"edit 0 9", "upload 0", "edit 0 9", "sync 0"}},
        {"sync, then an upload", {"edit 0 9", "sync 0", "edit 1 9", "upload 1"}},
        {"upload of a device that lacks much", {"edit 0 90", "sync 0", "upload 1", "rest"}},
        {"uploads and rests", {"edit 0 9", "upload 0", "rest", "upload 1", "rest", "upload 2"}},
        {"download", {"edit 0 9", "sync 0", "download 1", "edit 1 9", "sync 1"}},
        {"download after a rest", {"edit 0 9", "sync 0", "rest", "download 1", "rest"}},
        {"one file", {"media 1"}},
        {"a few files", {"media 4", "media 4"}},
        {"files replaced and deleted", {"media 6", "media 6", "media 6", "media 6"}},
        {"files and a rest", {"media 6", "rest", "media 6", "rest"}},
        {"files and two ticks", {"media 6", "tick", "tick", "media 2"}},
        {"files and a restart", {"media 6", "restart", "media 6", "restart", "media 2"}},
        {"many batches", {"media 3", "media 3", "media 3", "media 3", "media 3", "media 3"}},
        {"files beside a sync", {"edit 0 9", "media 3", "sync 0", "media 3", "rest", "media 1"}},
        {"files beside an upload", {"media 3", "edit 0 9", "upload 0", "media 3", "rest"}},
        {"files after a download", {"media 3", "download 0", "media 3", "restart", "media 3"}},
        {"deletions", {"edit 0 150", "sync 0", "edit 1 150", "sync 1", "sync 0", "rest"}},
        {"three in turn", {"edit 0 9", "sync 0", "edit 1 9", "sync 1", "edit 2 9", "sync 2"}},
        {"all at once, twice",
         {"edit 0 9", "sync 0", "upload 1", "media 4", "restart", "edit 1 9", "sync 1", "upload 0",
          "media 4", "restart"}},
        {"a long day",
         {"edit 0 60", "sync 0", "media 5", "rest", "edit 1 60", "sync 1", "media 5", "rest",
          "edit 0 60", "upload 0", "rest", "download 1", "edit 1 9", "sync 1", "media 5", "restart",
          "sync 0"}},
        {"a file that went missing", {"media 4", "rest", "lose-file", "rest", "media 2"}},
        {"an upload meets the end of a sync",
         {"edit 0 9", "meet 0 1 3", "edit 1 9", "meet 1 2 4", "edit 2 9", "meet 2 0 5"}},
        {"a backup", {"edit 0 9", "sync 0", "media 3", "backup 0"}},
        {"a backup amid a sync", {"edit 0 9", "begin 0 5", "backup 0", "go-on 0", "backup 0"}},
        {"a backup at rest", {"edit 0 9", "sync 0", "media 3", "rest", "backup 0", "sync 1"}},
        {"two backups",
         {"edit 0 9", "sync 0", "media 4", "backup 0", "edit 1 5", "sync 1", "media 2",
          "backup 0"}},
        {"a backup in the place of others",
         {"media 3", "backup 0", "edit 0 5", "sync 0", "backup 2", "media 2", "backup 1"}},
        {"a version restored",
         {"edit 0 9", "sync 0", "edit 1 9", "upload 1", "restore-version", "sync 0"}},
        {"a version restored, and back",
         {"edit 0 9", "sync 0", "edit 1 9", "upload 1", "rest", "restore-version",
          "restore-version", "sync 2"}},
        {"a backup put back",
         {"edit 0 9", "sync 0", "media 4", "backup 0", "restore-backup", "sync 1", "media 2"}},
        {"a backup put back, and devices that are ahead",
         {"edit 0 9", "upload 0", "download 1", "media 4", "follow 0", "backup 0", "edit 0 5",
          "sync 0", "media 3", "follow 0", "restore-backup", "sync 1", "ask 0", "sync 0",
          "follow 0"}},
    };
    return all;
}

namespace {

// What power cuts may leave, while a command is carried out. It is checked only then: SQLite holds
// locks while it changes the disk.
class Images {
public:
    explicit Images(fs::path folder) : folder_(std::move(folder)) {}

    void take(World& world, Dice& dice) {
        for (const auto luck : each_luck) {
            auto path = folder_ / std::to_string(images_.size());
            world.disk().copy_survivors(path, luck, dice);
            images_.emplace_back(std::move(path), world.promises());
        }
    }
    // What is wrong with one of them, in words; or nothing. None is left.
    std::string check() {
        std::string found;
        for (auto& [path, promises] : images_) {
            if (found.empty()) {
                found = promises.check(path);
            }
            if (found.empty()) {
                found = promises.check_backup_of(path);
            }
        }
        images_.clear();
        fs::remove_all(folder_);
        fs::create_directory(folder_);
        return found;
    }

private:
    fs::path folder_;
    std::vector<std::pair<fs::path, DiskPromises>> images_;
};

// Checks at each change, and after each command, what a power cut would leave.
Points look_at_each_image(const History& history) {
    const files::TempFolder folder;
    World world(folder.path(), seed);
    Dice dice(seed);
    Points points;
    Images images(folder.path() / "images");
    images.check();
    world.disk().before_change([&] {
        ++points.count;
        images.take(world, dice);
    });
    for (const auto& command : history.commands) {
        points.found = world.act(command);
        if (points.found.empty()) {
            ++points.count;  // nothing may follow that would save what was answered
            images.take(world, dice);
            points.found = images.check();
        }
        if (!points.found.empty()) {
            points.found = "in `" + command + "`: " + points.found;
            break;
        }
    }
    world.disk().before_change({});
    return points;
}

// After a power cut all devices agree, and work on.
std::string live_on(World& world, Luck luck) {
    auto found = world.crash(luck);
    found = found.empty() ? world.settle() : found;
    for (const auto* command : {"edit 0 3", "edit 1 3", "edit 2 3", "media 2"}) {
        found = found.empty() ? world.act(command) : found;
    }
    return found.empty() ? world.settle() : found;
}

std::string with_story(const World& world, const std::string& found) {
    return found.empty() ? found : fmt::format("{}\n{}", fmt::join(world.story(), "\n"), found);
}

// Whether the history is so long that the power went in it.
bool live_until(std::uint64_t changes, const History& history, std::string& found) {
    const files::TempFolder folder;
    World world(folder.path(), seed);
    world.disk().cut_power_after(changes);
    for (const auto& command : history.commands) {
        if (!world.disk().is_off() && found.empty()) {
            found = world.act(command);
        }
    }
    const bool was_cut = world.disk().is_off();
    if (found.empty() && was_cut) {
        found = live_on(world, each_luck[changes % each_luck.size()]);
    }
    found = with_story(world, found);
    return was_cut;
}

}  // namespace

Points crash_everywhere(const History& history) {
    auto points = look_at_each_image(history);
    std::uint64_t changes = 0;
    while (points.found.empty() && live_until(changes, history, points.found)) {
        ++points.lives;
        changes += changes_between_lives;
    }
    return points;
}

namespace {

// Whether the history is so long that the fault was met.
bool live_with(const Fault& fault, const History& history, std::string& found) {
    const files::TempFolder folder;
    World world(folder.path(), seed);
    Dice dice(fault.skip);
    Images images(folder.path() / "images");
    images.check();
    world.disk().fail(fault);
    for (const auto& command : history.commands) {
        found = world.act(command);
        if (found.empty() && world.disk().has_failed()) {
            images.take(world, dice);
            found = images.check();
        }
        if (!found.empty()) {
            found = "after `" + command + "`: " + found;
            break;
        }
    }
    const bool was_met = world.disk().has_failed();
    if (found.empty() && was_met) {
        found = world.settle();
    }
    found = with_story(world, found);
    return was_met;
}

}  // namespace

Points fail_everywhere(const History& history) {
    constexpr auto ever = std::numeric_limits<std::uint64_t>::max();
    constexpr std::array kinds{Fault{.call = Call::write, .error = EIO},
                               Fault{.call = Call::write, .error = ENOSPC},
                               Fault{.call = Call::write, .error = ENOSPC, .times = ever},
                               Fault{.call = Call::name, .error = ENOSPC},
                               Fault{.call = Call::name, .error = ENOSPC, .times = ever},
                               Fault{.call = Call::sync, .error = EIO},
                               Fault{.call = Call::read, .error = EIO}};
    Points points;
    for (auto fault : kinds) {
        while (points.found.empty() && live_with(fault, history, points.found)) {
            ++points.count;
            ++fault.skip;
        }
        if (!points.found.empty()) {
            points.found = fmt::format(
                "call {} of kind {} fails{}: {}", fault.skip, static_cast<int>(fault.call),
                fault.times == ever ? " and all after it" : "", points.found);
            break;
        }
    }
    return points;
}

}  // namespace ankiwire::sim
