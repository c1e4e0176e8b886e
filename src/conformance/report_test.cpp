#include "conformance/report.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "files/temp_folder.hpp"

namespace ankiwire::conformance {
namespace {

using testing::HasSubstr;

class ReportFiles : public testing::Test {
protected:
    // What `write` makes of a reply that was not the expected one.
    std::string of_reply(Result<void> (*write)(const Report&, const std::filesystem::path&),
                         const std::string& received) {
        const Case one{.id = "area/name",
                       .file = "name.sync",
                       .description = "",
                       .covers = {},
                       .origin = "",
                       .given = {},
                       .account = "",
                       .account_sql = "",
                       .needs = {},
                       .steps = {}};
        const Failure failure{
            .line = 1, .sent = "", .where = "", .expected = "", .received = "(" + received + ")"};
        const Report report{.url = "",
                            .program = "",
                            .outcomes = {{.of = &one,
                                          .verdict = Verdict::failed,
                                          .failure = failure,
                                          .reason = "",
                                          .seconds = 0}}};
        const auto path = folder_.path() / "report";
        EXPECT_TRUE(write(report, path));
        std::ifstream file(path);
        return {std::istreambuf_iterator(file), {}};
    }

    files::TempFolder folder_;
};

TEST_F(ReportFiles, say_what_came) {
    EXPECT_THAT(of_reply(write_junit, "a\tü"), HasSubstr("(a\tü)"));
    EXPECT_THAT(of_reply(write_html, "a\n\tü"), HasSubstr("(a\n\tü)"));
    EXPECT_THAT(of_reply(write_junit, "<a b=\"&\">"), HasSubstr("(&lt;a b=&quot;&amp;&quot;&gt;)"));
}

// A server may send anything, and a long text is cut wherever that is.
TEST_F(ReportFiles, have_a_sign_for_what_xml_cannot_hold) {
    EXPECT_THAT(of_reply(write_junit, {"\0", 1}), HasSubstr("(\ufffd)"));
    EXPECT_THAT(of_reply(write_junit, "\x1b"), HasSubstr("(\ufffd)"));
    EXPECT_THAT(of_reply(write_junit, "\uffff"), HasSubstr("(\ufffd)"));
    EXPECT_THAT(of_reply(write_junit, "\xff"), HasSubstr("(\ufffd)"));
    EXPECT_THAT(of_reply(write_junit, "\xed\xa0\x80"),
                HasSubstr("\ufffd"));  // half a surrogate pair
    EXPECT_THAT(of_reply(write_html, "\xc3"), HasSubstr("(\ufffd"));
    EXPECT_THAT(of_reply(write_html, "\xc3"), testing::Not(HasSubstr("\xc3")));
}

}  // namespace
}  // namespace ankiwire::conformance
