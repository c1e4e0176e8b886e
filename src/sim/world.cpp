#include "sim/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "base/check.hpp"
#include "collection/versions.hpp"
#include "media/media_store.hpp"
#include "media/sha1.hpp"
#include "sim/clock.hpp"
#include "wire/messages.hpp"
#include "zip/stored_archive.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;
using wire::Method;

constexpr std::int64_t first_day = 1'700'000'000'000;
constexpr std::string_view user = "user";
constexpr std::size_t device_count = 3;
constexpr int old_device = 2;  // which takes only what is newer
constexpr int settle_rounds_max = 8;
constexpr int requests_of_a_sync_max = 1000;
constexpr std::array media_names{"a.jpg", "b.mp3", "c.png", "d d.txt", "ä.jpg", "f.svg"};

std::string zip_of(const std::map<std::string, std::optional<std::string>>& changes) {
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

std::string bytes_of(const files::FileDescriptor& file, std::uint64_t size) {
    std::string bytes(size, '\0');
    const auto got = files::read_at(file, 0, bytes.data(), bytes.size());
    CHECK(got);
    bytes.resize(*got);
    return bytes;
}

// What is in the new folder `target` then is what is in `source`, as far as it exists.
void copy_folder(const fs::path& source, const fs::path& target) {
    fs::remove_all(target);
    fs::create_directories(target);
    if (fs::exists(source)) {
        fs::copy(source, target, fs::copy_options::recursive);
    }
}

// `state` joins the states that the server may have.
template <class State, class AreEqual>
void add_possible(std::vector<State>& possible, const State& state, AreEqual are_equal) {
    if (std::ranges::none_of(possible,
                             [&](const State& other) { return are_equal(other, state); })) {
        possible.push_back(state);
    }
}

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return text;
}

bool are_equal(const Contents& a, const Contents& b) { return difference(a, b).empty(); }

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
    for (int number = 0; number < static_cast<int>(device_count); ++number) {
        devices_.push_back(Device({.number = number, .takes_ties = number != old_device}, *start));
        sessions_.push_back(0);
    }
    possible_ = {start->contents};
    possible_media_ = {{}};
    CHECK(upload(devices_[0], {}).empty());
    for (auto& device : devices_) {
        CHECK(download(device).empty());
    }
}

World::~World() {
    rig_.reset();
    disk_.reset();
}

TimestampMs World::now() const { return {Clock::now_ms()}; }

void World::tell(const std::string& line) { story_.push_back(line); }

World::Fate World::some_fate() {
    return {.is_lost = dice_.one_in(80),
            .is_reply_lost = dice_.one_in(80),
            .is_sent_twice = dice_.one_in(100)};
}

