#include "server/commands.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "files/temp_folder.hpp"
#include "server/data_folder.hpp"

namespace ankiwire::server {
namespace {

class CommandsTest : public testing::Test {
protected:
    const files::TempFolder folder_;
    Environment environment_ = {{"SYNC_USER1", "alice:secret"},
                                {"SYNC_BASE", folder_.path().string()},
                                {"SYNC_HOST", "127.0.0.1"},
                                {"SYNC_PORT", "0"}};
};

TEST_F(CommandsTest, wrong_settings_have_a_status_of_their_own) {
    environment_.erase("SYNC_USER1");
    EXPECT_EQ(serve(environment_), exit_status::wrong_settings);
    EXPECT_EQ(check_config(environment_), exit_status::wrong_settings);
}

TEST_F(CommandsTest, what_may_mend_itself_has_another_one) {
    const auto lock = DataFolder::lock(folder_.path());
    ASSERT_TRUE(lock);
    EXPECT_EQ(serve(environment_), exit_status::failed);
    EXPECT_EQ(check_config(environment_), 0);

    const auto file = folder_.path() / "file";
    std::ofstream(file) << "not a folder";
    environment_["SYNC_BASE"] = file;
    EXPECT_EQ(serve(environment_), exit_status::failed);
    EXPECT_EQ(check_config(environment_), exit_status::failed);
}

}  // namespace
}  // namespace ankiwire::server
