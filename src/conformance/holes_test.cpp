#include "conformance/holes.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

using testing::ElementsAre;
using testing::Pair;

constexpr std::int64_t now_ms = 1'800'000'000'000;

class HolesTest : public testing::Test {
protected:
    std::string request(std::string_view method, std::string_view json) {
        return to_text(holes.in_request(method, *from_json(json)));
    }
    std::string reply(std::string_view method, std::string_view json) {
        return to_text(holes.in_reply(method, *from_json(json)));
    }

    Holes holes{now_ms, /*same_state=*/false};
};

TEST_F(HolesTest, secrets) {
    holes.set_key("0123abcd");
    EXPECT_EQ(request("hostKey", R"({"u": "me", "p": "secret"})"),
              R"({"u": <user>, "p": <password>})");
    EXPECT_EQ(reply("hostKey", R"({"key": "0123abcd"})"), R"({"key": <key>})");
}

TEST_F(HolesTest, a_time_has_one_name) {
    EXPECT_EQ(reply("finish", "1800000000123"), "<ms:mod1>");
    EXPECT_EQ(reply("applyChanges", R"({"a": 1800000000123, "b": 1800000001, "c": 1800000001})"),
              R"({"a": <mod1>, "b": <s:second1>, "c": <second1>})");
    EXPECT_EQ(reply("applyChanges", R"({"a": 5, "b": 1500000000123, "c": 3177819980527020271})"),
              R"({"a": 5, "b": 1500000000123, "c": 3177819980527020271})");
    // A thousand times that does not fit, and would be near if it went round.
    EXPECT_EQ(reply("start", "-18446744071909552"), "-18446744071909552");
}

// R-CHUNK-13, R-LEG-35
TEST_F(HolesTest, what_servers_may_do_otherwise_is_left_open) {
    EXPECT_EQ(reply("chunk", R"({"cards": [[1, "{}"], [2, ""], [3, "{\"s\":1}"]]})"),
              R"({"cards": [~ [1, <any>], [2, ""], [3, "{\"s\":1}"]]})");
    EXPECT_EQ(reply("meta", R"({"cont": false, "msg": "too old", "empty": true})"),
              R"({"cont": <bool>, "msg": <text>, "empty": true, ...})");
    EXPECT_EQ(reply("meta", R"({"cont": false, "msg": "too old", "empty": false})"),
              R"({"cont": false, "msg": "too old", "empty": false, ...})");
}

TEST_F(HolesTest, what_a_client_makes_is_given) {
    EXPECT_EQ(request("applyChunk",
                      R"({"chunk": {"cards": [[1800000000002, 1800000000001, 1]],
                          "notes": [[1800000000001, "x", 7, 1800000000]],
                          "revlog": [[1800000000003, 1800000000002]]}})"),
              "{\n"
              "  \"chunk\": {\n"
              "    \"cards\": [[<card1>, <note1>, 1]],\n"
              "    \"notes\": [[<note1>, \"x\", 7, <second1>]],\n"
              "    \"revlog\": [[<review1>, <card1>]]\n"
              "  }\n"
              "}");
    EXPECT_THAT(holes.given(),
                ElementsAre(Pair("card1", 1800000000002), Pair("note1", 1800000000001),
                            Pair("second1", 1800000000), Pair("review1", 1800000000003)));
    EXPECT_EQ(reply("start", R"({"cards": [], "notes": [1800000000001, 9]})"),
              R"({"cards": [], "notes": [~ <note1>, 9]})");
}

TEST_F(HolesTest, ids_have_the_name_of_their_list) {
    EXPECT_EQ(request("applyChanges",
                      R"({"changes": {"models": [{"id": 1800000000001}],
                          "decks": [[{"id": 1800000000002}], [{"id": 1800000000003}]]}})"),
              R"({"changes": {"models": [{"id": <notetype1>}], "decks": [[{"id": <deck1>}], )"
              R"([{"id": <config1>}]]}})");
}

TEST_F(HolesTest, counters_count_once_the_state_is_known) {
    constexpr auto meta = R"({"mod": 1800000000001, "usn": 3, "ts": 1800000000, "media_usn": 2})";
    EXPECT_EQ(reply("meta", meta),
              R"({"mod": <int>, "usn": <int>, "ts": <s>, "media_usn": <int:media>, ...})");
    holes.set_state_known();
    EXPECT_EQ(reply("meta", meta),
              R"({"mod": <ms:mod1>, "usn": 3, "ts": <s>, "media_usn": <media>, ...})");
}

TEST_F(HolesTest, media_are_counted_from_where_they_are) {
    EXPECT_EQ(reply("begin", R"({"data": {"usn": 7, "sk": "x"}, "err": ""})"),
              R"({"data": {"usn": <int:media>, "sk": <text:sk>}, "err": ""})");
    EXPECT_EQ(request("mediaChanges", R"({"lastUsn": 5})"), R"({"lastUsn": <media-2>})");
    EXPECT_EQ(reply("mediaChanges", R"({"data": [["b", 9, ""], ["a", 7, ""]], "err": ""})"),
              R"({"data": [~ ["b", <media+2>, ""], ["a", <media>, ""]], "err": ""})");
    EXPECT_EQ(reply("uploadChanges", R"({"data": [1, 10], "err": ""})"),
              R"({"data": [1, <media+3>], "err": ""})");
    EXPECT_EQ(request("mediaChanges", R"({"lastUsn": -9223372036854775808})"),
              R"({"lastUsn": -9223372036854775808})");
}

TEST_F(HolesTest, another_day_may_begin) {
    EXPECT_EQ(reply("applyChanges", R"({"conf": {"a": 1, "lastUnburied": 5}})"),
              R"({"conf": {"a": 1, "lastUnburied?": <int>}})");
    EXPECT_EQ(reply("applyChanges", R"({"conf": [1]})"), R"({"conf": [1]})");
}

}  // namespace
}  // namespace ankiwire::conformance
