#include "protocol/account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "collection/full_sync.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::protocol {
namespace {

using testing::HasSubstr;
using wire::Method;

Card card(std::int64_t id, std::int64_t mtime = 1) {
    Card row{};
    row.id = {id};
    row.note_id = {1};
    row.deck_id = {1};
    row.mtime = {mtime};
    row.usn = usn_pending;
    return row;
}

Chunk cards_chunk(std::int64_t first_id, std::int64_t count, std::int64_t mtime = 1) {
    Chunk chunk{.done = true, .revlog = {}, .cards = {}, .notes = {}};
    for (auto id = first_id; id < first_id + count; ++id) {
        chunk.cards.push_back(card(id, mtime));
    }
    return chunk;
}

// A new collection has six notetypes, one deck and one deck config.
SanityCounts counts_with_cards(std::uint32_t cards) {
    return {.cards = cards, .notetypes = 6, .decks = 1, .deck_configs = 1};
}

class AccountTest : public testing::Test {
protected:
    AccountTest()
        : root_(std::filesystem::path(testing::TempDir()) /
                ("account_test_" + std::to_string(getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())),
          account_(root_ / "alice") {
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(root_);
    }
    ~AccountTest() override {
        EXPECT_TRUE(account_.close());
        std::filesystem::remove_all(root_);
    }

    Result<std::string> call(Method method, const std::string& key,
                             const std::string& json = "{}") {
        now_.value += 10;
        return account_.step({.method = method, .session_key = {key}, .json = json}, now_);
    }
    std::string ok(Method method, const std::string& key, const std::string& json = "{}") {
        auto reply = call(method, key, json);
        EXPECT_TRUE(reply) << method_name(method) << ": " << reply.error().context;
        return reply ? *reply : std::string();
    }
    void refused(ErrorKind kind, Method method, const std::string& key,
                 const std::string& json = "{}") {
        auto reply = call(method, key, json);
        ASSERT_FALSE(reply) << method_name(method) << " gave " << *reply;
        EXPECT_EQ(reply.error().kind, kind) << reply.error().context;
    }

    wire::MetaResponse meta(const std::string& key = "m") {
        auto response = wire::decode_meta_response(
            ok(Method::meta, key, wire::encode_meta_request({.version = 11, .client = "test"})));
        EXPECT_TRUE(response);
        return *response;
    }
    Graves start(const std::string& key, std::int32_t client_usn = 0, bool newer = false) {
        auto graves = wire::decode_graves_response(
            ok(Method::start, key,
               wire::encode_start_request(
                   {.client_usn = {client_usn}, .client_is_newer = newer, .graves = {}})));
        EXPECT_TRUE(graves);
        return *graves;
    }
    Chunk chunk(const std::string& key) {
        auto rows = wire::decode_chunk_response(ok(Method::chunk, key));
        EXPECT_TRUE(rows);
        return *rows;
    }
    void apply_chunk(const std::string& key, const Chunk& rows) {
        EXPECT_EQ(ok(Method::apply_chunk, key, wire::encode_apply_chunk_request(rows)), "null");
    }
    std::string sanity_check(const std::string& key, const SanityCounts& counts) {
        return ok(Method::sanity_check, key, wire::encode_sanity_check_request({counts}));
    }
    // What the sanity check says to one that has the three cards of the server.
    std::string verdict_on_a_device_at(std::int32_t usn) {
        start("d", usn);
        auto verdict = sanity_check("d", counts_with_cards(3));
        ok(Method::abort, "d");
        return verdict;
    }
    // A whole sync that brings cards.
    void sync_cards(const std::string& key, const Chunk& rows) {
        start(key, meta(key).usn.value);
        apply_chunk(key, rows);
        ok(Method::finish, key);
    }

    std::filesystem::path root_;
    Account account_;
    TimestampMs now_{1'700'000'000'000};
};

// R-META-03, R-META-05, R-META-07
TEST_F(AccountTest, meta_of_a_new_account_says_empty_and_never_modified) {
    const auto reply = meta();
    EXPECT_EQ(reply.modified, TimestampMs{0});
    EXPECT_EQ(reply.usn, Usn{0});
    EXPECT_TRUE(reply.empty);
    EXPECT_TRUE(reply.may_continue);
    EXPECT_EQ(reply.server_time, to_secs(now_));
}

// R-START-02, R-FINISH-01, R-META-03, R-META-05, R-CHUNK-11, R-SANITY-01, R-STORE-08
TEST_F(AccountTest, a_whole_sync_is_seen_by_the_next_device) {
    EXPECT_EQ(start("a"), Graves{});
    ok(Method::apply_graves, "a", R"({"chunk":{"notes":[],"cards":[77],"decks":[]}})");
    ok(Method::apply_changes, "a", R"({"changes":{"models":[],"decks":[[],[]],"tags":["blue"]}})");
    EXPECT_TRUE(chunk("a").done);
    apply_chunk("a", cards_chunk(1, 3));
    EXPECT_THAT(sanity_check("a", counts_with_cards(3)), HasSubstr(R"("status":"ok")"));
    const auto finished = ok(Method::finish, "a");
    const auto finished_at = now_;
    EXPECT_EQ(finished, std::to_string(finished_at.value));

    const auto after = meta("b");
    EXPECT_EQ(after.usn, Usn{1});
    EXPECT_EQ(after.modified, finished_at);
    EXPECT_FALSE(after.empty);
    EXPECT_THAT(start("b").cards, testing::ElementsAre(CardId{77}));
    EXPECT_THAT(
        ok(Method::apply_changes, "b", R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})"),
        HasSubstr(R"("tags":["blue"])"));
    const auto rows = chunk("b");
    ASSERT_EQ(rows.cards.size(), 3U);
    EXPECT_EQ(rows.cards[0].usn, Usn{0});  // the server's usn at the first device's start
}

// R-START-03
TEST_F(AccountTest, the_graves_of_start_are_taken_and_not_echoed) {
    const auto own = R"({"minUsn":0,"lnewer":false,"graves":{"cards":[77],"notes":[],"decks":[]}})";
    EXPECT_EQ(ok(Method::start, "a", own), R"({"cards":[],"decks":[],"notes":[]})");
    ok(Method::finish, "a");
    EXPECT_THAT(start("b").cards, testing::ElementsAre(CardId{77}));
}

// R-CHANGES-01, R-CHANGES-02
TEST_F(AccountTest, the_reply_to_changes_is_what_the_server_had_before) {
    const auto with_tag = [](const std::string& tag) {
        return R"({"changes":{"models":[],"decks":[[],[]],"tags":[")" + tag + "\"]}}";
    };
    start("a", 0, /*newer=*/true);
    const auto to_newer = ok(Method::apply_changes, "a", with_tag("blue"));
    EXPECT_THAT(to_newer, HasSubstr(R"("tags":[]})"));  // and so neither conf nor crt
    EXPECT_THAT(ok(Method::apply_changes, "a", with_tag("red")), HasSubstr(R"("tags":["blue"]})"));
    ok(Method::finish, "a");
    start("b");
    const auto to_older = ok(Method::apply_changes, "b", with_tag("green"));
    EXPECT_THAT(to_older, HasSubstr(R"("tags":["blue","red"],"conf":{)"));
    EXPECT_THAT(to_older, HasSubstr(R"("crt":)"));
}

