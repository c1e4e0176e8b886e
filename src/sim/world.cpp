#include "sim/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <sstream>

#include "base/check.hpp"
#include "sim/clock.hpp"
#include "wire/messages.hpp"
#include "zip/stored_archive.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;
using wire::Method;

constexpr std::int64_t first_day = 1'700'000'000'000;
constexpr std::int64_t rest_ms = 400'000;  // after which all is closed
constexpr std::string_view user = "user";
constexpr int device_count = 3;
constexpr int old_device = 2;  // which takes only what is newer
constexpr int settle_rounds = 4;
constexpr std::array media_names{"a.jpg", "b.mp3", "c.png", "d d.txt", "ä.jpg", "f.svg"};

// What a client packs and sends.
std::string zip_of(const MediaChanges& changes) {
    zip::StoredArchive archive;
    std::string meta = "[";
    int index = 0;
    for (const auto& [name, content] : changes) {
        const auto entry = std::to_string(index++);
        meta += (meta.size() == 1 ? "[\"" : ",[\"") + name + "\"," +
                (content ? '"' + entry + '"' : "null") + "]";
        if (content) {
            archive.add(entry, content->size());
        }
    }
    meta += "]";
    archive.add("_meta", meta.size());
    std::string bytes;
    for (const auto& [name, content] : changes) {
        if (content) {
            bytes += archive.next_header(zip::crc32(*content)) + *content;
        }
    }
    bytes += archive.next_header(zip::crc32(meta)) + meta;
    return bytes + archive.end();
}

TimestampMs now() { return {Clock::now_ms()}; }

}  // namespace

World::World(const fs::path& folder, std::uint64_t seed)
    : scratch_(folder / "scratch"), base_(folder / "base"), dice_(seed) {
    fs::create_directories(scratch_);
    fs::create_directories(base_);
    Clock::set_ms(first_day);
    disk_ = std::make_unique<Disk>(base_);
    rig_ = std::make_unique<Rig>(base_);
    const auto start = read_collection(scratch_ / "none", scratch_ / "start");
    CHECK(start);
    promises_.emplace(start->contents, scratch_);
    for (int number = 0; number < device_count; ++number) {
        devices_.push_back(Device({.number = number, .takes_ties = number != old_device}, *start));
        sessions_.push_back(0);
    }
    CHECK(upload(devices_[0], {}).empty());
    for (auto& device : devices_) {
        CHECK(download(device, {}).empty());
    }
}

World::~World() {
    rig_.reset();
    disk_.reset();
}

void World::tell(const std::string& line) { story_.push_back(line); }

World::Fate World::some_fate() {
    return {.is_lost = dice_.one_in(80),
            .is_reply_lost = dice_.one_in(80),
            .is_sent_twice = dice_.one_in(100)};
}

Device& World::some_device() { return devices_[dice_.below(devices_.size())]; }

std::string World::step() {
    ++tally_.steps;
    Clock::advance_ms(static_cast<std::int64_t>(dice_.below(dice_.one_in(200) ? rest_ms : 700)));
    if (disk_->is_off()) {
        return crash();
    }
    if (dice_.one_in(20)) {
        rig_->tick();
    }
    if (dice_.one_in(400)) {
        fault();
    } else if (dice_.one_in(30)) {
        disk_->mend();
    }
    if (dice_.one_in(600)) {
        const auto changes = dice_.below(120);
        tell(fmt::format("the power will go after {} changes", changes));
        disk_->cut_power_after(changes);
    }
    auto& device = some_device();
    if (device.is_syncing() && !dice_.one_in(50)) {
        return sync_step(device, some_fate());
    }
    const auto what = dice_.below(1000);
    if (what < 550) {
        edit(device);
    } else if (what < 850) {
        begin_sync(device);
    } else if (what < 990) {
        return send_media(dice_.below(4) + 1, some_fate());
    } else if (what < 996) {
        restart_server();
        return disk_->is_off() ? std::string() : check();
    } else {
        device.force_full_sync(now());
        tell(fmt::format("device {} will sync in one direction", device.number()));
    }
    return {};
}

std::string World::act(const std::string& command) {
    Clock::advance_ms(1500);
    tell(command);
    std::istringstream words(command);
    std::string verb;
    std::size_t number = 0;
    std::uint64_t count = 0;
    words >> verb >> number >> count;
    if (verb == "rest" || verb == "restart") {
        if (verb == "restart") {
            restart_server();
        }
        Clock::advance_ms(rest_ms);
        rig_->tick();
        return {};
    }
    if (verb == "media") {
        return send_media(number, {});
    }
    auto& device = devices_.at(number);
    if (verb == "edit") {
        for (; count > 0; --count) {
            edit(device);
        }
        return {};
    }
    if (verb == "sync") {
        return sync(device);
    }
    CHECK(verb == "upload" || verb == "download");
    return verb == "upload" ? upload(device, {}) : download(device, {});
}

void World::edit(Device& device) {
    device.edit(dice_, now());
    tell(fmt::format("device {} is edited", device.number()));
}

void World::begin_sync(Device& device) {
    device.begin_sync();
    ++sessions_[static_cast<std::size_t>(device.number())];
    tell(fmt::format("device {} begins a sync", device.number()));
}

