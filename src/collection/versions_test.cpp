#include "collection/versions.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <fstream>

#include "collection/store_fixture.hpp"
#include "files/read_file.hpp"

namespace ankiwire::collection {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::int64_t minute = 60 * 1000;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
// The end of a week and a day as the ladder counts them, which is from 1970.
constexpr std::int64_t now_ms = 2900 * 7 * day - 1;

Version version_of_age(std::int64_t age_ms, std::int64_t reviews = 0, std::uint64_t bytes = 1) {
    return {.kept_at = {now_ms - age_ms},
            .reason = "upload",
            .client = "test",
            .contents = {.notes = 1, .cards = 2, .reviews = reviews},
            .lost = {},
            .packed_bytes = bytes};
}

// The ages of those that stay, youngest first.
std::vector<std::int64_t> staying(const std::vector<Version>& versions,
                                  const Retention& retention = {}) {
    const auto evicted = versions_to_evict(versions, retention, {now_ms});
    std::vector<std::int64_t> ages;
    for (const auto& version : versions) {
        if (std::ranges::find(evicted, version) == evicted.end()) {
            ages.push_back(now_ms - version.kept_at.value);
        }
    }
    std::ranges::sort(ages);
    return ages;
}

TEST(Retention, keeps_all_of_the_last_hour) {
    EXPECT_THAT(staying({version_of_age(0), version_of_age(minute), version_of_age(2 * minute),
                         version_of_age(hour - 1)}),
                ElementsAre(0, minute, 2 * minute, hour - 1));
}

TEST(Retention, keeps_the_newest_of_each_day_for_two_weeks) {
    EXPECT_THAT(staying({version_of_age(2 * hour, 1), version_of_age(3 * hour),
                         version_of_age(day + hour), version_of_age(day + 2 * hour),
                         version_of_age(13 * day + hour), version_of_age(13 * day + 2 * hour)}),
                ElementsAre(2 * hour, day + hour, 13 * day + hour));
}

TEST(Retention, keeps_the_newest_of_each_week_for_90_days) {
    EXPECT_THAT(staying({version_of_age(0), version_of_age(15 * day), version_of_age(16 * day),
                         version_of_age(22 * day), version_of_age(85 * day),
                         version_of_age(90 * day), version_of_age(300 * day)}),
                ElementsAre(0, 15 * day, 22 * day, 85 * day));
}

TEST(Retention, always_keeps_the_newest) {
    EXPECT_THAT(staying({version_of_age(900 * day), version_of_age(800 * day)}),
                ElementsAre(800 * day));
    EXPECT_THAT(staying({version_of_age(0, 0, 100)}, {.bytes_max = 1}), ElementsAre(0));
}

TEST(Retention, keeps_the_one_with_the_most_reviews_for_30_days) {
    const auto poorer = version_of_age(2 * hour, 5);
    EXPECT_THAT(staying({poorer, version_of_age(3 * hour, 300)}), ElementsAre(2 * hour, 3 * hour));
    EXPECT_THAT(staying({poorer, version_of_age(30 * day - 1, 300), version_of_age(29 * day, 5)},
                        {.bytes_max = 1}),
                ElementsAre(2 * hour, 30 * day - 1));
    EXPECT_THAT(staying({poorer, version_of_age(30 * day, 300), version_of_age(29 * day, 5)},
                        {.bytes_max = 1}),
                ElementsAre(2 * hour));
}

TEST(Retention, lets_the_oldest_go_when_they_take_too_much_space) {
    const std::vector<Version> versions{version_of_age(0, 0, 40), version_of_age(day, 0, 40),
                                        version_of_age(2 * day, 9, 40),
                                        version_of_age(3 * day, 0, 40)};
    EXPECT_THAT(staying(versions, {.bytes_max = 160}), ElementsAre(0, day, 2 * day, 3 * day));
    EXPECT_THAT(staying(versions, {.bytes_max = 159}), ElementsAre(0, day, 2 * day));
    EXPECT_THAT(staying(versions, {.bytes_max = 100}), ElementsAre(0, 2 * day));
    EXPECT_THAT(staying(versions, {.bytes_max = 0}), ElementsAre(0, 2 * day));
}

RC_GTEST_PROP(Retention, of_any_versions_lets_go_each_once_and_never_the_newest, ()) {
    const auto ages = *rc::gen::nonEmpty(
        rc::gen::container<std::set<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 100 * day)));
    std::vector<Version> versions;
    for (const auto age : ages) {
        versions.push_back(version_of_age(age, *rc::gen::inRange(0, 9)));
    }
    const auto left = staying(versions);
    RC_ASSERT(!left.empty());
    RC_ASSERT(left.front() == *ages.begin());
    RC_ASSERT(staying(versions, {.bytes_max = 0}).size() <= 2);
    for (const auto age : ages) {
        RC_ASSERT(age >= hour || std::ranges::find(left, age) != left.end());
    }
}

