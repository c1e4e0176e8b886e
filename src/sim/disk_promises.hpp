// What has to be on a disk: in the data folder what devices were promised, and of its backups:
//  - one that was told to be done is there, until later ones may take its place;
//  - what has the name of a complete one holds what the account had then, whole, and its user;
//  - what is put back from one into a new data folder is there, if that was told to be done; if it
//    was not, it is there whole or not at all.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/promises.hpp"

namespace ankiwire::sim {

class DiskPromises {
public:
    // The one account, and folders of the disk's root.
    static constexpr const char* account_name = "user";
    static constexpr const char* account_with_password = "user:password";
    static constexpr const char* backups_folder = "backups";
    static constexpr const char* first_data_folder = "data";

    explicit DiskPromises(Promises account) : account_(std::move(account)) {}

    [[nodiscard]] Promises& account() { return account_; }
    // The one in use, of the root.
    [[nodiscard]] const std::filesystem::path& data_folder() const { return data_folder_; }

    // A backup is on its way, of what there is now; so many stay then (0: all).
    void may_back_up(std::size_t keep);
    // Its command has ended. What broke a promise, in words; or nothing.
    std::string backup_has_ended(bool is_done, const std::filesystem::path& root);
    // A backup that was cut may be there or not.
    void power_is_back(const std::filesystem::path& root);

    // The newest backup is on its way into a new data folder, which takes the place of the old one.
    void may_put_back(const std::filesystem::path& data_folder);
    enum class PutBack { done, in_part, not_done };  // in_part: what was left out was told
    void put_back_has_ended(PutBack outcome);

    // The root, which stays as it is. What broke a promise, in words; or nothing.
    [[nodiscard]] std::string check(const std::filesystem::path& root);
    // The same of a backup that is made of the account as a power cut has left it, by nobody's
    // wish, and told to be whole.
    [[nodiscard]] std::string check_backup_of(const std::filesystem::path& root);

private:
    struct Backup {
        Promises held;
        bool must_be_there;
    };
    struct NewBackup {
        Promises held;
        std::size_t keep;
    };
    struct NewDataFolder {
        std::filesystem::path folder;
        std::optional<Promises> held;  // none: there is no backup
    };

    [[nodiscard]] std::string check_backups(const std::filesystem::path& root);
    [[nodiscard]] std::string check_new_data_folders(const std::filesystem::path& root);

    Promises account_;
    std::filesystem::path data_folder_ = first_data_folder;
    std::map<std::string, Backup> backups_;  // by name: the oldest first
    std::optional<NewBackup> new_backup_;
    std::vector<NewDataFolder> new_data_folders_;  // the newest last
};

}  // namespace ankiwire::sim
