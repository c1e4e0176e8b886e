// A disk on which any one read or write fails: what was asked for ends with an error that is not
// the peer's, the collection is as the last commit left it, and all works again afterwards.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "collection/full_sync.hpp"
#include "files/temp_folder.hpp"
#include "protocol/account.hpp"
#include "wire/encode.hpp"

namespace {

constexpr int all = -1;
// How many more reads, and writes, of this program and its libraries succeed.
int reads_left = all;
int writes_left = all;
bool can_rename = true;

bool fails_now(int& left) {
    if (left == 0) {
        errno = EIO;
        return true;
    }
    left -= left > 0 ? 1 : 0;
    return false;
}

}  // namespace

// They take the place of the C library's, by which SQLite reads and writes.
extern "C" {

ssize_t pread64(int file, void* buffer, size_t size, off64_t offset) {
    return fails_now(reads_left) ? -1 : ::syscall(SYS_pread64, file, buffer, size, offset);
}
ssize_t pread(int file, void* buffer, size_t size, off_t offset) {
    return pread64(file, buffer, size, offset);
}
ssize_t pwrite64(int file, const void* buffer, size_t size, off64_t offset) {
    return fails_now(writes_left) ? -1 : ::syscall(SYS_pwrite64, file, buffer, size, offset);
}
int rename(const char* from, const char* to) noexcept {
    errno = EIO;
    return can_rename ? static_cast<int>(::syscall(SYS_rename, from, to)) : -1;
}

}  // extern "C"

