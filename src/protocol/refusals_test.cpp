// Calls that an account refuses, and whom it refuses.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "files/temp_folder.hpp"
#include "protocol/account.hpp"
#include "wire/encode.hpp"

namespace ankiwire::protocol {
namespace {

using wire::Method;

constexpr TimestampMs now{1'700'000'000'000};

Card card_1() {
    Card row{};
    row.id = {1};
    row.note_id = {1};
    row.deck_id = {1};
    row.mtime = {1};
    return row;
}

class Refusals : public testing::Test {
protected:
    Result<std::string> call(Method method, const std::string& json, bool is_form = false) {
        return account_.step(
            {.method = method, .session_key = {"s"}, .json = json, .is_form = is_form}, now);
    }
    void refused(ErrorKind kind, Method method, const std::string& json) {
        const auto reply = call(method, json);
        ASSERT_FALSE(reply) << *reply;
        EXPECT_EQ(reply.error().kind, kind) << reply.error().context;
    }
    // What `meta` says to a client of this version of the protocol.
    std::string meta(std::int32_t version, bool is_form = true) {
        const auto reply =
            call(Method::meta, wire::encode_meta_request({.version = version, .client = "old"}),
                 is_form);
        return reply ? *reply : std::to_string(static_cast<int>(reply.error().kind));
    }
    void expect_served(std::int32_t version, bool is_served) {
        const auto reply = meta(version);
        EXPECT_EQ(reply.find(R"("cont":true)") != std::string::npos, is_served)
            << version << ": " << reply;
    }
    // Config as a scheduler leaves it, and a card.
    void set(const std::string& config, bool with_card) {
        const auto change = [&](collection::CollectionStore& store, Usn usn) -> Result<void> {
            const collection::SyncContext context{
                .server_usn = usn, .client_usn = usn, .now = to_secs(now)};
            UnchunkedChanges changes;
            changes.config = std::vector<ConfigEntry>();
            if (!config.empty()) {
                changes.config->push_back(
                    {config.substr(0, config.find('=')), config.substr(config.find('=') + 1)});
            }
            TRY(store.apply_changes(changes, context));
            Chunk rows{.done = true, .revlog = {}, .cards = {}, .notes = {}};
            if (with_card) {
                rows.cards.push_back(card_1());
            }
            return store.apply_chunk(rows, context);
        };
        ASSERT_TRUE(account_.edit(change, now));
    }

