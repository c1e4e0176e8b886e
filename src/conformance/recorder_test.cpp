#include "conformance/recorder.hpp"

#include <gmock/gmock.h>

#include "conformance/bodies.hpp"
#include "conformance/collection_dump.hpp"
#include "conformance/collection_file.hpp"
#include "conformance/form.hpp"
#include "conformance/suite.hpp"
#include "zip/gzip.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;

const RecordingFacts facts = {
    .name = "day", .about = "Why it was.", .server = "the server 1", .now_ms = 1'800'000'000'000};

HttpRequest request(const std::string& method, const std::string& body, const std::string& session,
                    const std::string& key = "0123") {
    HttpRequest made;
    made.path = "/sync/" + method;
    made.headers = {
        {"Anki-Sync", R"({"v":11,"k":")" + key + R"(","c":"1.2,x,y","s":")" + session + "\"}"}};
    made.body = body.empty() ? "" : zstd::pack(body);
    return made;
}

HttpReply reply(const std::string& body, unsigned status = 200) {
    return {.status = status,
            .headers = {{"anki-original-size", std::to_string(body.size())}},
            .body = zstd::pack(body)};
}

const Exchange login = {request("hostKey", R"({"u":"me","p":"secret"})", "s1", ""),
                        reply(R"({"key":"0123"})")};
const Exchange meta = {request("meta", R"({"v":11,"cv":"client 1"})", "s2"),
                       reply(R"({"mod":5,"ts":1800000000})")};

std::string transcript_of(const std::vector<Exchange>& exchanges) {
    return transcribe(exchanges, facts).transcript;
}

TEST(Recorder, a_transcript_is_a_case) {
    const auto transcript = transcript_of({login, meta});
    EXPECT_EQ(transcript,
              "# Recorded on 2027-01-15: client 1\n"
              "# with the server 1.\n"
              "# Why it was.\n"
              "recorded 2027-01-15\n"
              "account empty\n"
              "  update config set val = cast('null' as blob) where key = 'creationOffset';\n"
              "\n"
              "a: hostKey {\"u\": <user>, \"p\": <password>}\n"
              "-> 200 {\"key\": <key>}\n"
              "\n"
              "b: meta {\"v\": 11, \"cv\": \"client 1\"}\n"
              "-> 200 {\"mod\": <int>, \"ts\": <s>, ...}\n");
    const auto cases = parse_transcript("captures/day", "day.sync", transcript, EmbeddedLibrary());
    ASSERT_TRUE(cases) << cases.error().context;
    EXPECT_EQ(cases->front().steps.size(), 2U);
    EXPECT_EQ(level_of(cases->front()), Level::must);
}

TEST(Recorder, names_are_given_at_the_head) {
    const auto transcript = transcript_of(
        {{request("applyChunk", R"({"chunk":{"cards":[[1800000000005]]}})", "s"), reply("null")}});
    EXPECT_THAT(transcript, HasSubstr("\ngiven card1=1800000000005\n"));
    EXPECT_THAT(transcript,
                HasSubstr("a: applyChunk {\"chunk\": {\"cards\": [[<card1>]]}}\n-> 200 null\n"));
    const auto cases = parse_transcript("c", "c.sync", transcript, EmbeddedLibrary());
    ASSERT_TRUE(cases) << cases.error().context;
    EXPECT_EQ(cases->front().given.at("card1"), "1800000000005");
}

TEST(Recorder, no_secret_is_left) {
    const auto transcript = transcript_of(
        {login,
         {request("hostKey", R"({"u":"me","p":"nearly"})", "s", ""), reply("no", 403)},
         {request("meta", "{}", "s", "f00f"), reply("no", 403)}});
    EXPECT_THAT(transcript, Not(HasSubstr("secret")));
    EXPECT_THAT(transcript, Not(HasSubstr("nearly")));
    EXPECT_THAT(transcript, Not(HasSubstr("\"me\"")));
    EXPECT_THAT(transcript, Not(HasSubstr("0123")));
    EXPECT_THAT(transcript, Not(HasSubstr("f00f")));
    EXPECT_THAT(transcript, HasSubstr("b: meta header.k=\"unknown\" {}\n-> 403\n"));
}

