// The laws of the log of media, for any batches: what a client that follows it ends up with is what
// there is.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "base/hex.hpp"
#include "files/read_file.hpp"
#include "files/temp_folder.hpp"
#include "media/batch_fixture.hpp"
#include "media/media_store.hpp"
#include "media/sha1.hpp"

namespace ankiwire::media {
namespace {

namespace fs = std::filesystem;

constexpr TimestampSecs now{1'700'000'000};

template <class T>
T must(Result<T> result) {
    RC_ASSERT(result.has_value());
    return std::move(result).value();
}

std::vector<Change> some_changes() {
    const auto name = rc::gen::element<std::string>("a.jpg", "A.jpg", "b b.mp3", "ä", "漢.svg",
                                                    std::string(255, 'n'));
    const auto content =
        rc::gen::element<std::string>("x", "y", std::string(1, '\0'), std::string(10'000, 'z'));
    std::vector<Change> changes;
    for (int count = *rc::gen::inRange(0, 8); count > 0; --count) {
        changes.emplace_back(*name,
                             *rc::gen::arbitrary<bool>() ? std::optional(*content) : std::nullopt);
    }
    return changes;
}

// What the specification says of an account's media, in the simplest way (R-MEDIA-12).
class Log {
public:
    void apply(const std::vector<Change>& changes) {
        for (const auto& [name, content] : changes) {
            auto& entry = entries_[name];
            if (entry.content != content) {
                entry = {content, ++usn_};
            }
        }
    }
    [[nodiscard]] MediaUsn usn() const { return {usn_}; }
    [[nodiscard]] std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> files;
        for (const auto& [name, entry] : entries_) {
            if (entry.content) {
                files[name] = *entry.content;
            }
        }
        return files;
    }
    // The last state of each name that was changed after `usn`, oldest first.
    [[nodiscard]] std::vector<MediaChange> after(std::int32_t usn) const {
        std::map<std::int32_t, MediaChange> changes;
        for (const auto& [name, entry] : entries_) {
            if (entry.usn > std::max(usn, 0)) {  // at 0: it was never there
                changes[entry.usn] = {
                    name, {entry.usn}, entry.content ? hex_of(sha1_of(*entry.content)) : ""};
            }
        }
        std::vector<MediaChange> list;
        for (const auto& [number, change] : changes) {
            list.push_back(change);
        }
        return list;
    }

private:
    struct Entry {
        std::optional<std::string> content;
        std::int32_t usn = 0;
    };
    std::map<std::string, Entry> entries_;
    std::int32_t usn_ = 0;
};

class Account {
public:
    MediaStore open() { return must(MediaStore::open(folder_.path(), now)); }
    MediaStore::Applied apply(MediaStore& store, const std::vector<Change>& changes) {
        const auto path = staging_folder(folder_.path()) / "upload.tmp";
        std::ofstream(path, std::ios::binary) << zip_of(changes);
        auto batch = must(StagedBatch::unpack(path));
        return must(store.apply(batch, now));
    }
    [[nodiscard]] std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::directory_iterator(folder_.path() / "media")) {
            found[entry.path().filename()] = files::read_file(entry.path());
        }
        return found;
    }

private:
    files::TempFolder folder_;
};

// R-MEDIA-05, R-MEDIA-06, R-MEDIA-12
RC_GTEST_PROP(ChangeLog, tells_the_last_state_of_each_name_in_the_order_of_usns, ()) {
    Account account;
    auto store = account.open();
    Log log;
    for (int batches = *rc::gen::inRange(1, 6); batches > 0; --batches) {
        const auto changes = some_changes();
        log.apply(changes);
        const auto applied = account.apply(store, changes);
        RC_ASSERT(applied.processed == changes.size());
        RC_ASSERT(applied.usn == log.usn());
        if (*rc::gen::arbitrary<bool>()) {
            RC_ASSERT(store.close().has_value());
            store = account.open();
        }
        RC_ASSERT(must(store.last_usn()) == log.usn());
    }
    for (std::int32_t usn = -1; usn <= log.usn().value + 1; ++usn) {
        RC_ASSERT(must(store.changes_after({usn})) == log.after(usn));
    }
    RC_ASSERT(account.files() == log.files());
    RC_ASSERT(must(store.file_count()) == std::ssize(log.files()));
}

RC_GTEST_PROP(ChangeLog, an_upload_of_what_is_there_changes_nothing, ()) {
    Account account;
    auto store = account.open();
    account.apply(store, some_changes());
    std::vector<Change> all;
    for (const auto& [name, content] : account.files()) {
        all.emplace_back(name, content);
    }
    all.emplace_back("never there", std::nullopt);
    const auto before = must(store.changes_after({0}));
    const auto usn = must(store.last_usn());
    RC_ASSERT(account.apply(store, all).usn == usn);
    RC_ASSERT(must(store.changes_after({0})) == before);
}

// However the changes were put into batches, and wherever it began.
RC_GTEST_PROP(ChangeLog, whoever_follows_it_has_all_files, ()) {
    Account account;
    auto store = account.open();
    std::map<std::string, std::string> own;  // checksums
    MediaUsn known{};
    for (int rounds = *rc::gen::inRange(1, 6); rounds > 0; --rounds) {
        account.apply(store, some_changes());
        if (rounds > 1 && *rc::gen::arbitrary<bool>()) {
            continue;  // it was not asked
        }
        for (const auto& change : must(store.changes_after(known))) {
            RC_ASSERT(change.usn > known);
            known = change.usn;
            if (change.sha1_hex.empty()) {
                own.erase(change.name);
            } else {
                own[change.name] = change.sha1_hex;
            }
        }
    }
    std::map<std::string, std::string> files;
    for (const auto& [name, content] : account.files()) {
        files[name] = hex_of(sha1_of(content));
    }
    RC_ASSERT(own == files);
}

}  // namespace
}  // namespace ankiwire::media
