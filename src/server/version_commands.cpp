#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "backup/backup_folder.hpp"
#include "base/clock.hpp"
#include "collection/versions.hpp"
#include "files/files.hpp"
#include "json/writer.hpp"
#include "protocol/account.hpp"
#include "server/commands.hpp"
#include "server/data_folder.hpp"
#include "server/full_sync.hpp"
#include "server/temp_file.hpp"
#include "sqlite/database_file.hpp"

namespace ankiwire::server {
namespace {

namespace fs = std::filesystem;

Result<fs::path> folder_of(const fs::path& base, const std::string& user) {
    std::error_code error;
    if (!name_problem(user).empty() || !fs::is_directory(base / user, error)) {
        return fail(ErrorKind::not_found, "there is nothing of this user in " + base.string() +
                                              ": no such user, or one who has not synced yet");
    }
    return base / user;
}

Result<std::set<std::string>> users_in(const fs::path& base) {
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(base, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code ignored;
        auto name = entry->path().filename().string();
        if (entry->is_directory(ignored) && !name.starts_with(backup::own_name_prefix)) {
            names.insert(std::move(name));
        }
    }
    if (error) {
        return fail(ErrorKind::storage, base.string() + " cannot be read: " + error.message());
    }
    return names;
}

std::string local_time(TimestampMs time) {
    const auto seconds = static_cast<std::time_t>(to_secs(time).value);
    std::tm local{};
    localtime_r(&seconds, &local);
    return fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

std::string lost_text(const collection::ContentCounts& lost) {
    std::string text;
    const auto add = [&text](std::int64_t count, std::string_view what) {
        if (count > 0) {
            text += fmt::format("{}-{} {}", text.empty() ? "" : ", ", count, what);
        }
    };
    add(lost.reviews, "reviews");
    add(lost.cards, "cards");
    add(lost.notes, "notes");
    return text.empty() ? "nothing lost" : text;
}

void print_table(const std::vector<collection::Version>& versions) {
    for (const auto& version : versions) {
        const auto& held = version.contents;
        fmt::print("{}  {}  replaced by {} of {}: {}; held {} notes, {} cards, {} reviews; {} kB\n",
                   version.kept_at.value, local_time(version.kept_at), version.reason,
                   version.client, lost_text(version.lost), held.notes, held.cards, held.reviews,
                   (version.packed_bytes + 999) / 1000);
    }
}

void write_version(json::Writer& out, const std::string& user, const collection::Version& version) {
    out.begin_object();
    out.key("user").string(user);
    out.key("id").integer(version.kept_at.value);
    out.key("reason").string(version.reason);
    out.key("client").string(version.client);
    collection::write_counts(out, "contents", version.contents);
    collection::write_counts(out, "lost", version.lost);
    out.key("packed_bytes").integer(static_cast<std::int64_t>(version.packed_bytes));
    out.end_object();
}

Result<void> print_versions(const Environment& environment, const std::string& user, bool json) {
    TRY_ASSIGN(const auto base, base_folder(environment));
    std::set<std::string> users = {user};
    if (user.empty()) {
        TRY_ASSIGN(users, users_in(base));
    }
    std::string text;
    json::Writer out(text);
    out.begin_array();
    for (const auto& name : users) {
        TRY_ASSIGN(const auto folder, folder_of(base, name));
        TRY_ASSIGN(const auto listed, collection::list_versions(folder));
        const auto& [versions, unreadable] = listed;
        if (unreadable > 0) {
            fmt::print(stderr,
                       "ankiwire: {}: {} versions cannot be read, or are of a newer ankiwire\n",
                       name, unreadable);
        }
        for (const auto& version : versions) {
            write_version(out, name, version);
        }
        if (!json) {
            if (user.empty()) {
                fmt::print("{}: {} versions\n", name, versions.size());
            }
            print_table(versions);
        }
    }
    out.end_array();
    if (json) {
        fmt::print("{}\n", text);
    }
    return {};
}

// A damaged collection is moved aside: the restored one does not wait for its repair. Its log is
// there before it, so that no crash parts them.
Result<void> set_aside(const fs::path& folder, TimestampMs now) {
    const auto damaged = folder / "collection.anki2";
    const auto aside = folder / fmt::format("damaged-{}-collection.anki2", now.value);
    const auto log = files::open_for_reading(sqlite::log_path(damaged));
    if (log) {
        TRY(files::copy_file(*log, sqlite::log_path(aside)));
        TRY(files::sync_to_disk(sqlite::log_path(aside)));
        TRY(files::sync_to_disk(folder));
    } else if (log.error().kind != ErrorKind::not_found) {
        return log.error();
    }
    TRY(files::rename(damaged, aside));
    TRY(files::sync_to_disk(folder));
    sqlite::remove_logs(damaged);
    fmt::print("the collection was damaged; it is now {}\n", aside.string());
    return {};
}

bool is_damaged(const Result<collection::CollectionState>& copied) {
    return !copied && copied.error().kind == ErrorKind::damaged;
}

// `file` is a version, unpacked.
Result<void> put_in_place(const fs::path& folder, const fs::path& file) {
    const auto now = system_now();
    TRY(collection::make_current(file, to_secs(now)));
    TRY(collection::date_as_replacement(file, now));
    protocol::Account account(folder);
    const TempFile old(folder, "replaced");
    const auto copy = [&] { return account.copy_committed(old.path(), now); };
    auto copied = copy();
    // SQLite finds it damaged, too, when the disk fails to read a page, perhaps only once.
    if (is_damaged(copied)) {
        copied = copy();
    }
    if (is_damaged(copied)) {
        TRY(set_aside(folder, now));
        copied = copy();
    }
    if (!copied) {
        return std::move(copied).error();
    }
    if (!copied->empty) {
        TRY(keep_replaced(folder, old.path(), file, "restore", "ankiwire restore", now));
    }
    TRY_ASSIGN(const bool installed, account.install_upload(file, *copied, now));
    if (!installed) {
        return fail(ErrorKind::busy, "another program changed the collection meanwhile");
    }
    return account.close();
}

Result<void> restore(const Environment& environment, const std::string& user, TimestampMs id) {
    TRY_ASSIGN(const auto base, base_folder(environment));
    TRY_ASSIGN(const auto folder, folder_of(base, user));
    TRY_ASSIGN(const auto lock, DataFolder::lock(base));
    const TempFile file(folder, "restore");
    TRY(collection::unpack_version(folder, id, file.path()));
    return put_in_place(folder, file.path());
}

}  // namespace

int list_versions(const Environment& environment, const std::string& user, bool json) {
    const auto printed = print_versions(environment, user, json);
    return printed ? 0 : report(printed.error());
}

int restore_version(const Environment& environment, const std::string& user, std::int64_t id) {
    const auto restored = restore(environment, user, {id});
    if (!restored) {
        return report(restored.error());
    }
    fmt::print(
        "restored. Each device will ask which side to keep at its next sync: choose to "
        "download.\n");
    return 0;
}

}  // namespace ankiwire::server