namespace ankiwire::protocol {
namespace {

namespace fs = std::filesystem;
using wire::Method;

constexpr TimestampMs now{1'700'000'000'000};
constexpr int tries_max = 2000;

struct Place {
    fs::path folder;  // of the account
    fs::path upload;
    fs::path copy;  // not there yet
};
using Work = Result<void> (*)(Account&, const Place&);

Result<void> call(Account& account, Method method, const std::string& json, bool is_form = false) {
    TRY(account.step({.method = method, .session_key = {"s"}, .json = json, .is_form = is_form},
                     now));
    return {};
}

UnchunkedChanges some_changes() {
    UnchunkedChanges changes;
    Deck deck;
    deck.id = {1};
    deck.name = "Renamed";
    deck.mtime = {2'000'000'000};
    deck.kind.mutable_normal();
    changes.decks.push_back(deck);
    Notetype notetype;
    notetype.id = {5};
    notetype.name = "New";
    notetype.fields.emplace_back().name = "Front";
    notetype.templates.emplace_back().name = "Card 1";
    changes.notetypes.push_back(notetype);
    changes.tags = {"tag"};
    changes.config = {{{"key", "1"}}};
    return changes;
}

Card card(std::int64_t id) {
    Card row{};
    row.id = {id};
    row.note_id = {1};
    row.deck_id = {1};
    row.mtime = {1};
    return row;
}

Chunk some_rows() {
    Chunk rows{.done = true, .revlog = {}, .cards = {}, .notes = {}};
    rows.revlog.emplace_back().id = {5};
    for (std::int64_t id = 1; id < 200; ++id) {
        rows.cards.push_back(card(id));
        rows.cards.back().data = std::string(200, 'x');
    }
    return rows;
}

Result<void> sync(Account& account, const Place& /*place*/) {
    TRY(call(account, Method::meta, wire::encode_meta_request({.version = 11, .client = "test"})));
    const Graves graves{.cards = {{900}}, .notes = {}, .decks = {}};
    TRY(call(account, Method::start,
             wire::encode_start_request(
                 {.client_usn = {}, .client_is_newer = false, .graves = graves})));
    TRY(call(account, Method::apply_graves,
             wire::encode_apply_graves_request({.cards = {{1}}, .notes = {}, .decks = {}})));
    TRY(call(account, Method::apply_changes, wire::encode_apply_changes_request(some_changes())));
    TRY(call(account, Method::chunk, "{}"));
    TRY(call(account, Method::apply_chunk, wire::encode_apply_chunk_request(some_rows())));
    const auto verdict = account.step(
        {.method = Method::sanity_check,
         .session_key = {"s"},
         .json = wire::encode_sanity_check_request({SanityCounts{
             .cards = 199, .revlog = 1, .notetypes = 7, .decks = 1, .deck_configs = 1}})},
        now);
    if (!verdict) {
        return verdict.error();
    }
    EXPECT_EQ(verdict->substr(0, 14), R"({"status":"ok")") << *verdict;
    return call(account, Method::finish, "{}");
}

// More than SQLite keeps in memory, so that what was read before has to be read anew.
Result<void> sync_of_much(Account& account, const Place& /*place*/) {
    const auto much_from = [](std::int64_t first) {
        Chunk much{.done = true, .revlog = {}, .cards = {}, .notes = {}};
        for (std::int64_t id = first; id < first + 160; ++id) {
            much.cards.push_back(card(id));
            much.cards.back().data = std::string(65'536, 'x');
        }
        return wire::encode_apply_chunk_request(much);
    };
    TRY(call(
        account, Method::start,
        wire::encode_start_request({.client_usn = {}, .client_is_newer = true, .graves = {}})));
    TRY(call(account, Method::apply_chunk, much_from(1000)));
    TRY(call(account, Method::apply_changes, wire::encode_apply_changes_request(some_changes())));
    TRY(call(account, Method::apply_chunk, much_from(2000)));
    TRY(call(account, Method::sanity_check,
             wire::encode_sanity_check_request({SanityCounts{
                 .cards = 519, .revlog = 1, .notetypes = 7, .decks = 1, .deck_configs = 1}})));
    return call(account, Method::finish, "{}");
}

Result<void> meta_of_an_old_client(Account& account, const Place& /*place*/) {
    return call(account, Method::meta, wire::encode_meta_request({.version = 8, .client = "test"}),
                true);
}

Result<void> download(Account& account, const Place& place) {
    return account.copy_for_download(place.copy, now);
}

// A card more, in a commit that is only in the log, while a sync runs.
Result<void> commit_and_start(Account& account) {
    const auto add = [](collection::CollectionStore& store, Usn usn) {
        return store.apply_chunk({.done = true, .revlog = {}, .cards = {card(500)}, .notes = {}},
                                 {.server_usn = usn, .client_usn = usn, .now = to_secs(now)});
    };
    TRY(account.edit(add, now));
    return call(
        account, Method::start,
        wire::encode_start_request({.client_usn = {}, .client_is_newer = false, .graves = {}}));
}

bool has_the_card(const fs::path& file) {
    const auto counts = collection::count_contents(file);
    return counts && counts->cards == 200;
}

Result<void> download_during_a_sync(Account& account, const Place& place) {
    TRY(commit_and_start(account));
    TRY(account.copy_for_download(place.copy, now));
    TRY(collection::finish_snapshot(place.copy));
    reads_left = writes_left = all;
    EXPECT_TRUE(has_the_card(place.copy));
    return {};
}

Result<void> upload(Account& account, const Place& place) {
    TRY_ASSIGN(const auto copied, account.copy_committed(place.copy, now));
    TRY(account.install_upload(place.upload, copied, now));
    return {};
}

class FailingDisk : public testing::Test {
protected:
    FailingDisk() {
        // Cards, so that an old client's `meta` looks at the config.
        Account account(folder_.path() / "template");
        const auto add = [](collection::CollectionStore& store, Usn usn) -> Result<void> {
            const collection::SyncContext context{
                .server_usn = usn, .client_usn = usn, .now = to_secs(now)};
            // What the scheduler is lies on another page than what is asked for at each start.
            UnchunkedChanges changes;
            changes.config = {{{"schedVer", "1"}}};
            for (const char* key : {"s1", "s2", "s3", "s4", "s5", "s6"}) {
                changes.config->push_back({key, '"' + std::string(1500, 'x') + '"'});
            }
            TRY(store.apply_changes(changes, context));
            Graves graves;  // more than one page of them
            for (std::int64_t id = 10'000; id < 11'000; ++id) {
                graves.cards.push_back({id});
            }
            TRY(store.apply_graves(graves, usn));
            return store.apply_chunk(some_rows(), context);
        };
        EXPECT_TRUE(account.edit(add, now));
        EXPECT_TRUE(account.copy_for_download(folder_.path() / "upload", now));
        EXPECT_TRUE(account.close());
        EXPECT_TRUE(collection::validate_upload(folder_.path() / "upload", to_secs(now)));
    }

    // Each read, and then each write, that `work` makes.
    void fail_each(Work work, bool keeps_the_usn,
                   std::vector<int*> kinds = {&reads_left, &writes_left}) {
        for (int* left : kinds) {
            int n = 0;
            while (n < tries_max && !succeeds(work, *left, n, keeps_the_usn)) {
                ++n;
            }
            EXPECT_LT(n, tries_max);
            failures_ += n;
        }
        EXPECT_GT(failures_, 0);
    }

private:
    // If no collection could be opened any more, each call is an error, and no crash.
    static void use_anyhow(Account& account, const Place& place) {
        const auto start =
            wire::encode_start_request({.client_usn = {}, .client_is_newer = false, .graves = {}});
        static_cast<void>(call(account, Method::start, start).has_value());
        static_cast<void>(call(account, Method::abort, "{}").has_value());
        static_cast<void>(account.copy_committed(place.folder / "another", now).has_value());
        const auto nothing = [](collection::CollectionStore&, Usn) { return Result<void>(); };
        static_cast<void>(account.edit(nothing, now).has_value());
    }

    bool succeeds(Work work, int& left, int n, bool keeps_the_usn) {
        const files::TempFolder folder;
        const Place place{folder.path() / "account", folder.path() / "upload",
                          folder.path() / "copy"};
        fs::copy(folder_.path() / "template", place.folder);
        fs::copy_file(folder_.path() / "upload", place.upload);
        Account account(place.folder);
        left = n;
        const auto done = work(account, place);
        left = all;
        if (done) {
            static_cast<void>(account.close());
            return true;
        }
        EXPECT_TRUE(done.error().kind == ErrorKind::storage ||
                    done.error().kind == ErrorKind::damaged)
            << n << ": " << done.error().context;
        EXPECT_FALSE(account.is_syncing() && keeps_the_usn) << n;
        use_anyhow(account, place);
        static_cast<void>(account.close());
        const auto reply =
            account.step({.method = Method::meta,
                          .session_key = {"after"},
                          .json = wire::encode_meta_request({.version = 11, .client = "test"})},
                         now);
        EXPECT_TRUE(reply) << n << ": " << reply.error().context;
        if (reply && keeps_the_usn) {
            EXPECT_EQ(account.committed()->usn, Usn{1}) << n;
        }
        EXPECT_TRUE(account.close());
        return false;
    }

    int failures_ = 0;

protected:
    files::TempFolder folder_;
};

TEST_F(FailingDisk, a_sync_ends_and_changes_nothing) {  // R-SESS-04, R-ERR-07
    fail_each(sync, true);
}
TEST_F(FailingDisk, nor_does_one_of_more_than_is_kept_in_memory) {
    fail_each(sync_of_much, true, {&reads_left});
}
TEST_F(FailingDisk, meta_of_an_old_client_is_an_error) { fail_each(meta_of_an_old_client, true); }
TEST_F(FailingDisk, a_download_is_an_error) { fail_each(download, false); }
TEST_F(FailingDisk, so_is_one_while_a_sync_runs) { fail_each(download_during_a_sync, false); }
TEST_F(FailingDisk, an_upload_leaves_one_of_both_collections) { fail_each(upload, false); }
// What cannot be written back stays in the log. The collection cannot be replaced either.
TEST_F(FailingDisk, an_upload_that_fails_leaves_what_was_committed) {  // R-ERR-07
    bool has_failed = true;
    for (int n = 0; has_failed && n < tries_max; ++n) {
        const files::TempFolder folder;
        const auto collection = folder.path() / "collection.anki2";
        fs::copy(folder_.path() / "template", folder.path());
        fs::copy_file(folder_.path() / "upload", folder.path() / "upload");
        {
            Account account(folder.path());
            ASSERT_TRUE(commit_and_start(account));
            const auto copied = account.copy_committed(folder.path() / "copy", now);
            ASSERT_TRUE(copied);
            can_rename = false;
            writes_left = n;
            EXPECT_FALSE(account.install_upload(folder.path() / "upload", *copied, now));
            has_failed = writes_left == 0;
        }
        writes_left = all;
        can_rename = true;
        EXPECT_TRUE(has_the_card(collection)) << n;
    }
    EXPECT_FALSE(has_failed);
}

}  // namespace
}  // namespace ankiwire::protocol
