// What who runs the server does with the other commands of the program.
#include <fmt/format.h>

#include "collection/versions.hpp"
#include "server/commands.hpp"
#include "sim/clock.hpp"
#include "sim/must.hpp"
#include "sim/world.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

struct NewestVersion {
    TimestampMs id;
    CollectionFile file;
};

// None, if an upload failed that would have left one.
std::optional<NewestVersion> newest_version(const fs::path& account_folder,
                                            const fs::path& scratch) {
    const Aside aside;
    const auto versions = must(collection::list_versions(account_folder)).versions;
    if (versions.empty()) {
        return std::nullopt;
    }
    const auto id = versions.back().kept_at;
    const auto unpacked = scratch / "newest";
    fs::remove(unpacked);
    CHECK(collection::unpack_version(account_folder, id, unpacked));
    return NewestVersion{id, must(read_collection(unpacked, scratch / "unpacked"))};
}

}  // namespace

CommandEnd World::run(const std::function<int()>& command) {
    auto end = overhear(scratch_ / "heard", command);
    tell(fmt::format("exit code {}: {}", end.status, end.said));
    return end;
}

std::string World::must_succeed(const CommandEnd& end) const {
    const bool is_excused = disk_->has_failed() || disk_->is_off();
    return end.status == 0 || is_excused ? std::string() : "it fails: " + end.said;
}

std::string World::back_up(std::size_t keep) {
    promises_->may_back_up(keep);
    const auto end = run([&] {
        return server::back_up(
            {{"SYNC_BASE", data_folder()}, {"SYNC_USER1", DiskPromises::account_with_password}},
            root_ / DiskPromises::backups_folder, keep);
    });
    if (end.status != 0 && disk_->is_off()) {
        return {};  // what became of it shows when the power is back
    }
    const Aside aside;
    auto found = promises_->backup_has_ended(end.status == 0, root_);
    found = found.empty() ? must_succeed(end) : found;
    return found.empty() ? check() : found;
}

std::string World::restore_version() {
    stop_server();
    const auto version = newest_version(data_folder() / DiskPromises::account_name, scratch_);
    if (!version) {
        return disk_->has_failed() ? start_server() : "there is no version to restore";
    }
    const auto now = Clock::now();
    const auto promise = account().may_upload(
        version->file.contents,
        {.modified = now, .schema_modified = now, .usn = version->file.stamps.usn});
    const auto end = run([&] {
        return server::restore_version({{"SYNC_BASE", data_folder()}}, DiskPromises::account_name,
                                       version->id.value);
    });
    if (end.status == 0) {
        account().is_done(promise);
    }
    account().all_have_ended();
    auto found = must_succeed(end);
    return found.empty() ? start_server() : found;
}

std::string World::restore_backup() {
    using enum DiskPromises::PutBack;
    stop_server();
    const auto folder = fmt::format("data-{}", ++data_folders_);
    promises_->may_put_back(folder);
    const auto end = run([&] {
        return server::restore_backup({{"SYNC_BASE", root_ / folder}},
                                      root_ / DiskPromises::backups_folder, {});
    });
    const bool is_in_part = end.said.find("LEFT OUT") != std::string::npos;
    promises_->put_back_has_ended(end.status == 0 ? done : is_in_part ? in_part : not_done);
    if (end.status == 0) {
        last_told_.modified = {};
        for (auto& log : media_logs_) {
            log.begin_anew();
        }
    }
    auto found = must_succeed(end);
    return found.empty() ? start_server() : found;
}

}  // namespace ankiwire::sim
