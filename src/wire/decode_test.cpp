// What each decoder takes beyond the plain form, and what it refuses.
#include "wire/decode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/limits.hpp"

namespace ankiwire::wire {
namespace {

using testing::HasSubstr;

// A refusal, and a word of the error that says which member was at fault.
struct Refusal {
    std::string body;
    std::string named;
};

template <class T>
void expect_refused(Result<T> (*decode)(std::string_view), const std::vector<Refusal>& refusals) {
    for (const auto& [body, named] : refusals) {
        const auto result = decode(body);
        ASSERT_FALSE(result) << body;
        EXPECT_EQ(result.error().kind, ErrorKind::malformed) << body;
        EXPECT_THAT(result.error().context, HasSubstr(named)) << body;
    }
}

std::string in_chunk(const std::string& table, const std::string& row) {
    return R"({"chunk":{"done":true,")" + table + "\":[" + row + "]}}";
}

std::string cards(const std::string& row) { return in_chunk("cards", row); }
std::string notes(const std::string& row) { return in_chunk("notes", row); }
std::string revlog(const std::string& row) { return in_chunk("revlog", row); }

TEST(DecodeHostKey, takes_any_text) {  // R-TRANS-11
    const auto request = decode_host_key_request(R"({"u":"\u00fcser","p":"","new":[{}]})");
    ASSERT_TRUE(request);
    EXPECT_EQ(request->username, "\xc3\xbcser");
    EXPECT_EQ(request->password.reveal(), "");
}

TEST(DecodeHostKey, refuses) {
    expect_refused(decode_host_key_request, {{"", "JSON"},
                                             {"{}", "u"},
                                             {R"(["user","pass"])", "object"},
                                             {R"({"u":"user"})", "p: missing"},
                                             {R"({"p":"pass"})", "u: missing"},
                                             {R"({"u":1,"p":"pass"})", "u: "},
                                             {R"({"u":"user","p":null})", "p: "},
                                             {R"({"u":"user","p":"pass"})"
                                              "x",
                                              "JSON"},
                                             {R"({"u":"\ud800","p":"pass"})", "JSON"},
                                             {"{\"u\":\"\xff\",\"p\":\"\"}", "JSON"}});
}

TEST(DecodeMeta, leaves_the_version_to_the_server) {
    for (const int version : {-1, 0, 7, 11, 12, 300}) {
        const auto request =
            decode_meta_request(R"({"cv":"anki","v":)" + std::to_string(version) + "}");
        ASSERT_TRUE(request) << version;
        EXPECT_EQ(request->version, version);
    }
}

TEST(DecodeMeta, refuses) {
    expect_refused(decode_meta_request, {{"[]", "object"},
                                         {R"({"v":11})", "cv: missing"},
                                         {R"({"cv":"anki"})", "v: missing"},
                                         {R"({"v":"11","cv":"anki"})", "v: "},
                                         {R"({"v":11.0,"cv":"anki"})", "v: "},
                                         {R"({"v":99999999999,"cv":"anki"})", "v: "},
                                         {R"({"v":11,"cv":11})", "cv: "}});
}

TEST(DecodeStart, takes_graves_in_every_form_that_clients_have_used) {  // R-TRANS-11
    const std::vector<std::pair<std::string, std::optional<Graves>>> cases = {
        {"", std::nullopt},
        {R"(,"graves":null)", std::nullopt},
        {R"(,"offset":-120)", std::nullopt},
        {R"(,"offset":null)", std::nullopt},
        {R"(,"graves":{})", Graves{}},
        {R"(,"graves":{"cards":[],"notes":[],"decks":[]})", Graves{}},
        {R"(,"graves":{"cards":[1],"notes":[2,3],"decks":[-4]})",
         Graves{.cards = {{1}}, .notes = {{2}, {3}}, .decks = {{-4}}}},
        {R"(,"graves":{"cards":["1"],"notes":["2","3"],"decks":["-4"]})",
         Graves{.cards = {{1}}, .notes = {{2}, {3}}, .decks = {{-4}}}},
        {R"(,"graves":{"cards":[1,"2"],"decks":null})", Graves{{{1}, {2}}, {}, {}}},
        {R"(,"graves":{"notes":["0"]})", Graves{{}, {{0}}, {}}},
    };
    for (const auto& [members, graves] : cases) {
        const auto request = decode_start_request(R"({"minUsn":5,"lnewer":true)" + members + "}");
        ASSERT_TRUE(request) << members;
        EXPECT_EQ(*request, (StartRequest{{5}, true, graves})) << members;
    }
}

TEST(DecodeStart, refuses) {
    const auto with_graves = [](const std::string& graves) {
        return R"({"minUsn":5,"lnewer":true,"graves":)" + graves + "}";
    };
    expect_refused(decode_start_request,
                   {{"[]", "object"},
                    {R"({"lnewer":true})", "minUsn"},
                    {R"({"minUsn":5})", "lnewer"},
                    {R"({"minUsn":2147483648,"lnewer":true})", "minUsn"},
                    {R"({"minUsn":"5","lnewer":true})", "minUsn"},
                    {R"({"minUsn":5,"lnewer":1})", "lnewer"},
                    {with_graves("[]"), "graves"},
                    {with_graves(R"({"cards":{}})"), "graves: cards"},
                    {with_graves(R"({"cards":[1.5]})"), "graves: cards"},
                    {with_graves(R"({"decks":["x"]})"), "graves: decks"},
                    {with_graves(R"({"decks":[""]})"), "graves: decks"},
                    {with_graves(R"({"notes":[" 1"]})"), "graves: notes"},
                    {with_graves(R"({"notes":[null]})"), "graves: notes"},
                    {with_graves(R"({"notes":["9223372036854775808"]})"), "graves: notes"}});
}

TEST(DecodeApplyGraves, refuses) {
    expect_refused(
        decode_apply_graves_request,
        {{"{}", "chunk: missing"},
         {R"({"chunk":null})", "chunk"},
         {R"({"chunk":{"cards":[],"decks":[]}})", "chunk: notes: missing"},
         {R"({"chunk":{"cards":["1"],"decks":[],"notes":[]}})", "chunk: cards"},
         {R"({"chunk":{"cards":[9223372036854775808],"decks":[],"notes":[]}})", "chunk: cards"}});
}

TEST(DecodeApplyChanges, takes_an_absent_and_a_null_config_alike) {
    for (const auto* members : {"", R"(,"conf":null,"crt":null)"}) {
        const auto changes = decode_apply_changes_request(
            R"({"changes":{"models":[],"decks":[[],[]],"tags":[])" + std::string(members) + "}}");
        ASSERT_TRUE(changes) << members;
        EXPECT_FALSE(changes->config) << members;
        EXPECT_FALSE(changes->created) << members;
    }
}

TEST(DecodeApplyChanges, keeps_config_values_as_canonical_text) {
    const auto changes = decode_apply_changes_request(
        R"({"changes":{"models":[],"decks":[[],[]],"tags":["a","b c"],"crt":1500000000,)"
        R"("conf":{"z":{ "b" : [1, 2.50, null], "a": "\u00fc" },"text":"x","z2":1e2}}})");
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->tags, (std::vector<std::string>{"a", "b c"}));
    EXPECT_EQ(changes->created, TimestampSecs{1500000000});
    EXPECT_EQ(
        changes->config,
        (std::vector<ConfigEntry>{
            {"z", "{\"b\":[1,2.5,null],\"a\":\"\xc3\xbc\"}"}, {"text", "\"x\""}, {"z2", "100.0"}}));
}