// R-START-04
TEST_F(AccountTest, start_unburies_the_cards_of_yesterday) {
    const auto bury = [](collection::CollectionStore& store, Usn usn) {
        auto rows = cards_chunk(5, 1);
        rows.cards[0].queue = -2;
        return store.apply_chunk(rows, {.server_usn = usn, .client_usn = usn, .now = {}});
    };
    ASSERT_TRUE(account_.edit(bury, now_));
    now_.value += 2 * 86'400'000;
    start("a");
    const auto rows = chunk("a");
    ASSERT_EQ(rows.cards.size(), 1U);
    EXPECT_EQ(rows.cards[0].queue, 0);
}

TEST_F(AccountTest, refuses_stateful_calls_without_a_running_sync) {  // R-SESS-07
    const std::string graves = R"({"chunk":{"notes":[],"cards":[],"decks":[]}})";
    const std::string changes = R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})";
    for (const std::string key : {"a", "other"}) {
        refused(ErrorKind::session_conflict, Method::apply_graves, key, graves);
        refused(ErrorKind::session_conflict, Method::apply_changes, key, changes);
        refused(ErrorKind::session_conflict, Method::chunk, key);
        refused(ErrorKind::session_conflict, Method::apply_chunk, key,
                R"({"chunk":{"done":true}})");
        refused(ErrorKind::session_conflict, Method::sanity_check, key,
                R"({"client":[[0,0,0],0,0,0,0,0,0,0]})");
        refused(ErrorKind::session_conflict, Method::finish, key);
        if (key == "a") {
            start("b");  // now with a sync of another key running
        }
    }
    EXPECT_TRUE(chunk("b").done);  // which none of the calls has touched
}