Answer World::post(const Device& device, Method method, std::string_view packed, const Fate& fate) {
    const bool is_media = method >= Method::begin;
    const auto path = fmt::format("/{}/{}", is_media ? "msync" : "sync", wire::method_name(method));
    const auto key = fmt::format("device {} sync {}", device.number(),
                                 sessions_[static_cast<std::size_t>(device.number())]);
    Answer answer;
    if (fate.is_lost) {
        if (dice_.one_in(2) && !packed.empty()) {
            rig_->post(user, path, key, packed, Break{dice_.below(packed.size())});
        }
    } else {
        answer = rig_->post(user, path, key, packed);
        // A request for rows is never sent again: what was answered would be missing.
        if (fate.is_sent_twice && method != Method::chunk) {
            answer = rig_->post(user, path, key, packed);
        }
    }
    if (fate.is_reply_lost) {
        ++tally_.lost_replies;
        answer = {};
    }
    tell(fmt::format("device {}: {} -> {}{}{}", device.number(), wire::method_name(method),
                     answer.status, fate.is_sent_twice ? ", sent twice" : "",
                     answer.status == 200 ? "" : " " + answer.problem));
    return answer;
}

std::string World::sync_step(Device& device, const Fate& fate) {
    const auto request = device.next_request();
    const bool is_last = request.method == Method::finish;
    if (is_last) {
        promises_->may_sync(device.draft());
    }
    const auto answer = post(device, request.method, zstd::pack(request.body), fate);
    const auto progress =
        device.take(answer.status == 200 ? std::optional(answer.body) : std::nullopt);
    if (progress == Progress::failed && dice_.one_in(2)) {
        post(device, Method::abort, {}, {});
    }
    if (progress == Progress::ended && is_last) {
        ++tally_.syncs;
        promises_->is_done(device.contents());
        return dice_.one_in(20) ? check() : std::string();
    }
    if (progress == Progress::must_choose) {
        return dice_.one_in(4) ? upload(device, some_fate()) : download(device, some_fate());
    }
    return {};
}

std::string World::sync(Device& device) {
    begin_sync(device);
    std::string found;
    while (device.is_syncing() && found.empty()) {
        found = sync_step(device, {});
    }
    return found;
}

std::string World::upload(Device& device, const Fate& fate) {
    const auto file = device.ready_for_upload(now());
    const auto bytes = upload_of(file.contents, file.stamps, scratch_ / "upload");
    CHECK(bytes);
    promises_->may_upload(file.contents);
    const auto answer = post(device, Method::upload, zstd::pack(*bytes), fate);
    if (answer.status != 200 || answer.body != "OK") {
        return {};
    }
    ++tally_.uploads;
    promises_->is_done(file.contents);
    device.replace_with(file);
    return check();
}

std::string World::download(Device& device, const Fate& fate) {
    const auto answer = post(device, Method::download, {}, fate);
    if (answer.status != 200) {
        return {};
    }
    auto file = read_download(answer.body, scratch_ / "download");
    if (!file) {
        return "a download cannot be read: " + file.error().context;
    }
    device.replace_with(std::move(*file));
    return promises_->is_possible(device.contents()) ? std::string()
                                                     : "a download has what was never there";
}

std::string World::send_media(std::uint64_t count, const Fate& fate) {
    MediaChanges changes;
    for (; count > 0; --count) {
        auto& content = changes[media_names[dice_.below(media_names.size())]];
        content.reset();
        if (!dice_.one_in(4)) {
            content.emplace(dice_.below(3000) + 1, static_cast<char>(dice_.below(256)));
        }
    }
    promises_->may_change_media(changes);
    const auto answer =
        post(some_device(), Method::upload_changes, zstd::pack(zip_of(changes)), fate);
    if (answer.status == 200) {
        ++tally_.media_batches;
        promises_->media_is_done(changes);
    }
    return {};
}

void World::fault() {
    ++tally_.faults;
    constexpr std::array calls{Call::write, Call::sync, Call::name, Call::read};
    const auto call = calls[dice_.below(calls.size())];
    const bool is_full = (call == Call::write || call == Call::name) && dice_.one_in(2);
    const Fault fault{.call = call,
                      .error = is_full ? ENOSPC : EIO,
                      .skip = dice_.below(30),
                      .times = dice_.one_in(2) ? 1 : dice_.below(1000)};
    tell(fmt::format("after {} more, {} calls of kind {} will fail with {}", fault.skip,
                     fault.times, static_cast<int>(call), fault.error));
    disk_->fail(fault);
}

void World::restart_server() {
    tell("the server restarts");
    for (auto& device : devices_) {
        device.give_up();
    }
    rig_.reset();
    if (!disk_->is_off()) {  // else it has crashed on its way down
        rig_ = std::make_unique<Rig>(base_);
    }
}

std::string World::crash() {
    ++tally_.crashes;
    rig_.reset();
    constexpr std::array kinds{Luck::nothing, Luck::all, Luck::some, Luck::some};
    const auto luck = kinds[dice_.below(kinds.size())];
    tell(fmt::format("the power goes: of what was not synced, {} is there",
                     luck == Luck::nothing ? "nothing"
                     : luck == Luck::all   ? "all"
                                           : "some"));
    disk_->restart(luck, dice_);
    restart_server();
    return check();
}

fs::path World::account_folder(const fs::path& base) { return Rig::folder_of(base, user); }

std::string World::check() const { return promises_->check(account_folder(base_)); }

std::string World::settle() {
    disk_->mend();
    disk_->keep_power();
    if (disk_->is_off()) {
        if (auto found = crash(); !found.empty()) {
            return found;
        }
    }
    for (int round = 0; round < settle_rounds; ++round) {
        for (auto& device : devices_) {
            if (auto found = sync(device); !found.empty()) {
                return found;
            }
            Clock::advance_ms(10);
        }
    }
    for (const auto& device : devices_) {
        if (const auto found = difference(device.contents(), devices_[0].contents());
            !found.empty()) {
            return fmt::format("device {} and device 0 differ:\n{}", device.number(), found);
        }
    }
    promises_->is_done(devices_[0].contents());
    return check();
}

}  // namespace ankiwire::sim
