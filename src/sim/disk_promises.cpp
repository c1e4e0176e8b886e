#include "sim/disk_promises.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "backup/account_backup.hpp"
#include "backup/backup_folder.hpp"
#include "base/check.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

// By name, what is named as a complete one.
std::vector<std::string> backups_in(const fs::path& root) {
    std::vector<std::string> names;
    for (const auto& path : backup::complete_backups(root / DiskPromises::backups_folder)) {
        names.push_back(path.filename());
    }
    return names;
}

}  // namespace

void DiskPromises::may_back_up(std::size_t keep) {
    new_backup_ = {.held = account_.of_a_backup(), .keep = keep};
}

std::string DiskPromises::backup_has_ended(bool is_done, const fs::path& root) {
    auto made = *std::exchange(new_backup_, std::nullopt);
    const auto names = backups_in(root);
    const auto name =
        std::ranges::find_if(names, [&](const auto& each) { return !backups_.contains(each); });
    if (name == names.end()) {
        return is_done ? "there is no backup, although it is said to be done" : std::string();
    }
    backups_.emplace(*name, Backup{std::move(made.held), is_done});
    const auto staying = made.keep == 0 ? backups_.size() : made.keep;
    const auto leaving = backups_.size() - std::min(backups_.size(), staying);
    const auto first_to_stay = std::next(backups_.begin(), static_cast<std::ptrdiff_t>(leaving));
    for (auto backup = backups_.begin(); backup != first_to_stay; ++backup) {
        backup->second.must_be_there = false;
    }
    return {};
}

void DiskPromises::power_is_back(const fs::path& root) {
    if (new_backup_) {
        CHECK(backup_has_ended(false, root).empty());
    }
}

void DiskPromises::may_put_back(const fs::path& data_folder) {
    new_data_folders_.push_back(
        {.folder = data_folder,
         .held = backups_.empty() ? std::nullopt : std::optional(backups_.rbegin()->second.held)});
}

void DiskPromises::put_back_has_ended(PutBack outcome) {
    if (outcome == PutBack::not_done) {
        return;
    }
    auto put_back = std::move(new_data_folders_.back());
    new_data_folders_.pop_back();
    if (outcome == PutBack::done) {
        CHECK(put_back.held);
        data_folder_ = put_back.folder;
        account_ = std::move(put_back.held).value();
    }
}

std::string DiskPromises::check(const fs::path& root) {
    auto found = account_.check(root / data_folder_ / account_name);
    if (found.empty()) {
        found = check_backups(root);
    }
    return found.empty() ? check_new_data_folders(root) : found;
}

std::string DiskPromises::check_backup_of(const fs::path& root) {
    const auto account = root / data_folder_ / account_name;
    if (!fs::exists(account)) {
        return {};
    }
    const files::TempFolder folder;
    const auto backup = folder.path() / account_name;
    const auto made = backup::back_up_account(account, backup, std::nullopt);
    if (!made) {
        return "no backup can be made: " + made.error().context;
    }
    const auto found = account_.of_a_backup().check(backup);
    return found.empty() ? found : "in a backup of this: " + found;
}

std::string DiskPromises::check_backups(const fs::path& root) {
    const auto names = backups_in(root);
    bool has_new_one = false;
    for (const auto& name : names) {
        const auto known = backups_.find(name);
        if (known == backups_.end() && (!new_backup_ || std::exchange(has_new_one, true))) {
            return "nobody has made the backup " + name;
        }
        auto& held = known == backups_.end() ? new_backup_->held : known->second.held;
        if (auto found = held.check(root / backups_folder / name / account_name); !found.empty()) {
            return "in the backup " + name + ": " + found;
        }
        const auto users = files::read_file(root / backups_folder / name / "users.env");
        if (users.find(account_with_password) == std::string::npos) {
            return "the user is not in the backup " + name;
        }
    }
    auto left_to_stay =
        has_new_one && new_backup_->keep > 0 ? new_backup_->keep - 1 : backups_.size();
    for (auto backup = backups_.rbegin(); backup != backups_.rend() && left_to_stay > 0;
         ++backup, --left_to_stay) {
        if (backup->second.must_be_there && !std::ranges::binary_search(names, backup->first)) {
            return "there is no backup " + backup->first;
        }
    }
    return {};
}

std::string DiskPromises::check_new_data_folders(const fs::path& root) {
    for (auto& [folder, held] : new_data_folders_) {
        const auto account = root / folder / account_name;
        if (!fs::exists(account)) {
            continue;
        }
        const auto found = held ? held->check(account) : "there was no backup";
        if (!found.empty()) {
            return "what was put back from a backup: " + found;
        }
    }
    return {};
}

}  // namespace ankiwire::sim
