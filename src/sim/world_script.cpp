// Steps of a script.
#include <fmt/format.h>

#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "files/files.hpp"
#include "sim/clock.hpp"
#include "sim/world.hpp"

namespace ankiwire::sim {
namespace {

constexpr std::int64_t step_ms = 1500;

}  // namespace

std::string World::act(const std::string& command) {
    Clock::advance_ms(step_ms);
    tell(command);
    std::istringstream words(command);
    std::string verb;
    words >> verb;
    const std::vector<std::size_t> numbers{std::istream_iterator<std::size_t>(words), {}};
    const auto number = [&](std::size_t place) { return numbers.at(place); };
    const auto device = [&](std::size_t place) -> Device& { return devices_.at(number(place)); };
    const std::map<std::string_view, std::function<std::string()>> acts{
        {"edit", [&] { return edit(device(0), number(1)); }},
        {"sync", [&] { return sync(device(0), true); }},
        {"begin", [&] { return begin_sync(device(0), number(1)); }},
        {"go-on", [&] { return go_on(device(0), true); }},
        {"meet", [&] { return meet(device(0), device(1), static_cast<int>(number(2))); }},
        {"ask", [&] { return ask(device(0)); }},
        {"upload", [&] { return carry_out({upload_call(device(0), {})}); }},
        {"download", [&] { return carry_out({download_call(device(0), {})}); }},
        {"media",
         [&] { return carry_out({media_call(some_device(), some_media(number(0)), {})}); }},
        {"lose-file", [&] { return lose_file(); }},
        {"follow", [&] { return carry_out({media_log_call(device(0), {})}); }},
        {"tick", [&] { return rig_->tick(), std::string(); }},
        {"rest", [&] { return rest(); }},
        {"restart", [&] { return restart_server(); }},
        {"lie", [&] { return disk_->lie(), std::string(); }},
        {"backup", [&] { return back_up(number(0)); }},
        {"restore-version", [&] { return restore_version(); }},
        {"restore-backup", [&] { return restore_backup(); }},
    };
    return acts.at(verb)();
}

std::string World::edit(Device& device, std::size_t count) {
    for (; count > 0; --count) {
        edit(device);
    }
    return {};
}

std::string World::sync(Device& device, bool must_succeed) {
    begin_sync(device);
    return go_on(device, must_succeed);
}

std::string World::begin_sync(Device& device, std::size_t requests) {
    begin_sync(device);
    std::string found;
    for (; requests > 0 && device.is_syncing() && found.empty(); --requests) {
        found = carry_out({sync_call(device, {})});
    }
    return found;
}

std::string World::go_on(Device& device, bool must_succeed) {
    given_up_.clear();
    std::string found;
    while (device.is_syncing() && found.empty()) {
        found = carry_out({sync_call(device, {})});
    }
    const bool is_excused = !must_succeed || disk_->has_failed() || disk_->is_off();
    return found.empty() && !is_excused ? given_up_ : found;
}

std::string World::ask(Device& device) {
    auto found = sync(device, false);
    const bool is_excused = disk_->has_failed() || !given_up_.empty();
    return found.empty() && !is_excused ? "a device that is ahead may sync on" : found;
}

std::string World::meet(Device& device, Device& other, int turns) {
    begin_sync(device);
    std::string found;
    while (device.is_syncing() && device.next_request().method != wire::Method::finish &&
           found.empty()) {
        found = carry_out({sync_call(device, {})});
    }
    if (!found.empty() || !device.is_syncing()) {
        return found;
    }
    auto upload = upload_call(other, {});
    auto end = sync_call(device, {});
    upload.turns = 0;
    end.turns = turns;
    return carry_out({upload, end});
}

std::string World::lose_file() {
    const auto media = account().media();
    if (!media || media->empty()) {
        return disk_->has_failed() ? std::string() : "there is no file to lose";
    }
    const auto& [name, content] = *media->begin();
    const auto folder = data_folder() / DiskPromises::account_name / "media";
    account().may_lose_media(name);
    if (files::remove(folder / name)) {
        static_cast<void>(files::sync_to_disk(folder));
    }
    lost_media_[name] = content;
    return send_lost_media();
}

std::string World::send_lost_media() {
    const auto answered = tally_.media_batches;
    auto found = carry_out({media_call(devices_[0], lost_media_, {})});
    if (tally_.media_batches > answered) {
        lost_media_.clear();
    }
    return found;
}

std::string World::rest() {
    Clock::advance_ms(rest_ms);
    rig_->tick();
    return {};
}

}  // namespace ankiwire::sim
