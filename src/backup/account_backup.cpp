#include "backup/account_backup.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "backup/carry.hpp"
#include "backup/media.hpp"
#include "collection/lost_usns.hpp"
#include "files/files.hpp"
#include "sqlite/database_file.hpp"
#include "sqlite/live_copy.hpp"

namespace ankiwire::backup {
namespace {

namespace fs = std::filesystem;

constexpr int media_rounds_max = 6;
constexpr std::chrono::milliseconds first_media_pause{50};

// True if there is such a file, and it can be read.
Result<bool> is_readable(const fs::path& path) {
    const auto file = files::open_for_reading(path);
    if (file) {
        return true;
    }
    if (file.error().kind == ErrorKind::not_found) {
        return false;
    }
    return unreadable(path.filename().string(), file.error());
}

class AccountBackup {
public:
    AccountBackup(const fs::path& source, const fs::path& target,
                  const std::optional<fs::path>& base)
        : source_(source), target_(target), base_(base) {}

    Result<Tally> run() && {
        TRY(check_readable(source_));
        TRY(files::make_private_folder(target_));
        // Before the collection: an upload in between ends its validity, which its stamp tells.
        TRY(copy_file(collection::lost_usns_name));
        TRY_ASSIGN(const bool has_collection, copy_database("collection.anki2"));
        if (has_collection) {
            TRY(link_or_check("collection.anki2"));
        }
        TRY(copy_media());
        TRY(copy_versions());
        TRY(copy_devices());
        return std::move(tally_);
    }

private:
    // False: there is none, or nothing in it yet.
    Result<bool> copy_database(const std::string& name) {
        TRY_ASSIGN(const bool exists, is_readable(source_ / name));
        TRY(is_readable(sqlite::log_path(source_ / name)));
        if (!exists) {
            return false;
        }
        if (auto copied = sqlite::copy_live(source_ / name, target_ / name); !copied) {
            return about(name, std::move(copied).error());
        }
        TRY_ASSIGN(const auto size, files::size_of(target_ / name));
        if (size == 0) {
            TRY(files::remove(target_ / name));
        }
        return size > 0;
    }

    // A copied database that equals the one of the last backup, byte by byte, becomes a link to it.
    Result<void> link_or_check(const std::string& name) {
        const auto copy = target_ / name;
        if (base_) {
            const auto equal = files::have_equal_bytes(*base_ / name, copy);
            if (equal && *equal) {
                const fs::path link = copy.native() + ".link";
                TRY_ASSIGN(const bool linked, files::hard_link(*base_ / name, link));
                if (linked) {
                    TRY(files::rename(link, copy));
                    ++tally_.files_linked;
                    return {};
                }
            }
        }
        if (auto intact = sqlite::check_integrity(copy); !intact) {
            return about(name, std::move(intact).error());
        }
        TRY_ASSIGN(const auto size, files::size_of(copy));
        tally_.add_copy(size);
        return {};
    }

    // True if the last backup's file has this size and is now here too.
    Result<bool> link_from_base(const fs::path& relative, std::uint64_t size) {
        if (!base_) {
            return false;
        }
        const auto there = files::identity_of(*base_ / relative);
        if (!there || there->size != size) {
            return false;
        }
        TRY_ASSIGN(const bool linked, files::hard_link(*base_ / relative, target_ / relative));
        tally_.files_linked += linked ? 1 : 0;
        return linked;
    }

    Result<bool> copy_file(const fs::path& name) {
        return carry_file(source_, target_, name, tally_);
    }

    // --- media ------------------------------------------------------------------------------

    // If the rows cannot be had, the files are saved as they are: a server makes rows of them
    // (R-MEDIA-24).
    Result<void> copy_media() {
        TRY(files::make_private_folder(target_ / "media"));
        const auto by_rows = copy_media_by_rows();
        if (!by_rows && by_rows.error().kind == ErrorKind::storage) {
            return by_rows.error();
        }
        if (by_rows && *by_rows) {
            return {};
        }
        if (!by_rows) {
            tally_.unreadable.push_back(by_rows.error().context +
                                        "; the media files are saved without media.db");
        }
        TRY(files::remove(target_ / "media.db"));
        return carry_folder(source_, target_, "media", base_, tally_);
    }

    // False: there are none.
    Result<bool> copy_media_by_rows() {
        if (base_) {
            auto known = live_media(*base_ / "media.db");
            base_media_ = known ? std::move(known).value() : MediaFiles();
        }
        MediaFiles missing;
        auto pause = first_media_pause;
        for (int round = 1; round <= media_rounds_max; ++round) {
            TRY(files::remove(target_ / "media.db"));
            TRY_ASSIGN(const bool exists, copy_database("media.db"));
            if (!exists) {
                return false;
            }
            const auto missing_before = std::exchange(missing, {});
            TRY_ASSIGN(missing, bring_media());
            if (!missing.empty()) {  // rows come first: their files may just be put in place
                std::this_thread::sleep_for(pause);
                TRY_ASSIGN(missing, bring_media());
            }
            if (missing.empty()) {
                break;
            }
            if (round == media_rounds_max) {
                TRY(leave_out(missing, missing_before));
            }
            pause *= 2;
        }
        TRY(link_or_check("media.db"));
        return true;
    }