class VersionsTest : public StoreFixture {
protected:
    // Keeps a file of these bytes.
    Version keep(const std::string& bytes, std::int64_t kept_at) {
        std::ofstream(folder / "snapshot", std::ios::binary) << bytes;
        auto kept = keep_version(folder, folder / "snapshot",
                                 {.kept_at = {kept_at},
                                  .reason = "upload",
                                  .client = "\"client\"",
                                  .contents = {.notes = 1, .cards = 2, .reviews = 3},
                                  .lost = {.notes = 0, .cards = 0, .reviews = 3}});
        EXPECT_TRUE(ok(kept));
        return *kept;
    }
    std::string unpacked(std::int64_t kept_at) {
        const auto target = folder / "unpacked";
        std::filesystem::remove(target);
        EXPECT_TRUE(ok(unpack_version(folder, {kept_at}, target)));
        return files::read_file(target);
    }
    [[nodiscard]] std::vector<std::string> version_files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder / "versions")) {
            names.push_back(entry.path().filename());
        }
        return names;
    }
};

TEST_F(VersionsTest, are_none_in_a_new_account) {
    EXPECT_THAT(list_versions(folder)->versions, IsEmpty());
    EXPECT_TRUE(fails(unpack_version(folder, {5}, folder / "x"), ErrorKind::not_found));
}

TEST_F(VersionsTest, come_back_as_they_were) {
    const std::string first(300'000, 'a');
    const auto kept = keep(first, 5);
    keep("second", 7);
    EXPECT_LT(kept.packed_bytes, first.size());
    EXPECT_EQ(list_versions(folder)->versions.front(), kept);
    EXPECT_EQ(unpacked(5), first);
    EXPECT_EQ(unpacked(7), "second");
}

// Without its last byte all of the content is there.
TEST_F(VersionsTest, that_lack_their_end_are_refused) {
    const auto kept = keep(std::string(300'000, 'a'), 5);
    for (const auto bytes : {kept.packed_bytes - 1, kept.packed_bytes / 2}) {
        std::filesystem::resize_file(folder / "versions" / "5.anki2.zst", bytes);
        const auto target = folder / std::to_string(bytes);
        EXPECT_FALSE(unpack_version(folder, {5}, target)) << bytes << " bytes";
    }
}

TEST_F(VersionsTest, of_one_millisecond_are_told_apart) {
    keep("one", 5);
    EXPECT_EQ(keep("two", 5).kept_at, TimestampMs{6});
    EXPECT_EQ(unpacked(5), "one");
    EXPECT_EQ(unpacked(6), "two");
}

TEST_F(VersionsTest, that_a_crash_left_half_are_not_listed_and_go) {
    keep("whole", 5);
    for (const char* name : {"6.anki2.zst", "7.anki2.zst.new", "7.json.new"}) {
        std::ofstream(folder / "versions" / name) << "half";
    }
    EXPECT_EQ(list_versions(folder)->versions.size(), 1U);
    keep("next", 8);
    EXPECT_THAT(version_files(),
                UnorderedElementsAre("5.anki2.zst", "5.json", "8.anki2.zst", "8.json"));
}

TEST_F(VersionsTest, that_cannot_be_read_are_counted_and_left_alone) {
    for (const int kept_at : {5, 6, 7, 8}) {
        keep("one", kept_at);
    }
    std::ofstream(folder / "versions" / "5.json") << R"({"format":2})";
    std::ofstream(folder / "versions" / "6.json") << "{";
    const auto list = list_versions(folder);
    EXPECT_EQ(list->unreadable, 2U);
    EXPECT_EQ(list->versions.size(), 2U);
    ASSERT_TRUE(ok(evict_versions(folder, {}, {now_ms})));
    EXPECT_EQ(list_versions(folder)->versions.size(), 1U);
    EXPECT_EQ(unpacked(5), "one");
}

TEST_F(VersionsTest, are_removed_with_both_files) {
    keep("old", 5);
    keep("new", now_ms);
    ASSERT_TRUE(ok(evict_versions(folder, {}, {now_ms})));
    EXPECT_THAT(version_files(), UnorderedElementsAre(std::to_string(now_ms) + ".anki2.zst",
                                                      std::to_string(now_ms) + ".json"));
}

TEST_F(VersionsTest, that_cannot_be_written_leave_nothing) {
    keep("one", 5);
    auto unwritten = version_of_age(0);
    unwritten.kept_at = {6};
    EXPECT_FALSE(keep_version(folder, folder / "missing", unwritten));
    EXPECT_THAT(version_files(), UnorderedElementsAre("5.anki2.zst", "5.json"));
}

}  // namespace
}  // namespace ankiwire::collection