TEST(DecodeApplyChanges, takes_the_last_of_a_repeated_config_key) {
    const auto changes = decode_apply_changes_request(
        R"({"changes":{"models":[],"decks":[[],[]],"tags":[],"conf":{"a":1,"b":2,"a":[3]}}})");
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->config, (std::vector<ConfigEntry>{{"a", "[3]"}, {"b", "2"}}));
}

TEST(DecodeApplyChanges, refuses) {  // R-CHANGES-12
    const auto with = [](const std::string& members) { return R"({"changes":{)" + members + "}}"; };
    expect_refused(decode_apply_changes_request,
                   {{"{}", "changes: missing"},
                    {R"({"models":[],"decks":[[],[]],"tags":[]})", "changes: missing"},
                    {with(R"("decks":[[],[]],"tags":[])"), "models: missing"},
                    {with(R"("models":[],"tags":[])"), "decks: missing"},
                    {with(R"("models":[],"decks":[[],[]])"), "tags: missing"},
                    {"[]", "object"},
                    {R"({"changes":[]})", "changes: "},
                    {with(R"("models":[],"decks":{},"tags":[])"), "decks: "},
                    {with(R"("models":{},"decks":[[],[]],"tags":[])"), "models"},
                    {with(R"("models":[{}],"decks":[[],[]],"tags":[])"), "models: "},
                    {with(R"("models":[],"decks":[[]],"tags":[])"), "decks: not a pair"},
                    {with(R"("models":[],"decks":[[],[],[]],"tags":[])"), "decks: not a pair"},
                    {with(R"("models":[],"decks":[[],{}],"tags":[])"), "decks"},
                    {with(R"("models":[],"decks":[[{}],[]],"tags":[])"), "decks: "},
                    {with(R"("models":[],"decks":[[],[{}]],"tags":[])"), "decks: "},
                    {with(R"("models":[],"decks":[[],[]],"tags":[1])"), "tags"},
                    {with(R"("models":[],"decks":[[],[]],"tags":[],"conf":[])"), "conf"},
                    {with(R"("models":[],"decks":[[],[]],"tags":[],"crt":"1")"), "crt"},
                    {with(R"("models":[],"decks":[[],[]],"tags":[],"crt":1.5)"), "crt"}});
}

