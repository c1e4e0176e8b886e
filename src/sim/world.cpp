#include "sim/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.hpp"
#include "sim/clock.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;
using wire::Method;

constexpr std::int64_t first_day = 1'700'000'000'000;
constexpr int device_count = 3;
constexpr int old_device = 2;  // which takes only what is newer
constexpr int settle_rounds_min = 2;
constexpr int settle_rounds_max = 20;  // whoever has to choose may upload, and others choose then

// Seeds that differ in one bit have nothing in common (the finalizer of splitmix64).
std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

std::string_view in_words(Luck luck) {
    switch (luck) {
        case Luck::nothing:
            return "nothing is";
        case Luck::all:
            return "all is";
        case Luck::names:
            return "names are";
        case Luck::some:
            return "some is";
    }
    CHECK(false);
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
    steps += other.steps;
    syncs += other.syncs;
    uploads += other.uploads;
    media_batches += other.media_batches;
    lost_replies += other.lost_replies;
    faults += other.faults;
    crashes += other.crashes;
    return *this;
}

std::string Tally::in_words() const {
    return fmt::format(
        "{} syncs, {} uploads, {} batches of media, {} lost replies, {} faults, {} crashes", syncs,
        uploads, media_batches, lost_replies, faults, crashes);
}

World::World(const fs::path& folder, std::uint64_t seed)
    : seed_(seed), scratch_(folder / "scratch"), root_(folder / "disk"), dice_(seed) {
    fs::create_directories(scratch_);
    fs::create_directories(root_ / DiskPromises::first_data_folder);
    Clock::set_ms(first_day);
    disk_ = std::make_unique<Disk>(root_);
    rig_ = std::make_unique<Rig>(root_ / DiskPromises::first_data_folder);
    const auto start = read_collection(scratch_ / "none", scratch_ / "start");
    CHECK(start);
    promises_.emplace(Promises(start->contents, scratch_));
    for (int number = 0; number < device_count; ++number) {
        devices_.push_back(Device({.number = number, .takes_ties = number != old_device}, *start));
        sessions_.push_back(0);
        media_logs_.emplace_back();
    }
    CHECK(carry_out({upload_call(devices_[0], {})}).empty());
    for (auto& device : devices_) {
        CHECK(carry_out({download_call(device, {})}).empty());
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

std::string World::step(std::uint64_t number) {
    dice_ = Dice(mixed(seed_) ^ mixed(~number));
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
    if (dice_.one_in(500)) {
        return restart_server();
    }
    auto& device = some_device();
    std::vector<Sending> calls;
    if (auto call = next_of(device)) {
        calls.push_back(std::move(*call));
        auto& other = some_device();
        if (dice_.one_in(3) && &other != &device) {
            calls.push_back(next_beside(calls[0], other));
        }
    }
    return carry_out(calls);
}

std::optional<World::Sending> World::next_of(Device& device) {
    if (device.is_syncing() && !dice_.one_in(50)) {
        return sync_call(device, some_fate());
    }
    const auto what = dice_.below(1000);
    if (what < 550) {
        edit(device);
    } else if (what < 850) {
        begin_sync(device);
    } else if (what < 960) {
        const auto changes = some_media(dice_.below(4) + 1);
        return media_call(device, changes, some_fate());
    } else if (what < 995) {
        return dice_.one_in(200) ? upload_call(device, some_fate())
                                 : media_log_call(device, some_fate());
    } else {
        device.force_full_sync(Clock::now());
        tell(fmt::format("device {} will sync in one direction", device.number()));
    }
    return std::nullopt;
}

World::Sending World::next_beside(const Sending& call, Device& other) {
    if (other.is_syncing()) {
        return sync_call(other, some_fate());
    }
    return dice_.one_in(call.method == Method::upload ? 2 : 500)
               ? upload_call(other, some_fate())
               : media_call(other, some_media(1), some_fate());
}

void World::edit(Device& device) {
    device.edit(dice_, Clock::now());
    tell(fmt::format("device {} is edited", device.number()));
}

void World::begin_sync(Device& device) {
    device.begin_sync();
    ++sessions_[static_cast<std::size_t>(device.number())];
    tell(fmt::format("device {} begins a sync", device.number()));
}

Request World::request_of(const Sending& call, bool are_many) {
    const auto key = fmt::format("device {} sync {}", call.device->number(),
                                 sessions_[static_cast<std::size_t>(call.device->number())]);
    Request request{.head = rig::head_of_11(DiskPromises::account_name, call.method, key),
                    .body = call.packed};
    if (call.turns) {
        request.pace.pauses = *call.turns;
    } else if (are_many) {
        request.pace.piece_bytes = std::size_t{64} << dice_.below(12);
        request.pace.pauses = static_cast<int>(dice_.below(4));
    }
    if (call.fate.is_lost) {
        request.pace.breaks_after = dice_.below(call.packed.size() + 1);
    }
    return request;
}

std::string World::carry_out(const std::vector<Sending>& calls) {
    std::vector<Request> requests;
    std::vector<std::size_t> last;  // request of each call, whose answer counts
    for (const auto& call : calls) {
        requests.push_back(request_of(call, calls.size() > 1));
        // A request for rows is never sent again: what was answered would be missing.
        if (call.fate.is_sent_twice && call.method != Method::chunk) {
            requests.push_back(requests.back());
        }
        last.push_back(requests.size() - 1);
    }
    auto answers = rig_->post(requests);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        note_outcome(calls[i], answers[last[i]]);
    }
    std::string found;
    for (std::size_t i = 0; i < calls.size() && found.empty(); ++i) {
        const auto& call = calls[i];
        auto& answer = answers[last[i]];
        if (call.fate.is_lost || call.fate.is_reply_lost) {
            ++tally_.lost_replies;
            answer = {};
        }
        tell(fmt::format("device {}: {} -> {}{}{}{}", call.device->number(),
                         wire::method_name(call.method), answer.status,
                         call.fate.is_sent_twice ? ", sent twice" : "",
                         calls.size() > 1 ? ", with others" : "",
                         answer.status == 200 ? "" : " " + answer.problem));
        found = call.then(answer);
    }
    account().all_have_ended();
    if (std::exchange(must_check_, false) && found.empty()) {
        found = check();
    }
    const auto next = std::exchange(next_, {});
    for (auto make = next.begin(); make != next.end() && found.empty(); ++make) {
        found = carry_out({(*make)()});
    }
    return found;
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

void World::stop_server() {
    for (auto& device : devices_) {
        device.give_up();
    }
    rig_.reset();
}

std::string World::start_server() {
    if (disk_->is_off()) {
        return {};  // the power went while it was stopped
    }
    rig_ = std::make_unique<Rig>(data_folder());
    return check();
}

std::string World::restart_server() {
    tell("the server restarts");
    stop_server();
    return start_server();
}

std::string World::crash() {
    constexpr std::array kinds{Luck::nothing, Luck::all, Luck::some, Luck::some};
    return crash(kinds[dice_.below(kinds.size())]);
}

std::string World::crash(Luck luck) {
    ++tally_.crashes;
    rig_.reset();
    tell(fmt::format("the power goes: of what was not synced, {} there", in_words(luck)));
    disk_->restart(luck, dice_);
    promises_->power_is_back(root_);
    return restart_server();
}

std::string World::check() {
    const Aside aside;
    return promises_->check(root_);
}

std::string World::what_differs() const {
    for (const auto& device : devices_) {
        if (const auto found = difference(device.contents(), devices_[0].contents());
            !found.empty()) {
            return fmt::format("device {} and device 0 differ:\n{}", device.number(), found);
        }
    }
    return {};
}

std::string World::settle() {
    disk_->mend();
    disk_->keep_power();
    if (disk_->is_off()) {
        if (auto found = crash(); !found.empty()) {
            return found;
        }
    }
    if (!lost_media_.empty()) {
        if (auto found = send_lost_media(); !found.empty()) {
            return found;
        }
    }
    for (int round = 0;
         round < settle_rounds_max && (round < settle_rounds_min || !what_differs().empty());
         ++round) {
        for (auto& device : devices_) {
            // What the server had to give up when its disk failed may cost the first one.
            if (auto found = sync(device, round > 0); !found.empty()) {
                return found;
            }
            Clock::advance_ms(10);
        }
    }
    if (auto found = what_differs(); !found.empty()) {
        return found;
    }
    if (!account().is_there(devices_[0].contents())) {
        return "all devices agree on what the server should not have";
    }
    if (auto found = check(); !found.empty()) {
        return found;
    }
    for (const auto& device : devices_) {
        if (auto found = carry_out({media_log_call(device, {})}); !found.empty()) {
            return found;
        }
        if (!account().has_media(media_log_of(device).sums())) {
            return fmt::format("device {} has followed the log to other media", device.number());
        }
    }
    return {};
}

}  // namespace ankiwire::sim
