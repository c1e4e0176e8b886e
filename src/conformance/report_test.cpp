#include "conformance/report.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "files/temp_folder.hpp"

namespace ankiwire::conformance {
namespace {

TEST(Report, is_xml_whatever_came_back) {
    Case one;
    one.id = "area/name";
    const Failure failure{.line = 0,
                          .sent = "a & b",
                          .where = "",
                          .expected = "<any>",
                          .received = "\x01 \xff \xef\xbf\xbf ü"};
    const Report report{
        .url = "http://localhost/",
        .outcomes = {
            {.of = &one, .verdict = Verdict::failed, .failure = failure, .why_known = ""}}};
    const files::TempFolder folder;
    const auto path = folder.path() / "report.xml";
    ASSERT_TRUE(write_junit(report, path));
    std::ifstream file(path);
    const std::string xml(std::istreambuf_iterator<char>(file), {});
    EXPECT_THAT(xml, testing::HasSubstr("a &amp; b"));
    EXPECT_THAT(xml, testing::HasSubstr("&lt;any&gt;"));
    EXPECT_THAT(xml, testing::HasSubstr("\ufffd \ufffd \ufffd ü"));
}

}  // namespace
}  // namespace ankiwire::conformance
