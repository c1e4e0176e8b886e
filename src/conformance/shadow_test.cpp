#include "conformance/shadow.hpp"

#include <gmock/gmock.h>

#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

HttpReply reply(const std::string& body, unsigned status = 200) {
    return {.status = status,
            .headers = {{"anki-original-size", std::to_string(body.size())}},
            .body = zstd::pack(body)};
}

class ShadowTest : public testing::Test {
protected:
    // Where the second reply differs; empty: nowhere.
    std::string difference(const std::string& method, const std::string& first,
                           const std::string& second, const std::string& body = "{}") {
        return difference(method, reply(first), reply(second), body);
    }
    std::string difference(const std::string& method, const HttpReply& first,
                           const HttpReply& second, const std::string& body = "{}") {
        Exchange exchange{.request = {}, .reply = first};
        exchange.request.path = "/sync/" + method;
        exchange.request.headers = {{"anki-sync", R"({"v":11,"k":"one","c":"","s":"s"})"}};
        exchange.request.body = zstd::pack(body);
        return shadow.compare(exchange, second).value_or("");
    }

    Shadow shadow{1'800'000'000'000};
};

TEST_F(ShadowTest, times_may_differ_but_stay_the_same) {
    EXPECT_EQ(difference("finish", "1800000000001", "1800000000042"), "");
    EXPECT_EQ(difference("meta", R"({"mod":1800000000001,"usn":4,"ts":1800000001})",
                         R"({"mod":1800000000042,"usn":4,"ts":1800000002})"),
              "");
    EXPECT_EQ(difference("meta", R"({"mod":1800000000001,"usn":4,"ts":1800000001})",
                         R"({"mod":1800000000043,"usn":4,"ts":1800000002})"),
              "meta: mod: 1800000000043, not 1800000000042");
}

TEST_F(ShadowTest, counters_and_what_a_client_made_may_not) {
    EXPECT_EQ(difference("meta", R"({"usn":4})", R"({"usn":5})"), "meta: usn: 5, not 4");
    EXPECT_EQ(difference("applyChunk", "null", "null", R"({"chunk":{"cards":[[1800000000005]]}})"),
              "");
    EXPECT_EQ(
        difference("chunk", R"({"cards":[[1800000000005]]})", R"({"cards":[[1800000000006]]})"),
        "chunk: cards[0][0]: 1800000000006, not 1800000000005");
}

TEST_F(ShadowTest, statuses_may_not_but_texts_of_errors_may) {
    EXPECT_EQ(difference("start", reply("a", 409), reply("b", 409)), "");
    EXPECT_EQ(difference("start", reply("a", 409), reply("{}")), "start: status 200, not 409");
    EXPECT_EQ(difference("upload", "OK", "no"), "upload: no, not OK");
}

TEST_F(ShadowTest, tells_nothing_that_a_terminal_would_obey_and_nothing_long) {
    EXPECT_EQ(difference("upload", "OK", "\x1b[2J\xff"), "upload: \uFFFD[2J\uFFFD, not OK");
    EXPECT_EQ(difference("upload", "OK", std::string(1000, 'x')),
              "upload: " + std::string(200, 'x') + "… (1000 bytes), not OK");
    EXPECT_EQ(difference("start", "{}", R"({"\u007f": 1})"), "start: \uFFFD: 1, not nothing");
    auto second = reply("{}");
    second.headers["anki-original-size"] = "\x1b";
    EXPECT_EQ(difference("start", reply("{}"), second),
              "start: anki-original-size is \uFFFD, but the reply has 2 bytes");
}

TEST_F(ShadowTest, keys_are_each_servers_own) {
    EXPECT_EQ(difference("hostKey", R"({"key":"one"})", R"({"key":"two"})"), "");
    HttpRequest request;
    request.path = "/msync/begin?k=one";
    request.headers = {{"anki-sync", R"({"k":"one"})"}};
    const auto changed = shadow.as_of_second(request);
    EXPECT_EQ(changed.path, "/msync/begin?k=two");
    EXPECT_EQ(changed.headers.front().second, R"({"k":"two"})");
}

}  // namespace
}  // namespace ankiwire::conformance