TEST_F(AccountTest, refuses_a_sync_without_a_session_key) {  // R-SESS-08
    refused(ErrorKind::malformed, Method::start, "", R"({"minUsn":0,"lnewer":false})");
    refused(ErrorKind::malformed, Method::chunk, "");
}

TEST_F(AccountTest, a_new_start_rolls_the_running_sync_back) {  // R-SESS-03
    start("a");
    apply_chunk("a", cards_chunk(1, 3));
    start("b");
    EXPECT_TRUE(chunk("b").cards.empty());
    refused(ErrorKind::session_conflict, Method::finish, "a");
    ok(Method::finish, "b");
    EXPECT_TRUE(meta().empty);
}

// R-META-01, R-META-09, R-SESS-01
TEST_F(AccountTest, meta_of_another_device_disturbs_nothing_and_sees_no_uncommitted_row) {
    start("a");
    apply_chunk("a", cards_chunk(1, 3));
    const auto before = meta("b");
    EXPECT_TRUE(before.empty);
    EXPECT_EQ(before.usn, Usn{0});
    ok(Method::finish, "a");
    EXPECT_FALSE(meta("b").empty);
}

// R-SESS-04, R-SESS-09
TEST_F(AccountTest, a_failed_operation_ends_the_sync_and_unparsable_json_does_not) {
    start("a");
    apply_chunk("a", cards_chunk(1, 1));
    refused(ErrorKind::malformed, Method::apply_chunk, "a", "{nonsense");
    refused(ErrorKind::malformed, Method::finish, "a", R"({"surprise":1})");
    EXPECT_TRUE(account_.is_syncing());
    Chunk stray{.done = true, .revlog = {}, .cards = {}, .notes = {}};
    stray.notes.push_back({.id = {5},
                           .guid = "g",
                           .notetype_id = {999},
                           .mtime = {1},
                           .usn = usn_pending,
                           .tags = "",
                           .fields = "x"});
    refused(ErrorKind::inconsistent_data, Method::apply_chunk, "a",
            wire::encode_apply_chunk_request(stray));
    EXPECT_FALSE(account_.is_syncing());
    refused(ErrorKind::session_conflict, Method::finish, "a");
    EXPECT_TRUE(meta().empty);
}

// R-SANITY-03, R-SANITY-05
TEST_F(AccountTest, a_failed_sanity_check_ends_the_sync_with_nothing_kept) {
    start("a");
    apply_chunk("a", cards_chunk(1, 3));
    EXPECT_THAT(sanity_check("a", counts_with_cards(4)), HasSubstr(R"("status":"bad")"));
    refused(ErrorKind::session_conflict, Method::finish, "a");
    const auto after = meta();
    EXPECT_TRUE(after.empty);
    EXPECT_EQ(after.usn, Usn{0});
}

