#include "conformance/utf8.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

TEST(Utf8, what_a_terminal_should_not_be_given_is_replaced) {
    EXPECT_EQ(printable("a\n\tb é€😀"), "a\n\tb é€😀");
    EXPECT_EQ(printable("a\r\nb\r"), "a\nb\xef\xbf\xbd");
    EXPECT_EQ(printable("\x1b[2J\x7f"), "\xef\xbf\xbd[2J\xef\xbf\xbd");
    EXPECT_EQ(printable(std::string_view("\0\xff", 2)), "\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace ankiwire::conformance
