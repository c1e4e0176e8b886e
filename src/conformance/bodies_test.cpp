#include "conformance/bodies.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

// Where the list of a zip's entries begins.
std::size_t list_of(const std::string& zip) { return zip.find("PK\x01\x02"); }

// The zip with the only entry of its list in it so often.
std::string repeated(const std::string& zip, unsigned count) {
    const auto list = list_of(zip);
    const auto end = zip.rfind("PK\x05\x06");
    auto made = zip.substr(0, list);
    for (unsigned i = 0; i < count; ++i) {
        made += zip.substr(list, end - list);
    }
    auto end_record = zip.substr(end);
    const auto put = [&](std::size_t at, std::size_t bytes, std::size_t value) {
        for (std::size_t i = 0; i < bytes; ++i) {
            end_record[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
        }
    };
    put(8, 2, count);
    put(10, 2, count);
    put(12, 4, (end - list) * count);
    return made + end_record;
}

TEST(MediaZip, comes_back) {
    const auto zip = make_media_zip({}, *from_json(R"({"_meta": "{\"0\": \"a.txt\"}", "0": "x"})"));
    ASSERT_TRUE(zip);
    const auto files = read_media_zip(*zip);
    ASSERT_TRUE(files) << files.error().context;
    EXPECT_EQ(to_text(*files), R"([["a.txt", "x"]])");
}

TEST(MediaZip, is_not_read_if_it_unpacks_to_too_much) {
    const auto zip = make_media_zip({}, *from_json(R"({"_meta": {"bytes": 1000000}})"));
    ASSERT_TRUE(zip);
    const auto files = read_media_zip(repeated(*zip, 900));
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().context, "the files of the zip are too large");
}

}  // namespace
}  // namespace ankiwire::conformance