TEST_F(AccountTest, the_sanity_check_ignores_due_counts_and_graves) {  // R-SANITY-02
    start("a");
    apply_chunk("a", cards_chunk(1, 2));
    auto counts = counts_with_cards(2);
    counts.due = {7, 8, 9};
    counts.graves = 5;
    EXPECT_THAT(sanity_check("a", counts), HasSubstr(R"("status":"ok")"));
}

TEST_F(AccountTest, a_client_that_failed_its_own_check_is_told_bad) {  // R-SANITY-04
    start("a");
    const auto reply = ok(Method::sanity_check, "a", R"({"client":"failed basic check"})");
    EXPECT_THAT(reply, HasSubstr(R"("status":"bad","c":"failed basic check")"));
}

// R-START-05
TEST_F(AccountTest, a_device_that_is_ahead_is_led_to_a_full_sync) {
    sync_cards("a", cards_chunk(1, 3));
    EXPECT_THAT(verdict_on_a_device_at(1), HasSubstr(R"("status":"ok")"));
    EXPECT_THAT(verdict_on_a_device_at(2), HasSubstr(R"("status":"bad")"));
    refused(ErrorKind::session_conflict, Method::finish, "d");
    start("d", 2);
    apply_chunk("d", cards_chunk(4, 1));
    refused(ErrorKind::session_conflict, Method::finish, "d");
    EXPECT_EQ(meta().usn, Usn{1});
    EXPECT_FALSE(account_.is_syncing());
}

// R-START-05, R-STORE-18
TEST_F(AccountTest, so_is_one_whose_usn_was_lost_until_the_next_upload) {
    sync_cards("a", cards_chunk(1, 3));
    TimestampMs schema_modified;
    ASSERT_TRUE(account_.edit(
        [&](collection::CollectionStore& store, Usn) -> Result<void> {
            TRY_ASSIGN(auto state, store.state());
            state.usn = {100};
            schema_modified = state.schema_modified;
            return store.set_state(state);
        },
        now_));
    const auto copy = root_ / "copy.anki2";
    ASSERT_TRUE(account_.copy_for_download(copy, now_));  // now at 101
    ASSERT_TRUE(account_.close());
    collection::LostUsns lost;
    lost.add({2}, {99});
    ASSERT_TRUE(lost.write(account_.folder(), schema_modified));

    for (const auto usn : {0, 1, 100, 101}) {
        EXPECT_THAT(verdict_on_a_device_at(usn), HasSubstr(R"("status":"ok")")) << usn;
    }
    for (const auto usn : {2, 99, 102}) {
        EXPECT_THAT(verdict_on_a_device_at(usn), HasSubstr(R"("status":"bad")")) << usn;
    }

    ASSERT_TRUE(collection::validate_upload(copy, to_secs(now_)));
    const auto replaced = account_.copy_committed(root_ / "replaced.anki2", now_);
    ASSERT_TRUE(replaced);
    const auto installed = account_.install_upload(copy, *replaced, now_);
    ASSERT_TRUE(installed && *installed);
    EXPECT_THAT(verdict_on_a_device_at(50), HasSubstr(R"("status":"ok")"));
    EXPECT_FALSE(std::filesystem::exists(account_.folder() / collection::lost_usns_name));
}

TEST_F(AccountTest, abort_ends_only_the_sync_of_its_own_key) {  // R-ABORT-01, R-ABORT-02
    start("a");
    EXPECT_EQ(ok(Method::abort, "b"), "null");
    EXPECT_TRUE(account_.is_syncing());
    EXPECT_EQ(ok(Method::abort, "a"), "null");
    EXPECT_FALSE(account_.is_syncing());
    EXPECT_EQ(ok(Method::abort, "a"), "null");
}