    // Brings what the copied media.db names and is not here yet; returns what it could not get.
    Result<MediaFiles> bring_media() {
        auto wanted = live_media(target_ / "media.db");
        if (!wanted) {
            return about("media.db", std::move(wanted).error());
        }
        for (auto here = media_.begin(); here != media_.end();) {
            const auto found = wanted->find(here->first);
            if (found != wanted->end() && found->second == here->second) {
                ++here;
                continue;
            }
            TRY(files::remove(target_ / "media" / here->first));
            here = media_.erase(here);
        }
        MediaFiles missing;
        unreadable_media_.clear();
        for (const auto& [name, file] : *wanted) {
            if (media_.contains(name)) {
                continue;
            }
            TRY_ASSIGN(const auto brought, bring_file(name, file));
            if (brought == MediaCopy::unreadable) {
                unreadable_media_.insert(name);
            }
            (brought == MediaCopy::made ? media_ : missing).emplace(name, file);
        }
        TRY_ASSIGN(const auto staged, copy_staged_media(source_, missing, target_ / "media"));
        for (const auto& [name, file] : staged) {
            missing.erase(name);
            unreadable_media_.erase(name);
            media_.emplace(name, file);
            tally_.add_copy(static_cast<std::uint64_t>(file.size));
        }
        return missing;
    }

    Result<MediaCopy> bring_file(const std::string& name, const MediaFile& file) {
        const auto known = base_media_.find(name);
        if (known != base_media_.end() && known->second == file) {
            TRY_ASSIGN(const bool linked, link_from_base(fs::path("media") / name,
                                                         static_cast<std::uint64_t>(file.size)));
            if (linked) {
                return MediaCopy::made;
            }
        }
        TRY_ASSIGN(const auto copied,
                   copy_media_file(source_ / "media", name, file, target_ / "media" / name));
        if (copied == MediaCopy::made) {
            tally_.add_copy(static_cast<std::uint64_t>(file.size));
        }
        return copied;
    }

    // Rows that stay as they are without their file: nobody is about to bring it.
    Result<void> leave_out(const MediaFiles& missing, const MediaFiles& missing_before) {
        const bool at_rest = std::ranges::all_of(missing, [&](const auto& row) {
            const auto before = missing_before.find(row.first);
            return before != missing_before.end() && before->second == row.second;
        });
        if (!at_rest) {
            return fail(ErrorKind::busy, "media kept changing while they were copied");
        }
        TRY(forget_media(target_ / "media.db", missing));
        std::vector<std::string> gone;
        for (const auto& [name, file] : missing) {
            if (!unreadable_media_.contains(name)) {
                gone.push_back(name);
            }
        }
        if (!gone.empty()) {
            tally_.missing.push_back(
                in_words(gone, "media file") +
                ", missing in the folder media or not what media.db says: devices that have them "
                "send them again after a restore");
        }
        if (!unreadable_media_.empty()) {
            tally_.unreadable.push_back(
                in_words({unreadable_media_.begin(), unreadable_media_.end()}, "media file"));
        }
        return {};
    }

    // --- the rest ---------------------------------------------------------------------------

    Result<void> copy_versions() {
        std::error_code error;
        fs::directory_iterator entry(source_ / "versions", error);
        if (error == std::errc::no_such_file_or_directory) {
            return {};
        }
        TRY(files::make_private_folder(target_ / "versions"));
        for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
            const auto name = entry->path().filename().string();
            constexpr std::string_view ending = ".json";
            if (name.ends_with(ending)) {
                auto copied = copy_version(name.substr(0, name.size() - ending.size()));
                if (!copied && copied.error().kind == ErrorKind::storage) {
                    return copied;
                }
                if (!copied) {
                    tally_.unreadable.push_back(copied.error().context);
                }
            }
        }
        if (error) {
            tally_.unreadable.push_back("the folder versions: " + error.message());
        }
        return {};
    }

    // A version never changes, but it may be removed at any time.
    Result<void> copy_version(const std::string& id) {
        const auto packed = fs::path("versions") / (id + ".anki2.zst");
        const auto size = files::size_of(source_ / packed);
        if (!size) {
            return unreadable(packed.string(), size.error());
        }
        TRY_ASSIGN(const bool linked, link_from_base(packed, *size));
        if (!linked) {
            TRY_ASSIGN(const bool copied, copy_file(packed));
            if (!copied) {
                return {};
            }
        }
        const auto described = copy_file(fs::path("versions") / (id + ".json"));
        if (!described || !*described) {
            TRY(files::remove(target_ / packed));
        }
        return described ? Result<void>() : described.error();
    }

    // Notes on devices: useful, but no reason to fail.
    Result<void> copy_devices() {
        auto copied = copy_database("ankiwire.db");
        auto done = copied && *copied ? link_or_check("ankiwire.db")
                                      : (copied ? Result<void>() : copied.error());
        if (done || done.error().kind == ErrorKind::storage) {
            return done;
        }
        tally_.unreadable.push_back("the notes on devices: " + done.error().context);
        return files::remove(target_ / "ankiwire.db");
    }

    const fs::path& source_;
    const fs::path& target_;
    const std::optional<fs::path>& base_;
    Tally tally_;
    MediaFiles media_;       // those that are in the target
    MediaFiles base_media_;  // those of the last backup
    std::set<std::string> unreadable_media_;
};

}  // namespace

Result<Tally> back_up_account(const fs::path& source, const fs::path& target,
                              const std::optional<fs::path>& base) {
    return AccountBackup(source, target, base).run();
}

}  // namespace ankiwire::backup