TEST(DecodeApplyChunk, takes_missing_empty_and_null_tables) {
    for (const auto* chunk : {R"({"done":true})", R"({"done":true,"revlog":[],"cards":[]})",
                              R"({"done":true,"revlog":null,"cards":null,"notes":null})"}) {
        const auto decoded = decode_apply_chunk_request(R"({"chunk":)" + std::string(chunk) + "}");
        ASSERT_TRUE(decoded) << chunk;
        EXPECT_EQ(*decoded, (Chunk{true, {}, {}, {}})) << chunk;
    }
    const auto empty = decode_apply_chunk_request(R"({"chunk":{}})");
    ASSERT_TRUE(empty);
    EXPECT_EQ(*empty, Chunk{});
}

TEST(DecodeApplyChunk, truncates_floats_where_clients_have_written_them) {
    const auto chunk = decode_apply_chunk_request(
        R"({"chunk":{"revlog":[[1,2,3,4,5.9,-6.9,2500.0,1e3,1]],)"
        R"("cards":[[1,2,3,4,5.7,6,0,0,-7.5,8.5,2500,9,10,11,12.0,13,0,""]]}})");
    ASSERT_TRUE(chunk);
    ASSERT_EQ(chunk->revlog.size(), 1U);
    EXPECT_EQ(chunk->revlog[0].interval, 5);
    EXPECT_EQ(chunk->revlog[0].last_interval, -6);
    EXPECT_EQ(chunk->revlog[0].factor, 2500U);
    EXPECT_EQ(chunk->revlog[0].taken_ms, 1000U);
    ASSERT_EQ(chunk->cards.size(), 1U);
    EXPECT_EQ(chunk->cards[0].mtime, TimestampSecs{5});
    EXPECT_EQ(chunk->cards[0].due, -7);
    EXPECT_EQ(chunk->cards[0].interval_days, 8);
    EXPECT_EQ(chunk->cards[0].original_due, 12);
}

TEST(DecodeApplyChunk, counts_negatives_as_zero_where_none_has_a_meaning) {
    const auto chunk =
        decode_apply_chunk_request(R"({"chunk":{"revlog":[[1,2,3,4,5,6,-1,-1000,1]],)"
                                   R"("cards":[[1,2,3,4,5,6,0,0,7,-8,2500,9,10,11,12,13,0,""]]}})");
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->revlog.at(0).factor, 0U);
    EXPECT_EQ(chunk->revlog.at(0).taken_ms, 0U);
    EXPECT_EQ(chunk->cards.at(0).interval_days, 0);
}