// R-CHUNK-04, R-SESS-06
TEST_F(AccountTest, rows_deleted_under_a_running_chunk_are_not_sent) {
    sync_cards("a", cards_chunk(1, 600));
    start("b");
    std::size_t received = chunk("b").cards.size();
    Graves all;
    for (std::int64_t id = 1; id <= 600; ++id) {
        all.cards.push_back({id});
    }
    ok(Method::apply_graves, "b", wire::encode_apply_graves_request(all));
    const auto rest = chunk("b");
    received += rest.cards.size();
    EXPECT_TRUE(rest.done);
    EXPECT_EQ(received, 250U);
}

TEST_F(AccountTest, start_is_refused_if_the_collection_was_replaced_since_meta) {  // R-SESS-02
    meta("a");
    ASSERT_TRUE(account_.edit(
        [&](collection::CollectionStore& store, Usn) -> Result<void> {
            TRY_ASSIGN(auto state, store.state());
            state.schema_modified.value += 1;
            return store.set_state(state);
        },
        now_, {.may_change_schema = true}));
    refused(ErrorKind::session_conflict, Method::start, "a", R"({"minUsn":0,"lnewer":false})");
    meta("a");
    start("a");
}

TEST_F(AccountTest, an_idle_sync_is_rolled_back_by_the_clock_alone) {  // R-SESS-05
    start("a");
    apply_chunk("a", cards_chunk(1, 3));
    const auto last = now_;
    meta("b");  // another device's interest does not keep the sync alive
    account_.tick({last.value + limits::session_idle_ms_max - 1});
    EXPECT_TRUE(account_.is_syncing());
    account_.tick({last.value + limits::session_idle_ms_max});
    EXPECT_FALSE(account_.is_syncing());
    refused(ErrorKind::session_conflict, Method::finish, "a");
    EXPECT_TRUE(meta().empty);
}

TEST_F(AccountTest, an_idle_account_is_closed_and_opens_again_by_itself) {  // R-STORE-05
    sync_cards("a", cards_chunk(1, 3));
    account_.tick({now_.value + limits::account_idle_ms_max - 1});
    EXPECT_TRUE(account_.is_open());
    account_.tick({now_.value + limits::account_idle_ms_max});
    EXPECT_FALSE(account_.is_open());
    EXPECT_FALSE(meta().empty);
}

TEST_F(AccountTest, mod_grows_though_the_clock_is_set_back) {  // R-META-06, deviations.md
    std::vector<std::int64_t> mods;
    const auto note_mod = [&] { mods.push_back(meta().modified.value); };
    const auto nothing = [](collection::CollectionStore&, Usn) { return Result<void>(); };
    sync_cards("a", cards_chunk(1, 1));
    note_mod();
    now_.value -= 3'600'000;
    sync_cards("a", cards_chunk(1, 1));
    note_mod();
    EXPECT_TRUE(account_.edit(nothing, now_));
    note_mod();
    EXPECT_TRUE(account_.copy_for_download(root_ / "copy", now_));
    note_mod();
    EXPECT_EQ(std::ranges::adjacent_find(mods, std::ranges::greater_equal()), mods.end())
        << testing::PrintToString(mods);
}

TEST_F(AccountTest, one_edit_on_the_server_reaches_two_clients_by_a_normal_sync) {  // R-META-06
    sync_cards("a", cards_chunk(1, 1));
    const auto client_usn = meta().usn;  // both clients are up to date
    const auto before = meta().modified;
    ASSERT_TRUE(account_.edit(
        [](collection::CollectionStore& store, Usn server_usn) {
            return store.apply_chunk(
                cards_chunk(50, 1),
                {.server_usn = server_usn, .client_usn = server_usn, .now = {}});
        },
        now_));
    EXPECT_GT(meta().modified, before);
    auto first_usn = client_usn.value;
    for (const std::string key : {"a", "b"}) {
        start(key, first_usn);
        const auto rows = chunk(key);
        ASSERT_EQ(rows.cards.size(), 1U) << key;
        EXPECT_EQ(rows.cards[0].id, CardId{50});
        ok(Method::finish, key);
    }
}