TEST(Recorder, forms_have_their_parts_named) {
    const auto body = write_form(
        {{"data", zip::gzip(R"({"v":9,"cv":"old"})")}, {"c", "1"}, {"k", "0123"}, {"s", "&%"}});
    HttpRequest form;
    form.path = "/sync/meta";
    form.headers = {{"content-type", body.content_type}};
    form.body = body.bytes;
    HttpRequest begin;
    begin.verb = "GET";
    begin.path = "/msync/begin?k=0123&v=old";
    const HttpReply bare{.status = 200, .headers = {}, .body = "{}"};
    const auto transcript = transcript_of({{form, bare}, {begin, bare}});
    EXPECT_THAT(transcript, HasSubstr("\nprotocol 9\n"));
    EXPECT_THAT(transcript, HasSubstr("a: meta parts=\"data c k s\" {\"v\": 9, \"cv\": \"old\"}\n"
                                      "-> 200 {...}\n"
                                      "a: begin verb=GET parts=\"k v\" nothing\n-> 200 {}\n"));
}

TEST(Recorder, a_form_without_its_end_is_told) {
    const auto body = write_form({{"k", "0123"}, {"c", "1"}}, {.has_end = false});
    HttpRequest form;
    form.path = "/sync/download";
    form.headers = {{"Content-Type", body.content_type}};
    form.body = body.bytes;
    const HttpReply refusal{.status = 400, .headers = {}, .body = "400"};
    EXPECT_THAT(transcript_of({login, {form, refusal}}),
                HasSubstr("a: download parts=\"k c\" end=no nothing\n-> 400\n"));
}

TEST(Recorder, files) {
    const EmbeddedLibrary library;
    const auto file = make_collection(*library.collection("one-note"));
    ASSERT_TRUE(file);
    const auto zip =
        make_media_zip(*from_json(R"([["a.txt","0"],["b",null]])"), *from_json(R"({"0":"text"})"));
    const auto recording = transcribe({{request("upload", *file, "s"), reply("OK")},
                                       {request("download", "{}", "s"), reply(*file)},
                                       {request("uploadChanges", *zip, "s"), reply("{}")}},
                                      facts);
    EXPECT_THAT(recording.transcript, HasSubstr("a: upload collection day-1\n-> 200 text \"OK\"\n"
                                                "a: download {}\n-> 200 collection\n"
                                                "  select ver, usn from col\n  = 18 | 5\n"));
    EXPECT_THAT(recording.transcript,
                HasSubstr("a: uploadChanges zip [[\"a.txt\", \"0\"], [\"b\", null]] "
                          "{\"0\": \"text\"}\n"));
    const auto again = make_collection(recording.collections.at("day-1"));
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_EQ(*dump_collection(*again), *dump_collection(*file));
}

TEST(Recorder, what_is_no_text_is_told_by_its_bytes) {
    const auto transcript =
        transcript_of({login,
                       {request("upload", "no collection", "s"), reply("no", 400)},
                       {request("upload", "\x01\xff", "s"), reply("no", 400)},
                       {request("meta", "{", "s"), reply("\xff")}});
    EXPECT_THAT(transcript, HasSubstr("b: upload text \"no collection\"\n-> 400\n"
                                      "b: upload hex 01ff\n-> 400\n"
                                      "b: meta text \"{\"\n-> 200\n"));
}

TEST(Recorder, a_login_that_is_none_is_not_told) {
    EXPECT_THAT(transcript_of({{request("hostKey", R"({"p":"secret")", "s", ""), reply("", 400)}}),
                HasSubstr("a: hostKey text \"\"\n-> 400\n"));
}

TEST(Recorder, versions_of_clients_stay_comments) {
    const Exchange odd = {request("meta", R"({"cv":"client 1\naccount other"})", "s2"), meta.reply};
    EXPECT_THAT(transcript_of({odd}),
                HasSubstr("# Recorded on 2027-01-15: client 1 account other\n"));
}

TEST(Recorder, what_is_no_sync_is_left_out) {
    HttpRequest page;
    page.verb = "GET";
    page.path = "/health?k=secret";
    EXPECT_THAT(transcript_of({{page, {.status = 200, .headers = {}, .body = "ok"}}, meta}),
                HasSubstr("\n# Left out: GET /health, 200\n"));
}

}  // namespace
}  // namespace ankiwire::conformance