TEST(DecodeApplyChunk, takes_a_review_of_a_missing_or_unknown_type_as_type_0) {
    for (const auto* type : {"", ",0", ",6", ",255", ",-1", ",1.0", ",\"1\"", ",null", ",[]"}) {
        const auto chunk =
            decode_apply_chunk_request(revlog("[1,2,3,4,5,6,7,8" + std::string(type) + "]"));
        ASSERT_TRUE(chunk) << type;
        EXPECT_EQ(chunk->revlog.at(0).type, 0) << type;
    }
    const auto chunk = decode_apply_chunk_request(revlog("[1,2,3,4,5,6,7,8,5]"));
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->revlog.at(0).type, 5);
}

TEST(DecodeApplyChunk, carries_ids_of_0_and_pending_usns_as_they_are) {
    const auto chunk = decode_apply_chunk_request(notes(R"([0,"",0,0,-1,"","","","",0,""])"));
    ASSERT_TRUE(chunk);
    EXPECT_EQ(chunk->notes.at(0).id, NoteId{0});
    EXPECT_EQ(chunk->notes.at(0).usn, usn_pending);
}

TEST(DecodeApplyChunk, refuses_chunks) {
    expect_refused(decode_apply_chunk_request, {{"{}", "chunk: missing"},
                                                {R"({"chunk":[]})", "chunk"},
                                                {R"({"chunk":{"done":1}})", "done"},
                                                {R"({"chunk":{"done":null}})", "done"},
                                                {R"({"chunk":{"cards":{}}})", "cards"},
                                                {cards("{}"), "cards: "},
                                                {cards("[]"), "cards: a row of 0"}});
}

TEST(DecodeApplyChunk, refuses_reviews) {
    expect_refused(decode_apply_chunk_request, {{revlog("[1,2,3,4,5,6,7]"), "a row of 7"},
                                                {revlog("[1,2,3,4,5,6,7,8,0,0]"), "a row of 10"},
                                                {revlog("[\"1\",2,3,4,5,6,7,8,0]"), "revlog: id"},
                                                {revlog("[1,2.0,3,4,5,6,7,8,0]"), "cid"},
                                                {revlog("[1,2,2147483648,4,5,6,7,8,0]"), "usn"},
                                                {revlog("[1,2,3,-1,5,6,7,8,0]"), "ease"},
                                                {revlog("[1,2,3,256,5,6,7,8,0]"), "ease"},
                                                {revlog("[1,2,3,4.0,5,6,7,8,0]"), "ease"},
                                                {revlog("[1,2,3,4,2147483648,6,7,8,0]"), "ivl"},
                                                {revlog("[1,2,3,4,5,\"6\",7,8,0]"), "lastIvl"},
                                                {revlog("[1,2,3,4,5,6,4294967296,8,0]"), "factor"},
                                                {revlog("[1,2,3,4,5,6,7,1e300,0]"), "time"},
                                                {revlog("[1,2,3,4,5,6,7,null]"), "time"}});
}