std::string World::step() {
    ++tally_.steps;
    Clock::advance_ms(static_cast<std::int64_t>(dice_.below(dice_.one_in(200) ? 400'000 : 700)));
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
    auto& device = devices_[dice_.below(devices_.size())];
    if (device.is_syncing() && !dice_.one_in(50)) {
        return sync_step(device, some_fate());
    }
    const auto what = dice_.below(1000);
    if (what < 550) {
        device.edit(dice_, now());
        tell(fmt::format("device {} is edited", device.number()));
    } else if (what < 850) {
        device.begin_sync();
        ++sessions_[static_cast<std::size_t>(device.number())];
        tell(fmt::format("device {} begins a sync", device.number()));
    } else if (what < 996) {
        return send_media(some_fate());
    } else {
        device.force_full_sync(now());
        tell(fmt::format("device {} will sync in one direction", device.number()));
    }
    return {};
}

Answer World::post(const Device& device, Method method, std::string_view packed,
                   const Fate& fate) {
    const bool is_media = method >= Method::begin;
    const auto path =
        fmt::format("/{}/{}", is_media ? "msync" : "sync", wire::method_name(method));
    const auto key = fmt::format("device {} sync {}", device.number(),
                                 sessions_[static_cast<std::size_t>(device.number())]);
    Answer answer;
    if (fate.is_lost) {
        const bool is_begun = dice_.one_in(2) && !packed.empty();
        if (is_begun) {
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
                     answer.status == 200 ? "" : " " + answer.body));
    return answer;
}

std::string World::sync_step(Device& device, const Fate& fate) {
    const auto request = device.next_request();
    const bool is_last = request.method == Method::finish;
    const auto draft = is_last ? std::optional(device.draft()) : std::nullopt;
    const auto answer = post(device, request.method, zstd::pack(request.body), fate);
    if (draft && answer.status != 200) {
        add_possible(possible_, *draft, are_equal);
    }
    const auto progress =
        device.take(answer.status == 200 ? std::optional(answer.body) : std::nullopt);
    if (progress == Progress::failed && dice_.one_in(2)) {
        post(device, Method::abort, {}, {});
    }
    if (progress == Progress::ended && is_last) {
        ++tally_.syncs;
        possible_ = {device.contents()};
        return dice_.one_in(20) ? check_server() : std::string();
    }
    return progress == Progress::must_choose ? choose(device) : std::string();
}

std::string World::choose(Device& device) {
    return dice_.one_in(4) ? upload(device, some_fate()) : download(device);
}

std::string World::upload(Device& device, const Fate& fate) {
    const auto file = device.ready_for_upload(now());
    const auto bytes = upload_of(file.contents, file.stamps, scratch_ / "upload");
    CHECK(bytes);
    const auto answer = post(device, Method::upload, zstd::pack(*bytes), fate);
    if (answer.status != 200 || answer.body != "OK") {
        add_possible(possible_, file.contents, are_equal);
        return {};
    }
    ++tally_.uploads;
    replaced_ = possible_.size() == 1 && !possible_[0].cards.empty() ? std::optional(possible_[0])
                                                                      : std::nullopt;
    possible_ = {file.contents};
    device.replace_with(file);
    return check_server();
}

std::string World::download(Device& device) {
    const auto answer = post(device, Method::download, {}, some_fate());
    if (answer.status != 200) {
        return {};
    }
    auto file = read_download(answer.body, scratch_ / "download");
    if (!file) {
        return "a download cannot be read: " + file.error().context;
    }
    device.replace_with(std::move(*file));
    if (std::ranges::none_of(possible_, [&](const Contents& contents) {
            return are_equal(contents, device.contents());
        })) {
        return "a download has what was never there: " +
               difference(possible_.back(), device.contents());
    }
    return {};
}

std::string World::send_media(const Fate& fate) {
    auto& device = devices_[dice_.below(devices_.size())];
    std::map<std::string, std::optional<std::string>> changes;
    for (auto count = dice_.below(4) + 1; count > 0; --count) {
        const std::string name = media_names[dice_.below(media_names.size())];
        changes[name] = dice_.one_in(4) ? std::nullopt
                                        : std::optional(std::string(
                                              dice_.below(3000) + 1,
                                              static_cast<char>(dice_.below(256))));
    }
    const auto answer =
        post(device, Method::upload_changes, zstd::pack(zip_of(changes)), fate);
    auto changed = possible_media_;
    for (auto& media : changed) {
        for (const auto& [name, content] : changes) {
            if (content) {
                media[name] = *content;
            } else {
                media.erase(name);
            }
        }
    }
    if (answer.status == 200) {
        ++tally_.media_batches;
        possible_media_.clear();
    }
    for (const auto& media : changed) {
        add_possible(possible_media_, media, std::equal_to<>());
    }
    return {};
}

void World::fault() {
    ++tally_.faults;
    constexpr std::array calls{Call::write, Call::sync, Call::name, Call::read};
    const auto call = calls[dice_.below(calls.size())];
    const Fault fault{.call = call,
                      .error = call == Call::read || call == Call::sync || dice_.one_in(2) ? EIO
                                                                                          : ENOSPC,
                      .skip = dice_.below(30),
                      .times = dice_.one_in(2) ? 1 : dice_.below(1000)};
    tell(fmt::format("after {} more, {} calls of kind {} will fail with {}", fault.skip,
                     fault.times, static_cast<int>(call), fault.error));
    disk_->fail(fault);
}

std::string World::crash() {
    ++tally_.crashes;
    rig_.reset();
    constexpr std::array kinds{Luck::nothing, Luck::all, Luck::some, Luck::some};
    const auto luck = kinds[dice_.below(kinds.size())];
    tell(fmt::format("the power goes: of what was not synced, {} is there",
                     luck == Luck::nothing ? "nothing" : luck == Luck::all ? "all" : "some"));
    disk_->restart(luck, dice_);
    rig_ = std::make_unique<Rig>(base_);
    for (auto& device : devices_) {
        device.give_up();
    }
    return check_server();
}

std::string World::check_server() {
    for (auto found : {check_collection(), check_media(), check_versions()}) {
        if (!found.empty()) {
            return found;
        }
    }
    return {};
}

std::string World::check_collection() {
    const auto file = read_collection(Rig::folder_of(base_, user) / "collection.anki2",
                                      scratch_ / "collection");
    if (!file) {
        return "the collection cannot be read: " + file.error().context;
    }
    const auto found = std::ranges::find_if(possible_, [&](const Contents& contents) {
        return are_equal(contents, file->contents);
    });
    return found != possible_.end() ? std::string()
                                    : "the server has lost or invented something (here: what it "
                                      "should have):\n" +
                                          difference(possible_.back(), file->contents);
}

Result<World::Media> World::media_on_disk() {
    const auto copy = scratch_ / "account";
    copy_folder(Rig::folder_of(base_, user), copy);
    TRY_ASSIGN(auto store, media::MediaStore::open(copy, to_secs(now())));
    TRY_ASSIGN(const auto changes, store.changes_after({0}));
    Media media;
    for (const auto& change : changes) {
        if (change.sha1_hex.empty()) {
            continue;
        }
        const std::array names{change.name};
        TRY_ASSIGN(const auto files, store.open_files(names));
        const auto bytes = bytes_of(files.at(0).file, files.at(0).bytes);
        TRY_ASSIGN(const auto sha1, media::sha1_of(files.at(0).file));
        if (hex(sha1) != change.sha1_hex) {
            return fail(ErrorKind::damaged, change.name + " has another checksum than its row");
        }
        media[change.name] = bytes;
    }
    TRY(store.close());
    return media;
}

std::string World::check_media() {
    const auto media = media_on_disk();
    if (!media) {
        return "media: " + media.error().context;
    }
    return std::ranges::find(possible_media_, *media) != possible_media_.end()
               ? std::string()
               : fmt::format("media: the server has {} files, and not those that it should have",
                             media->size());
}

std::string World::check_versions() {
    if (!replaced_) {
        return {};
    }
    const auto folder = Rig::folder_of(base_, user);
    const auto list = collection::list_versions(folder);
    if (!list) {
        return "versions: " + list.error().context;
    }
    for (auto version = list->versions.rbegin(); version != list->versions.rend(); ++version) {
        const auto path = scratch_ / "version";
        fs::remove(path);
        if (!collection::unpack_version(folder, version->kept_at, path)) {
            return "a version cannot be unpacked";
        }
        const auto file = read_collection(path, scratch_ / "unpacked");
        if (file && are_equal(file->contents, *replaced_)) {
            return {};
        }
    }
    return "what the last upload replaced is in none of the versions";
}

std::string World::settle() {
    disk_->mend();
    if (disk_->is_off()) {
        if (auto found = crash(); !found.empty()) {
            return found;
        }
    }
    for (int round = 0; round < settle_rounds_max; ++round) {
        for (auto& device : devices_) {
            device.begin_sync();
            ++sessions_[static_cast<std::size_t>(device.number())];
            for (int i = 0; i < requests_of_a_sync_max && device.is_syncing(); ++i) {
                if (auto found = sync_step(device, {}); !found.empty()) {
                    return found;
                }
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
    possible_ = {devices_[0].contents()};
    return check_server();
}

}  // namespace ankiwire::sim
