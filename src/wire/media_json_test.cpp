#include "wire/media_json.hpp"

#include <gmock/gmock.h>

#include "base/limits.hpp"

namespace ankiwire::wire {
namespace {

using testing::ElementsAre;

bool is_malformed(const auto& result) {
    return !result && result.error().kind == ErrorKind::malformed;
}

// R-MEDIA-02
TEST(MediaJson, replies_are_wrapped) {
    EXPECT_EQ(encode_begin_response({HostKey("abc"), {7}}),
              R"({"data":{"usn":7,"sk":"abc"},"err":""})");
    const std::vector<MediaChange> changes = {{"a \"b\"", {3}, "0123"}, {"c", {4}, ""}};
    EXPECT_EQ(encode_media_changes_response(changes),
              R"({"data":[["a \"b\"",3,"0123"],["c",4,""]],"err":""})");
    EXPECT_EQ(encode_media_changes_response({}), R"({"data":[],"err":""})");
    EXPECT_EQ(encode_upload_changes_response({25, {99}}), R"({"data":[25,99],"err":""})");
    EXPECT_EQ(encode_media_sanity_response(true), R"({"data":"OK","err":""})");
    EXPECT_EQ(encode_media_sanity_response(false), R"({"data":"mediaSanity","err":""})");
}

// R-MEDIA-17
TEST(MediaJson, a_download_names_its_entries_by_number) {
    const std::vector<std::string> names = {"a.jpg", "ä.jpg"};
    EXPECT_EQ(encode_download_meta(names), R"({"0":"a.jpg","1":"ä.jpg"})");
}

TEST(MediaJson, requests_are_read) {
    EXPECT_EQ(decode_begin_request(R"({"v":"anki,1,linux"})")->client, "anki,1,linux");
    EXPECT_TRUE(is_malformed(decode_begin_request(R"({"v":""})")));
    EXPECT_EQ(*decode_media_changes_request(R"({"lastUsn":5})"), MediaUsn{5});
    EXPECT_THAT(*decode_download_files_request(R"({"files":["a","b"]})"), ElementsAre("a", "b"));
    EXPECT_EQ(*decode_media_sanity_request(R"({"local":5})"), 5);
    for (const auto* json : {"", "{}", "[]", R"({"lastUsn":null,"files":[null],"local":"1"})",
                             R"({"v":1,"lastUsn":"1","files":{},"local":null})"}) {
        EXPECT_TRUE(is_malformed(decode_begin_request(json))) << json;
        EXPECT_TRUE(is_malformed(decode_media_changes_request(json))) << json;
        EXPECT_TRUE(is_malformed(decode_download_files_request(json))) << json;
        EXPECT_TRUE(is_malformed(decode_media_sanity_request(json))) << json;
    }
}

// R-MEDIA-16
TEST(MediaJson, at_most_25_files_are_asked_for) {
    const auto request = [](std::size_t count) {
        std::string json = R"({"files":["x")";
        for (std::size_t i = 1; i < count; ++i) {
            json += R"(,"x")";
        }
        return json + "]}";
    };
    EXPECT_TRUE(decode_download_files_request(request(limits::media_zip_files_max)));
    EXPECT_TRUE(is_malformed(decode_download_files_request(request(26))));
}

}  // namespace
}  // namespace ankiwire::wire