TEST(DecodeApplyChunk, refuses_cards) {
    const std::vector<std::string> plain = {"1", "2", "3",    "4", "5",  "6",  "0",  "0", "7",
                                            "8", "9", "2500", "9", "10", "11", "12", "0", "\"\""};
    // The plain row with one value replaced.
    const auto with = [&](std::size_t column, const std::string& value) {
        auto row = plain;
        row.at(column) = value;
        std::string text = "[";
        for (const auto& element : row) {
            text += element + ",";
        }
        text.back() = ']';
        return cards(text);
    };
    ASSERT_TRUE(decode_apply_chunk_request(with(0, "1")));
    expect_refused(decode_apply_chunk_request, {{with(0, "1.0"), "cards: id"},
                                                {with(1, "9223372036854775808"), "nid"},
                                                {with(2, "null"), "did"},
                                                {with(3, "-1"), "ord"},
                                                {with(3, "65536"), "ord"},
                                                {with(4, "\"5\""), "mod"},
                                                {with(5, "-2147483649"), "usn"},
                                                {with(6, "-1"), "type"},
                                                {with(6, "4"), "type"},
                                                {with(7, "-4"), "queue"},
                                                {with(7, "5"), "queue"},
                                                {with(7, "1.0"), "queue"},
                                                {with(8, "2147483648"), "due"},
                                                {with(8, "true"), "due"},
                                                {with(9, "2147483648"), "ivl"},
                                                {with(10, "65536"), "factor"},
                                                {with(10, "2500.0"), "factor"},
                                                {with(11, "-1"), "reps"},
                                                {with(12, "4294967296"), "lapses"},
                                                {with(13, "-1"), "left"},
                                                {with(14, "-2147483649"), "odue"},
                                                {with(15, "\"12\""), "odid"},
                                                {with(16, "256"), "flags"},
                                                {with(16, "-1"), "flags"},
                                                {with(17, "0"), "data"},
                                                {with(17, "\"\",0"), "a row of 19"}});
}

TEST(DecodeApplyChunk, refuses_notes) {
    expect_refused(decode_apply_chunk_request,
                   {{notes(R"([1,"g",2,3,4,"","","","",0])"), "a row of 10"},
                    {notes(R"([1,"g",2,3,4,"","","","",0,"",0])"), "a row of 12"},
                    {notes(R"([1,7,2,3,4,"","","","",0,""])"), "notes: guid"},
                    {notes(R"([1,"g",2,3.5,4,"","","","",0,""])"), "mod"},
                    {notes(R"([1,"g",2,3,4,[],"","","",0,""])"), "tags"},
                    {notes(R"([1,"g",2,3,4,"",null,"","",0,""])"), "flds"},
                    {notes(R"([1,"g",2,3,4,"","",0,"",0,""])"), "sfld"},
                    {notes(R"([1,"g",2,3,4,"","","",0,0,""])"), "csum"},
                    {notes(R"([1,"g",2,3,4,"","","","",-1,""])"), "flags"},
                    {notes(R"([1,"g",2,3,4,"","","","",0,null])"), "data"}});
}

TEST(DecodeApplyChunk, tells_no_content_in_an_error) {
    const auto chunk =
        decode_apply_chunk_request(notes(R"([1,"g",2,3,4," private ","private","","",0,7])"));
    ASSERT_FALSE(chunk);
    EXPECT_EQ(chunk.error().context, "chunk: notes: data: not a string");
}

TEST(DecodeSanityCheck, takes_counts_and_texts_and_ignores_full) {  // R-TRANS-11
    const auto counts =
        decode_sanity_check_request(R"({"client":[[1,2,3],4,5,6,7,8,9,10],"full":true})");
    ASSERT_TRUE(counts);
    EXPECT_EQ(std::get<SanityCounts>(counts->client).due, (std::array<std::uint32_t, 3>{1, 2, 3}));
    EXPECT_EQ(std::get<SanityCounts>(counts->client).deck_configs, 10U);
    const auto text = decode_sanity_check_request(R"({"client":"failed basic check"})");
    ASSERT_TRUE(text);
    EXPECT_EQ(std::get<std::string>(text->client), "failed basic check");
}

TEST(DecodeSanityCheck, refuses) {
    expect_refused(decode_sanity_check_request,
                   {{"{}", "client: missing"},
                    {R"({"client":null})", "client"},
                    {R"({"client":[]})", "client: a row of 0"},
                    {R"({"client":[[1,2],4,5,6,7,8,9,10]})", "client: a row of 2"},
                    {R"({"client":[0,4,5,6,7,8,9,10]})", "client: "},
                    {R"({"client":[[1,2,3],4,5,6,7,8,9]})", "client: a row of 7"},
                    {R"({"client":[[1,2,3],-4,5,6,7,8,9,10]})", "client: cards"},
                    {R"({"client":[[1,2,-3],4,5,6,7,8,9,10]})", "client: review"},
                    {R"({"client":[[1,2,3],4,5,6,7,8,9,4294967296]})", "client: deck configs"}});
}