    files::TempFolder folder_;
    Account account_{folder_.path() / "account"};
};

TEST_F(Refusals, knows_the_methods_of_a_normal_sync_alone) {
    for (const auto method :
         {Method::host_key, Method::upload, Method::download, Method::begin, Method::media_changes,
          Method::upload_changes, Method::download_files, Method::media_sanity}) {
        refused(ErrorKind::internal, method, "{}");
    }
}

TEST_F(Refusals, takes_no_call_that_cannot_be_read) {  // R-SESS-09
    ASSERT_TRUE(call(Method::start, R"({"minUsn":0,"lnewer":true})"));
    for (const auto method :
         {Method::meta, Method::start, Method::apply_graves, Method::apply_changes, Method::chunk,
          Method::apply_chunk, Method::sanity_check, Method::finish, Method::abort}) {
        refused(ErrorKind::malformed, method, "[");
    }
    EXPECT_TRUE(account_.is_syncing());
}

TEST_F(Refusals, serves_versions_8_to_10_by_forms_alone) {  // R-META-04, R-LEG-32
    set("", false);
    for (const std::int32_t version : {8, 9, 10}) {
        expect_served(version, true);
        EXPECT_EQ(meta(version, false),
                  std::to_string(static_cast<int>(ErrorKind::unsupported_version)));
    }
    expect_served(7, false);
    expect_served(11, false);
}

TEST_F(Refusals, serves_no_client_that_would_harm_the_cards) {  // R-LEG-13, R-LEG-14, R-LEG-35
    set("schedVer=2", false);
    expect_served(8, true);  // there is no card
    set("schedVer=2", true);
    expect_served(8, false);
    expect_served(9, true);
    set("schedVer=1", true);
    expect_served(8, true);
    set("creationOffset=60", true);
    expect_served(8, false);
    expect_served(9, false);
    expect_served(10, true);
}

TEST_F(Refusals, asks_the_committed_config_while_another_one_is_synced) {  // R-META-01
    set("schedVer=2", true);
    const std::string changes =
        R"({"changes":{"models":[],"decks":[[],[]],"tags":[],"conf":{"schedVer":1}}})";
    ASSERT_TRUE(call(Method::start, R"({"minUsn":0,"lnewer":true})"));
    expect_served(8, false);
    ASSERT_TRUE(call(Method::apply_changes, changes));
    ASSERT_TRUE(call(Method::apply_changes, changes));
    expect_served(8, false);
    ASSERT_TRUE(call(Method::finish, "{}"));
    expect_served(8, true);
}

TEST_F(Refusals, remembers_who_has_asked_last) {
    EXPECT_EQ(account_.client_of({"s"}), "");
    meta(10);
    EXPECT_EQ(account_.client_of({"s"}), "old");
    for (const char key : std::string("abcdefgh")) {
        ASSERT_TRUE(
            account_.step({.method = Method::meta,
                           .session_key = {std::string(1, key)},
                           .json = wire::encode_meta_request({.version = 11, .client = "new"})},
                          now));
    }
    EXPECT_EQ(account_.client_of({"s"}), "");
    EXPECT_EQ(account_.client_of({"h"}), "new");
}

TEST_F(Refusals, knows_no_state_of_a_collection_that_is_closed) {
    account_.tick(now);
    EXPECT_FALSE(account_.committed());
    meta(10);
    EXPECT_TRUE(account_.committed());
    account_.tick(now);
    EXPECT_TRUE(account_.committed());
    account_.tick({now.value + limits::account_idle_ms_max});
    EXPECT_FALSE(account_.committed());
}

TEST_F(Refusals, an_operation_that_fails_ends_the_sync) {  // R-SESS-04
    ASSERT_TRUE(call(Method::start, R"({"minUsn":0,"lnewer":true})"));
    refused(ErrorKind::inconsistent_data, Method::apply_changes,
            R"({"changes":{"models":[],"decks":[[],[]],"tags":[],"crt":99999999999999}})");
    EXPECT_FALSE(account_.is_syncing());
}

TEST_F(Refusals, rows_that_wait_to_be_sent_are_not_counted) {
    const auto add = [](collection::CollectionStore& store, Usn) {
        Chunk rows{.done = true, .revlog = {}, .cards = {card_1()}, .notes = {}};
        return store.apply_chunk(
            rows, {.server_usn = usn_pending, .client_usn = {0}, .now = to_secs(now)});
    };
    ASSERT_TRUE(account_.edit(add, now));
    ASSERT_TRUE(call(Method::start, R"({"minUsn":0,"lnewer":true})"));
    const auto verdict = call(Method::sanity_check, R"({"client":[[0,0,0],1,0,0,0,6,1,1]})");
    ASSERT_TRUE(verdict);
    EXPECT_EQ(*verdict, R"({"status":"bad","c":[[0,0,0],1,0,0,0,6,1,1],"s":null})");
    EXPECT_FALSE(account_.is_syncing());
}

TEST_F(Refusals, does_not_guess_which_usns_were_lost) {  // R-STORE-18
    meta(10);
    ASSERT_TRUE(account_.close());
    std::ofstream(folder_.path() / "account" / collection::lost_usns_name) << "{";
    refused(ErrorKind::storage, Method::start, R"({"minUsn":0,"lnewer":true})");
}

TEST_F(Refusals, nothing_can_be_done_where_there_can_be_no_folder) {
    std::ofstream(folder_.path() / "file").put('x');
    Account account(folder_.path() / "file" / "account");
    const auto path = folder_.path() / "copy";
    const auto step = [&](Method method, const std::string& json) {
        return account.step({.method = method, .session_key = {"s"}, .json = json}, now);
    };
    EXPECT_FALSE(step(Method::meta, wire::encode_meta_request({.version = 11, .client = "test"})));
    EXPECT_FALSE(step(Method::start, R"({"minUsn":0,"lnewer":true})"));
    EXPECT_FALSE(account.copy_for_download(path, now));
    EXPECT_FALSE(account.copy_committed(path, now));
    EXPECT_FALSE(account.install_upload(path, {}, now));
    EXPECT_FALSE(account.edit({}, now));
}

TEST_F(Refusals, an_edit_that_fails_or_could_not_be_told_changes_nothing) {
    const auto refuses = [](collection::CollectionStore&, Usn) -> Result<void> {
        return fail(ErrorKind::not_found, "no such deck");
    };
    const auto refusal = account_.edit(refuses, now);
    ASSERT_FALSE(refusal);
    EXPECT_EQ(refusal.error().kind, ErrorKind::not_found);
    const auto exhausts = [](collection::CollectionStore& store, Usn) -> Result<void> {
        TRY_ASSIGN(auto state, store.state());
        state.usn.value = INT32_MAX;
        return store.set_state(state);
    };
    EXPECT_FALSE(account_.edit(exhausts, now, {.raise_usn = true}));
    const auto ends_it = [](collection::CollectionStore& store, Usn) -> Result<void> {
        store.rollback();
        return {};
    };
    EXPECT_FALSE(account_.edit(ends_it, now));
    EXPECT_EQ(account_.committed()->usn, Usn{0});
    const auto closes_it = [](collection::CollectionStore& store, Usn) { return store.close(); };
    EXPECT_FALSE(account_.edit(closes_it, now));
}

TEST_F(Refusals, nothing_can_begin_within_an_edit) {
    const auto begins = [&](collection::CollectionStore&, Usn) -> Result<void> {
        EXPECT_FALSE(account_.edit({}, now));
        refused(ErrorKind::internal, Method::start, R"({"minUsn":0,"lnewer":true})");
        return {};
    };
    EXPECT_TRUE(account_.edit(begins, now));
    EXPECT_FALSE(account_.is_syncing());
}

}  // namespace
}  // namespace ankiwire::protocol
