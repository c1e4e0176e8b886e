#include "wire/sync_header.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/limits.hpp"

namespace ankiwire::wire {
namespace {

constexpr std::string_view sample = R"({"v":11,"k":"abc","c":"26.09.3,hash,linux","s":"xyz"})";

TEST(SyncHeader, is_parsed_into_its_members) {
    const auto header = parse_sync_header(sample);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->version, 11);
    EXPECT_EQ(header->host_key.reveal(), "abc");
    EXPECT_EQ(header->client, "26.09.3,hash,linux");
    EXPECT_EQ(header->session_key.text, "xyz");
}

TEST(SyncHeader, is_written_as_the_official_client_writes_it) {
    EXPECT_EQ(encode_sync_header({.version = 11,
                                  .host_key = HostKey("abc"),
                                  .client = "26.09.3,hash,linux",
                                  .session_key = {"xyz"}}),
              sample);
}

TEST(SyncHeader, has_an_empty_host_key_before_the_login) {
    const auto header = parse_sync_header(R"({"v":11,"k":"","c":"x","s":"y"})");
    ASSERT_TRUE(header);
    EXPECT_EQ(header->host_key.reveal(), "");
}

TEST(SyncHeader, may_have_members_in_any_order_and_unknown_ones) {
    EXPECT_TRUE(parse_sync_header(R"({ "s": "y", "new": [1], "c": "x", "k": "", "v": 11 })"));
}

TEST(SyncHeader, of_another_version_is_told_apart_from_nonsense) {
    for (const auto* version : {"8", "9", "10", "12", "0", "-1"}) {
        const auto header =
            parse_sync_header(std::string(R"({"k":"","c":"x","s":"y","v":)") + version + "}");
        ASSERT_FALSE(header) << version;
        EXPECT_EQ(header.error().kind, ErrorKind::unsupported_version) << version;
    }
}

TEST(SyncHeader, is_refused_if_it_is_malformed) {  // R-TRANS-03, R-TRANS-04
    const std::vector<std::pair<const char*, std::string>> cases = {
        {"nothing", ""},
        {"not JSON", "abc"},
        {"not an object", "[11,\"\",\"\",\"\"]"},
        {"cut", std::string(sample.substr(0, sample.size() - 1))},
        {"more after it", std::string(sample) + "}"},
        {"no v", R"({"k":"","c":"x","s":"y"})"},
        {"no k", R"({"v":11,"c":"x","s":"y"})"},
        {"no c", R"({"v":11,"k":"","s":"y"})"},
        {"no s", R"({"v":11,"k":"","c":"x"})"},
        {"v in a string", R"({"v":"11","k":"","c":"x","s":"y"})"},
        {"v a float", R"({"v":11.0,"k":"","c":"x","s":"y"})"},
        {"k null", R"({"v":11,"k":null,"c":"x","s":"y"})"},
        {"s a number", R"({"v":11,"k":"","c":"x","s":1})"},
        {"a byte over ASCII", "{\"v\":11,\"k\":\"\xc3\xa9\",\"c\":\"x\",\"s\":\"y\"}"},
        {"a line break", "{\"v\":11,\n\"k\":\"\",\"c\":\"x\",\"s\":\"y\"}"},
        {"a delete character", "{\"v\":11,\"k\":\"\x7f\",\"c\":\"x\",\"s\":\"y\"}"},
        {"a line break by escape", R"({"v":11,"k":"","c":"x","s":"y\n"})"},
        {"a letter over ASCII by escape", R"({"v":11,"k":"","c":"\u00e9","s":"y"})"},
    };
    for (const auto& [name, text] : cases) {
        const auto header = parse_sync_header(text);
        ASSERT_FALSE(header) << name;
        EXPECT_EQ(header.error().kind, ErrorKind::malformed) << name;
    }
}

// R-LIM-04
TEST(SyncHeader, may_be_as_long_as_the_limit_and_no_longer) {
    SyncHeader header;
    const std::size_t empty_size = encode_sync_header(header).size();
    header.client.assign(limits::sync_header_bytes_max - empty_size, 'c');
    EXPECT_TRUE(parse_sync_header(encode_sync_header(header)));
    header.client += 'c';
    const auto parsed = parse_sync_header(encode_sync_header(header));
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().kind, ErrorKind::malformed);
}

TEST(SyncHeader, never_tells_its_content_in_an_error) {
    const auto header = parse_sync_header(R"({"v":11,"k":"secret","c":"x","s":7})");
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().context.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace ankiwire::wire
