#include "conformance/report.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace ankiwire::conformance {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Report, is_text_whatever_the_server_has_sent) {
    Case one;
    one.id = "area/name";
    Failure failure;
    failure.received = "<\x28\xb5\x01>";
    const Report report{
        .url = "http://x/",
        .outcomes = {
            {.of = &one, .verdict = Verdict::failed, .failure = failure, .why_known = ""}}};
    const auto path = std::filesystem::path(testing::TempDir()) / "report.xml";
    ASSERT_TRUE(write_junit(report, path));
    std::ostringstream written;
    written << std::ifstream(path).rdbuf();
    EXPECT_THAT(written.str(), HasSubstr("&lt;(\xef\xbf\xbd\xef\xbf\xbd&gt;"));
    EXPECT_THAT(written.str(), Not(HasSubstr("\xb5")));
}

}  // namespace
}  // namespace ankiwire::conformance