TEST_F(AccountTest, an_edit_is_refused_while_a_sync_runs_and_when_it_would_force_a_full_sync) {
    start("a");
    const auto nothing = [](collection::CollectionStore&, Usn) { return Result<void>(); };
    EXPECT_EQ(account_.edit(nothing, now_).error().kind, ErrorKind::busy);
    ok(Method::abort, "a");
    EXPECT_TRUE(account_.edit(nothing, now_));
    const auto scm = meta().schema_modified;
    const auto force = [](collection::CollectionStore& store, Usn) -> Result<void> {
        TRY_ASSIGN(auto state, store.state());
        state.schema_modified.value += 1;
        return store.set_state(state);
    };
    EXPECT_EQ(account_.edit(force, now_).error().kind, ErrorKind::inconsistent_data);
    EXPECT_EQ(meta().schema_modified, scm);
}

TEST_F(AccountTest, a_sync_that_would_raise_the_usn_beyond_31_bits_fails) {  // R-FINISH-03
    meta();
    const auto last = [](collection::CollectionStore& store, Usn) -> Result<void> {
        TRY_ASSIGN(auto state, store.state());
        state.usn.value = INT32_MAX;
        return store.set_state(state);
    };
    ASSERT_TRUE(account_.edit(last, now_));
    start("a");
    refused(ErrorKind::inconsistent_data, Method::finish, "a");
    EXPECT_EQ(meta().usn, Usn{INT32_MAX});
}

TEST_F(AccountTest, a_download_raises_the_usn_only_if_no_sync_is_running) {  // R-FULL-12, R-FULL-16
    const auto copy = root_ / "copy.anki2";
    ASSERT_TRUE(account_.copy_for_download(copy, now_));
    EXPECT_EQ(meta().usn, Usn{1});
    start("a");
    apply_chunk("a", cards_chunk(1, 3));
    std::filesystem::remove(copy);
    ASSERT_TRUE(account_.copy_for_download(copy, now_));
    EXPECT_TRUE(account_.is_syncing());
    ASSERT_TRUE(collection::finish_snapshot(copy));
    EXPECT_EQ(collection::count_contents(copy)->cards, 0);
    ok(Method::finish, "a");
    EXPECT_EQ(meta().usn, Usn{2});
}

TEST_F(AccountTest, a_copy_that_cannot_be_made_is_an_error) {
    const auto copied = account_.copy_committed(root_ / "no folder" / "copy.anki2", now_);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().kind, ErrorKind::storage);
    sync_cards("a", cards_chunk(1, 3));
}

// R-FULL-13
TEST_F(AccountTest, an_upload_ends_a_running_sync_and_waits_for_what_was_committed_meanwhile) {
    // Another account's collection is what is uploaded.
    Account donor(root_ / "donor");
    const auto upload = root_ / "upload.anki2";
    ASSERT_TRUE(donor.copy_for_download(upload, now_));
    ASSERT_TRUE(donor.close());
    ASSERT_TRUE(collection::validate_upload(upload, to_secs(now_)));

    const auto copy = root_ / "kept.anki2";
    auto copied = account_.copy_committed(copy, now_);
    ASSERT_TRUE(copied);
    sync_cards("a", cards_chunk(1, 3));
    start("b");
    auto installed = account_.install_upload(upload, *copied, now_);
    ASSERT_TRUE(installed);
    EXPECT_FALSE(*installed);  // what "a" committed is not in the kept copy
    EXPECT_TRUE(account_.is_syncing());

    std::filesystem::remove(copy);
    copied = account_.copy_committed(copy, now_);
    ASSERT_TRUE(copied);
    installed = account_.install_upload(upload, *copied, now_);
    ASSERT_TRUE(installed);
    EXPECT_TRUE(*installed);
    EXPECT_FALSE(account_.is_syncing());
    EXPECT_TRUE(meta().empty);
    ASSERT_TRUE(collection::finish_snapshot(copy));
    EXPECT_EQ(collection::count_contents(copy)->cards, 3);
}

}  // namespace
}  // namespace ankiwire::protocol