// R-TRANS-09
TEST(DecodeEmptyRequest, takes_an_object_without_arguments_or_nothing) {
    for (const auto* body : {"", " \r\n\t", "{}", " { } ", R"({"_pad":null})"}) {
        EXPECT_TRUE(decode_empty_request(body)) << body;
    }
}

TEST(DecodeEmptyRequest, refuses) {
    for (const auto* body : {"[]", "null", "{", "{\"a\":1}", R"({"_pad":0})", "{}{}", "0", "\""}) {
        const auto result = decode_empty_request(body);
        ASSERT_FALSE(result) << body;
        EXPECT_EQ(result.error().kind, ErrorKind::malformed) << body;
    }
}

TEST(DecodeMetaResponse, takes_what_servers_may_leave_out) {
    const auto meta = decode_meta_response(
        R"({"mod":1,"scm":2,"usn":3,"ts":4,"msg":"","cont":false,"media_usn":5,"uname":"x"})");
    ASSERT_TRUE(meta);
    EXPECT_EQ(*meta, (MetaResponse{.modified = {1},
                                   .schema_modified = {2},
                                   .usn = {3},
                                   .server_time = {4},
                                   .message = "",
                                   .may_continue = false,
                                   .empty = false,
                                   .media_usn = {5}}));
}

TEST(DecodeMetaResponse, refuses) {
    expect_refused(
        decode_meta_response,
        {{"[]", "object"},
         {R"({"mod":1,"scm":2,"usn":3,"ts":4,"msg":"","cont":true})", "media_usn: missing"},
         {R"({"scm":2,"usn":3,"ts":4,"msg":"","cont":true,"media_usn":5})", "mod: missing"},
         {R"({"mod":1,"scm":2,"usn":3,"ts":4,"msg":null,"cont":true,"media_usn":5})", "msg"}});
}

TEST(DecodeResponses, refuse) {
    expect_refused(decode_host_key_response, {{"{}", "key: missing"}, {R"({"key":1})", "key"}});
    expect_refused(decode_graves_response, {{"null", "object"}, {"{}", "cards: missing"}});
    expect_refused(decode_changes_response, {{"{}", "models: missing"}});
    expect_refused(decode_chunk_response, {{"null", "object"}, {R"({"done":0})", "done"}});
    expect_refused(decode_sanity_check_response,
                   {{R"({"c":"x"})", "status: missing"},
                    {"[]", "object"},
                    {R"({"status":1,"c":"x"})", "status: "},
                    {R"({"status":"OK","c":"x"})", "status: neither ok nor bad"},
                    {R"({"status":"ok"})", "c: missing"},
                    {R"({"status":"ok","c":"x","s":"y"})", "s: "}});
    expect_refused(decode_finish_response,
                   {{"null", "integer"}, {"\"1\"", "integer"}, {"", "JSON"}});
}

TEST(Decode, refuses_a_body_that_is_nested_deep_without_harm) {
    const std::string deep(limits::mib, '[');
    EXPECT_FALSE(decode_apply_chunk_request(deep));
    EXPECT_FALSE(decode_apply_chunk_request(R"({"chunk":)" + deep));
}

// A search per member, over all members, would take minutes here.
TEST(Decode, copes_with_a_hundred_thousand_members) {
    std::string members = R"("a":1)";
    for (int i = 0; i < 100'000; ++i) {
        members += ",\"x" + std::to_string(i) + "\":{}";
    }
    EXPECT_TRUE(decode_start_request(R"({"minUsn":5,"lnewer":true,)" + members + "}"));
    const auto changes = decode_apply_changes_request(
        R"({"changes":{"models":[],"decks":[[],[]],"tags":[],"conf":{)" + members + "}}}");
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->config->size(), 100'001U);
}

}  // namespace
}  // namespace ankiwire::wire
