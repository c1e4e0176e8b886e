// The exact bytes of every message, once.
#include "wire/encode.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ankiwire::wire {
namespace {

const SanityCounts counts{.due = {1, 2, 3},
                          .cards = 4,
                          .notes = 5,
                          .revlog = 6,
                          .graves = 7,
                          .notetypes = 8,
                          .decks = 9,
                          .deck_configs = 10};
const Graves graves{.cards = {{1}, {2}}, .notes = {{3}}, .decks = {{-4}}};

Card sample_card() {
    return {.id = {1},
            .note_id = {2},
            .deck_id = {3},
            .ord = 4,
            .mtime = {5},
            .usn = {-1},
            .type = 3,
            .queue = -3,
            .due = -8,
            .interval_days = 9,
            .factor = 2500,
            .reps = 10,
            .lapses = 11,
            .left = 1001,
            .original_due = 13,
            .original_deck_id = {14},
            .flags = 7,
            .data = R"({"s":1.5})"};
}

TEST(Encode, host_key_response) {
    EXPECT_EQ(encode_host_key_response({HostKey("0123abcd")}), R"({"key":"0123abcd"})");
}

TEST(Encode, meta_response) {  // R-META-02
    EXPECT_EQ(encode_meta_response({.modified = {1700000000123},
                                    .schema_modified = {1600000000456},
                                    .usn = {7},
                                    .server_time = {1700000001},
                                    .message = "a \"message\"",
                                    .may_continue = true,
                                    .empty = false,
                                    .media_usn = {9}}),
              R"({"mod":1700000000123,"scm":1600000000456,"usn":7,"ts":1700000001,)"
              R"("msg":"a \"message\"","cont":true,"hostNum":0,"empty":false,"media_usn":9})");
}

TEST(Encode, graves_response) {
    EXPECT_EQ(encode_graves_response(graves), R"({"cards":[1,2],"decks":[-4],"notes":[3]})");
    EXPECT_EQ(encode_graves_response({}), R"({"cards":[],"decks":[],"notes":[]})");
}

TEST(Encode, changes_response) {
    EXPECT_EQ(encode_changes_response({}), R"({"models":[],"decks":[[],[]],"tags":[]})");
    UnchunkedChanges changes;
    changes.tags = {"one", "two::three"};
    changes.config = {{"rollover", "4"}, {"a \"key\"", R"({"b":[1,null]})"}};
    changes.created = TimestampSecs{1500000000};
    EXPECT_EQ(encode_changes_response(changes),
              R"({"models":[],"decks":[[],[]],"tags":["one","two::three"],)"
              R"("conf":{"rollover":4,"a \"key\"":{"b":[1,null]}},"crt":1500000000})");
}

TEST(Encode, an_empty_config_is_not_an_absent_one) {
    UnchunkedChanges changes;
    changes.config.emplace();
    EXPECT_EQ(encode_changes_response(changes),
              R"({"models":[],"decks":[[],[]],"tags":[],"conf":{}})");
}

TEST(Encode, chunk_response_leaves_empty_lists_out) {
    EXPECT_EQ(encode_chunk_response({true, {}, {}, {}}), R"({"done":true})");
    EXPECT_EQ(encode_chunk_response({false, {}, {sample_card()}, {}}),
              R"({"done":false,"cards":[[1,2,3,4,5,-1,3,-3,-8,9,2500,10,11,1001,13,14,7,)"
              R"("{\"s\":1.5}"]]})");
}

TEST(Encode, chunk_response_with_rows_of_each_kind) {  // R-CHUNK-12
    const RevlogEntry entry{.id = {1},
                            .card_id = {2},
                            .usn = {3},
                            .ease = 4,
                            .interval = -600,
                            .last_interval = -60,
                            .factor = 2500,
                            .taken_ms = 8000,
                            .type = 5};
    const Note note{.id = {1},
                    .guid = "g`\"",
                    .notetype_id = {2},
                    .mtime = {3},
                    .usn = {4},
                    .tags = " t ",
                    .fields =
                        "front\x1f"
                        "back"};
    EXPECT_EQ(encode_chunk_response({true, {entry, entry}, {sample_card()}, {note, note}}),
              R"({"done":true,"revlog":[[1,2,3,4,-600,-60,2500,8000,5],)"
              R"([1,2,3,4,-600,-60,2500,8000,5]],)"
              R"("cards":[[1,2,3,4,5,-1,3,-3,-8,9,2500,10,11,1001,13,14,7,"{\"s\":1.5}"]],)"
              R"("notes":[[1,"g`\"",2,3,4," t ","front\u001fback","","",0,""],)"
              R"([1,"g`\"",2,3,4," t ","front\u001fback","","",0,""]]})");
}

TEST(Encode, rows_have_room_for_the_longest_numbers) {
    constexpr auto least64 = std::numeric_limits<std::int64_t>::min();
    constexpr auto least32 = std::numeric_limits<std::int32_t>::min();
    constexpr auto most32 = std::numeric_limits<std::uint32_t>::max();
    const RevlogEntry entry{.id = {least64},
                            .card_id = {least64},
                            .usn = {least32},
                            .ease = 255,
                            .interval = least32,
                            .last_interval = least32,
                            .factor = most32,
                            .taken_ms = most32,
                            .type = 5};
    EXPECT_EQ(encode_chunk_response({true, {entry}, {}, {}}),
              R"({"done":true,"revlog":[[-9223372036854775808,-9223372036854775808,-2147483648,)"
              R"(255,-2147483648,-2147483648,4294967295,4294967295,5]]})");
}

TEST(Encode, sanity_check_response) {
    EXPECT_EQ(encode_sanity_check_response({.ok = true, .client = counts, .server = counts}),
              R"({"status":"ok","c":[[1,2,3],4,5,6,7,8,9,10],"s":[[1,2,3],4,5,6,7,8,9,10]})");
    EXPECT_EQ(encode_sanity_check_response(
                  {.ok = false, .client = "deck had usn = -1", .server = std::nullopt}),
              R"({"status":"bad","c":"deck had usn = -1","s":null})");
}

TEST(Encode, finish_response_is_digits_only) {
    EXPECT_EQ(encode_finish_response({1700000000123}), "1700000000123");
}

// R-TRANS-10
TEST(Encode, a_method_without_a_result_answers_null) { EXPECT_EQ(encode_null_response(), "null"); }

TEST(Encode, requests) {
    EXPECT_EQ(encode_host_key_request({"user", Password("pass")}), R"({"u":"user","p":"pass"})");
    EXPECT_EQ(encode_meta_request({11, "anki,26.09.3 (hash),linux"}),
              R"({"v":11,"cv":"anki,26.09.3 (hash),linux"})");
    EXPECT_EQ(encode_start_request({{5}, true, std::nullopt}),
              R"({"minUsn":5,"lnewer":true,"graves":null})");
    EXPECT_EQ(encode_start_request({{-1}, false, graves}),
              R"({"minUsn":-1,"lnewer":false,"graves":{"cards":[1,2],"decks":[-4],"notes":[3]}})");
    EXPECT_EQ(encode_apply_graves_request(graves),
              R"({"chunk":{"cards":[1,2],"decks":[-4],"notes":[3]}})");
    EXPECT_EQ(encode_apply_changes_request({}),
              R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})");
    EXPECT_EQ(encode_apply_chunk_request({true, {}, {}, {}}), R"({"chunk":{"done":true}})");
    EXPECT_EQ(encode_sanity_check_request({counts}), R"({"client":[[1,2,3],4,5,6,7,8,9,10]})");
}

}  // namespace
}  // namespace ankiwire::wire
