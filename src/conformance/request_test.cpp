#include "conformance/request.hpp"

#include <gmock/gmock.h>

#include "conformance/bodies.hpp"
#include "conformance/reply.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

class RequestTest : public testing::Test {
protected:
    RequestTest() { bindings_.set_text("key", "k1"); }

    // What the first step of these steps sends.
    Outgoing sent(const std::string& steps) {
        const auto parsed = parse_transcript(
            "area/name", "name.sync", "# Why.\ncovers x\naccount empty\n\n" + steps + "\n-> any\n",
            library_);
        EXPECT_TRUE(parsed) << parsed.error().context;
        auto out =
            outgoing(parsed->front().steps.front(), {"k1", "s1"}, target_, bindings_, library_);
        EXPECT_TRUE(out) << out.error().context;
        return out ? *out : Outgoing{};
    }

    EmbeddedLibrary library_;
    Bindings bindings_;
    Target target_{.tls = false, .host = "host", .port = "80", .path = "/base/"};
};

TEST_F(RequestTest, is_packed_and_identified) {
    const auto request = sent("a: meta {\"v\": 11}").request;
    EXPECT_EQ(request.path, "/base/sync/meta");
    EXPECT_EQ(zstd::unpack(request.body, 100).value(), R"({"v": 11})");
    EXPECT_THAT(
        request.headers,
        testing::Contains(
            Pair("anki-sync", R"({"v": 11, "k": "k1", "c": "conformance,1,suite", "s": "s1"})")));
    EXPECT_EQ(sent("a: begin {}").request.path, "/base/msync/begin");
}

TEST_F(RequestTest, may_be_what_no_client_sends) {
    EXPECT_EQ(sent("a: meta packed=no text \"x\"").request.body, "x");
    EXPECT_THAT(sent("a: meta packed=no append=\"00 ff\" text \"x\"").request.body,
                EndsWith(std::string("\x00\xff", 2)));
    EXPECT_EQ(zstd::unpack(sent("a: meta pad=3 {}").request.body, 100).value(), "{}   ");
    EXPECT_EQ(sent("a: meta verb=GET path=\"x?k=<key>\"").request.path, "/base/x?k=k1");
    EXPECT_EQ(sent("a: meta break=5 {}").request.breaks_after, 5U);
    const auto raw = sent("a: raw \"x\\r\\n\"").request;
    EXPECT_TRUE(raw.is_raw);
    EXPECT_EQ(raw.body, "x\r\n");
}

TEST_F(RequestTest, may_be_a_form) {
    const auto request = sent("a: begin header=none form {\"k\": <key>, \"v\": 1}").request;
    ASSERT_EQ(request.headers.size(), 1U);
    EXPECT_EQ(request.headers.front().second, form_type);
    EXPECT_THAT(request.body, StartsWith("--ankiwire-conformance-boundary\r\n"));
    EXPECT_THAT(request.body, HasSubstr("name=\"k\"\r\n\r\nk1\r\n"));
    EXPECT_THAT(request.body, EndsWith("--ankiwire-conformance-boundary--\r\n"));
}

TEST_F(RequestTest, may_be_a_form_of_parts) {
    EXPECT_THAT(sent("a: meta parts=\"data k\" {}").request.body,
                EndsWith("\r\nk1\r\n--"
                         "ankiwire-conformance-boundary--\r\n"));
    EXPECT_THAT(sent("a: download parts=\"c k\" end=no nothing").request.body,
                EndsWith("\r\nk1\r\n"));
}

TEST(Frames, have_the_window_that_is_asked_for) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{300000}}) {
        const auto frame = frame_of_window(std::string(size, 'x'), 20);
        EXPECT_EQ(frame[5], static_cast<char>(10 << 3));
        EXPECT_EQ(zstd::unpack(frame, 400000).value(), std::string(size, 'x'));
    }
    EXPECT_FALSE(zstd::unpack(frame_of_window("x", 24), 100));
}

TEST(Replies, have_headers_that_are_compared) {
    Expectation expected;
    expected.status = "200|4xx";
    expected.headers = {{"content-type", "text/*"}, {"x", "absent"}};
    Bindings bindings;
    HttpReply reply{.status = 404, .headers = {{"content-type", "text/html"}}, .body = "404"};
    EXPECT_FALSE(compare_reply(expected, reply, bindings));
    reply.headers["x"] = "y";
    EXPECT_EQ(compare_reply(expected, reply, bindings)->where, "the header x");
    reply.headers = {};
    EXPECT_EQ(compare_reply(expected, reply, bindings)->where, "the header content-type");
    reply.status = 500;
    EXPECT_EQ(compare_reply(expected, reply, bindings)->where, "status");
}

}  // namespace
}  // namespace ankiwire::conformance
