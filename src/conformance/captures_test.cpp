#include "conformance/captures.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "files/temp_folder.hpp"

namespace ankiwire::conformance {
namespace {

using testing::HasSubstr;

constexpr auto transcript =
    "# Why.\nrecorded today\naccount empty\ngiven card1=7\n\n"
    "a: upload collection day-1\n-> 200 text \"OK\"\n"
    "a: upload collection one-note\n-> 200 text \"OK\"\n";

class CapturesTest : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) {
        const auto path = folder.path() / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    const files::TempFolder folder;
    Captures captures;
};

TEST_F(CapturesTest, collections_are_beside_the_transcript) {
    write("1/day.sync", transcript);
    write("1/day-1.sql", "create table first (a);");
    write("2/day.sync", transcript);
    write("2/day-1.sql", "create table second (a);");
    const auto read = captures.read(folder.path());
    ASSERT_TRUE(read) << read.error().context;
    ASSERT_EQ(captures.cases().size(), 2U);
    const auto& second = captures.cases()[1];
    EXPECT_EQ(second.id, "captures/2/day");
    EXPECT_EQ(*captures.collection(second.steps[0].body.text), "create table second (a);");
    EXPECT_THAT(*captures.collection(second.steps[1].body.text), HasSubstr("guid1"));
}

TEST_F(CapturesTest, says_what_is_wrong) {
    EXPECT_EQ(captures.read(folder.path()).error().kind, ErrorKind::not_found);
    write("day.sync", "# Why.\nrecorded today\n");
    EXPECT_EQ(captures.read(folder.path()).error().kind, ErrorKind::malformed);
}

TEST(Captures, those_of_the_repository_can_be_read) {
    Captures captures;
    const auto read = captures.read(std::filesystem::path(ANKIWIRE_FIXTURES) / "captures");
    ASSERT_TRUE(read) << read.error().context;
    EXPECT_GE(captures.cases().size(), 3U);
}

}  // namespace
}  // namespace ankiwire::conformance
