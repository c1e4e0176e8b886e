#include "server/request_log.hpp"

#include <gtest/gtest.h>

namespace ankiwire::server {
namespace {

TEST(RequestLines, hold_what_is_known) {
    const RequestNotes notes{.method = "meta",
                             .user = "alice",
                             .client = "26.09.3,abc,linux",
                             .session = "s1",
                             .problem = "no such thing",
                             .quiet = false};
    const RequestOutcome outcome{.status = 404,
                                 .took = std::chrono::microseconds(1500),
                                 .bytes_in = 3,
                                 .bytes_out = 4,
                                 .address = "::1"};
    EXPECT_EQ(request_line(notes, outcome),
              "method=meta status=404 user=alice client=26.09.3,abc,linux session=s1 ms=1.5 in=3 "
              "out=4 ip=::1 problem=\"no such thing\"");
}

TEST(RequestLines, leave_out_what_is_not) {
    EXPECT_EQ(request_line({}, {.status = 400, .took = {}, .address = "127.0.0.1"}),
              "status=400 ms=0.0 in=0 out=0 ip=127.0.0.1");
}

TEST(RequestLines, cannot_be_forged) {
    RequestNotes notes;
    notes.client = "x\" status=200\n\\\x1b[31m";
    notes.session = std::string(999, 'a');
    const auto line = request_line(notes, {.status = 403, .took = {}, .address = {}});
    EXPECT_NE(line.find(R"(client="x\" status=200\x0a\\\x1b[31m")"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_LT(line.size(), 400U);
}

TEST(ClientAddresses, come_from_the_header_that_is_configured) {
    using enum IpSource;
    const std::string connection = "10.0.0.1";
    EXPECT_EQ(client_address(x_real_ip, " 1.2.3.4 ", connection), "1.2.3.4");
    EXPECT_EQ(client_address(rightmost_x_forwarded_for, "6.6.6.6, 1.2.3.4", connection), "1.2.3.4");
    EXPECT_EQ(client_address(cloud_front_viewer_address, "1.2.3.4:99", connection), "1.2.3.4");
    EXPECT_EQ(client_address(cf_connecting_ip, "2001:db8::1", connection), "2001:db8::1");
}

TEST(ClientAddresses, are_those_of_the_connection_if_the_header_is_missing_or_nonsense) {
    EXPECT_EQ(client_address(IpSource::connect_info, "", "10.0.0.1"), "10.0.0.1");
    EXPECT_EQ(client_address(IpSource::x_real_ip, "", "10.0.0.1"), "10.0.0.1");
    EXPECT_EQ(client_address(IpSource::x_real_ip, "evil\nuser=root", "10.0.0.1"), "10.0.0.1");
}

}  // namespace
}  // namespace ankiwire::server
