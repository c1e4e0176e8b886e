#include "server/devices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/temp_folder.hpp"

namespace ankiwire::server {
namespace {

using testing::ElementsAre;

DeviceRecord record_of(const std::string& client, std::int64_t time) {
    return {.client = client,
            .platform = std::string(platform_of(client)),
            .last_seen = {time},
            .schema_modified = {2},
            .usn = {3},
            .modified = {4},
            .outcome = std::string(outcome_name(SyncOutcome::synced))};
}

TEST(Devices, are_kept_the_last_seen_first) {
    const files::TempFolder folder;
    Devices devices(folder.path());
    const auto desktop = record_of("26.09.3,abc,linux", 1);
    const auto phone = record_of("25.9.5,def,ios", 2);
    ASSERT_TRUE(devices.record(desktop));
    ASSERT_TRUE(devices.record(phone));
    EXPECT_THAT(*devices.list(), ElementsAre(phone, desktop));
}

TEST(Devices, have_one_record_each_that_survives_closing) {
    const files::TempFolder folder;
    Devices devices(folder.path());
    auto device = record_of("26.09.3,abc,linux", 1);
    ASSERT_TRUE(devices.record(device));
    devices.close();
    device.last_seen = {5};
    device.outcome = outcome_name(SyncOutcome::sanity_failed);
    ASSERT_TRUE(devices.record(device));
    EXPECT_THAT(*devices.list(), ElementsAre(device));
}

TEST(Devices, refuse_a_file_of_a_newer_format) {
    const files::TempFolder folder;
    {
        auto db = sqlite::Database::open(folder.path() / "ankiwire.db",
                                         {.mode = sqlite::OpenMode::create});
        ASSERT_TRUE(db);
        ASSERT_TRUE(db->execute("pragma user_version = 2"));
    }
    const auto recorded = Devices(folder.path()).record(record_of("a", 1));
    ASSERT_FALSE(recorded);
    EXPECT_EQ(recorded.error().kind, ErrorKind::storage);
}

TEST(Platforms, are_the_last_part_of_what_a_client_calls_itself) {
    EXPECT_EQ(platform_of("26.09.3,abc,linux"), "linux");
    EXPECT_EQ(platform_of("odd"), "odd");
    EXPECT_EQ(platform_of(""), "");
}

}  // namespace
}  // namespace ankiwire::server
