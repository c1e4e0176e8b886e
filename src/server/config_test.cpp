#include "server/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ankiwire::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Environment minimal = {{"SYNC_USER1", "user:pass"}, {"SYNC_BASE", "/data"}};

ParsedConfig parsed_with(const Environment& additions) {
    Environment environment = additions;
    environment.insert(minimal.begin(), minimal.end());
    return parse_config(environment);
}

TEST(Config, needs_one_user_and_has_the_official_defaults) {  // R-AUTH-06, R-LIM-02
    const auto parsed = parse_config({{"SYNC_USER1", "user:pass"}, {"HOME", "/home/me"}});
    EXPECT_THAT(parsed.problems, IsEmpty());
    EXPECT_THAT(parsed.remarks, IsEmpty());
    const auto& config = parsed.config;
    EXPECT_EQ(config.base, "/home/me/.syncserver");
    EXPECT_EQ(config.host.to_string(), "0.0.0.0");
    EXPECT_EQ(config.port, 8080);
    EXPECT_EQ(config.upload_packed_bytes_max, std::size_t{100} << 20U);
    EXPECT_EQ(config.upload_unpacked_bytes_max(), std::size_t{300} << 20U);
    EXPECT_EQ(config.ip_source, IpSource::connect_info);
    ASSERT_EQ(config.users.size(), 1U);
    EXPECT_EQ(config.users[0].name, "user");
    EXPECT_EQ(config.users[0].host_key.reveal(), "b2619aa1529dfdc4248e6edbf3c1b2a2b014cf6d");
}

TEST(Config, takes_users_in_the_order_of_their_numbers_with_gaps) {
    const auto parsed = parsed_with(
        {{"SYNC_USER10", "ten:x"}, {"SYNC_USER9", "nine:a:b"}, {"SYNC_USER1", "one:x"}});
    EXPECT_THAT(parsed.problems, IsEmpty());
    std::vector<std::string> names;
    for (const auto& user : parsed.config.users) {
        names.push_back(user.name);
    }
    EXPECT_THAT(names, ElementsAre("one", "nine", "ten"));
    EXPECT_TRUE(parsed.config.users[1].verifier.matches(Password("a:b")));
}

TEST(Config, takes_every_variable_of_the_official_server) {
    const auto parsed = parsed_with({{"SYNC_HOST", "::1"},
                                     {"SYNC_PORT", "0"},
                                     {"MAX_SYNC_PAYLOAD_MEGS", "5"},
                                     {"SYNC_IP_HEADER", "XRealIp"},
                                     {"RUST_LOG", "anki=debug"}});
    EXPECT_THAT(parsed.problems, IsEmpty());
    EXPECT_THAT(parsed.remarks, ElementsAre(HasSubstr("RUST_LOG is ignored")));
    EXPECT_TRUE(parsed.config.host.is_v6());
    EXPECT_EQ(parsed.config.port, 0);
    EXPECT_EQ(parsed.config.upload_packed_bytes_max, std::size_t{5} << 20U);
    EXPECT_EQ(parsed.config.ip_source, IpSource::x_real_ip);
}

TEST(Config, never_lets_an_upload_grow_beyond_what_clients_can_download) {  // R-LIM-03, R-LIM-14
    const auto parsed = parsed_with({{"MAX_SYNC_PAYLOAD_MEGS", "2000"}});
    EXPECT_EQ(parsed.config.upload_unpacked_bytes_max(), 0xffff'ffffU);
}

TEST(Config, takes_hashed_passwords_whatever_the_value_of_the_switch) {  // R-AUTH-06, R-AUTH-07
    const std::string value =
        "user:$pbkdf2-sha256$i=1000,l=16$MDEyMzQ1Njc4OWFiY2RlZg$"
        "MDEyMzQ1Njc4OWFiY2RlZg";
    for (const auto* how : {"", "0", "1"}) {
        const auto parsed = parsed_with({{"PASSWORDS_HASHED", how}, {"SYNC_USER1", value}});
        EXPECT_THAT(parsed.problems, IsEmpty());
        EXPECT_TRUE(parsed.config.passwords_hashed);
        EXPECT_EQ(parsed.config.users[0].host_key, environment_host_key(value));
    }
}

struct Misconfiguration {
    const char* variable;
    std::string value;
    const char* problem;
};

TEST(Config, names_each_misconfiguration) {
    for (const auto& [variable, value, problem] : std::vector<Misconfiguration>{
             {"SYNC_USER1", "user", "SYNC_USER1 must have the form name:password"},
             {"SYNC_USER1", ":pass", "SYNC_USER1: the name is empty"},
             {"SYNC_USER1", "user:", "SYNC_USER1: the password is empty"},
             {"SYNC_USER2", "user:other", "SYNC_USER2: another variable has the same name"},
             {"SYNC_USER01", "other:pass", "SYNC_USER1 has the number of another variable"},
             {"SYNC_USER1", "a/b:pass", "the name cannot be the name of a folder"},
             {"SYNC_USER1", ".:pass", "the name cannot be the name of a folder"},
             {"SYNC_USER1", "..:pass", "the name cannot be the name of a folder"},
             {"SYNC_USER1", ".ankiwire.lock:pass", "the name cannot be the name of a folder"},
             {"SYNC_USER1", std::string("a\0b:pass", 8), "the name cannot be the name of a folder"},
             {"SYNC_USER1", std::string(256, 'a') + ":pass", "the name is too long"},
             {"SYNC_HOST", "localhost", "SYNC_HOST must be an IP address"},
             {"SYNC_HOST", "", "SYNC_HOST must be an IP address"},
             {"SYNC_PORT", "", "SYNC_PORT must be a number"},
             {"SYNC_PORT", "65536", "SYNC_PORT must be a number"},
             {"SYNC_PORT", "80a", "SYNC_PORT must be a number"},
             {"MAX_SYNC_PAYLOAD_MEGS", "0", "MAX_SYNC_PAYLOAD_MEGS must be a number"},
             {"MAX_SYNC_PAYLOAD_MEGS", "-1", "MAX_SYNC_PAYLOAD_MEGS must be a number"},
             {"MAX_SYNC_PAYLOAD_MEGS", "99999999999999999999",
              "MAX_SYNC_PAYLOAD_MEGS must be a number"},
             {"SYNC_IP_HEADER", "X-Real-Ip", "SYNC_IP_HEADER must be one of ConnectInfo, XRealIp"},
             {"SYNC_BASE", "", "set SYNC_BASE"},
             {"PASSWORDS_HASHED", "1", "the password hash cannot be used"},
         }) {
        const auto parsed = parsed_with({{variable, value}});
        EXPECT_THAT(parsed.problems, ElementsAre(HasSubstr(problem))) << variable << "=" << value;
    }
}

TEST(Config, says_that_users_are_missing) {
    EXPECT_THAT(parse_config({{"SYNC_BASE", "/data"}}).problems,
                ElementsAre(HasSubstr("SYNC_USER1")));
}

TEST(Config, remarks_on_user_variables_without_a_number) {
    const auto parsed = parsed_with({{"SYNC_USER", "a:b"}, {"SYNC_USERS", "c:d"}});
    EXPECT_THAT(parsed.problems, IsEmpty());
    EXPECT_THAT(parsed.remarks,
                ElementsAre(HasSubstr("SYNC_USER is ignored"), HasSubstr("SYNC_USERS is ignored")));
}

TEST(Config, collects_all_problems_and_repeats_no_password) {
    const auto parsed = parse_config({{"SYNC_USER1", "hunter2"},
                                      {"SYNC_USER2", "a/b:hunter2"},
                                      {"SYNC_PORT", "x"},
                                      {"SYNC_HOST", "y"}});
    EXPECT_EQ(parsed.problems.size(), 5U);
    EXPECT_THAT(parsed.problems, testing::Each(Not(HasSubstr("hunter2"))));
}

TEST(Config, is_described_without_a_password) {
    const auto parsed = parsed_with(
        {{"SYNC_USER2", "other:hunter2"}, {"SYNC_HOST", "::"}, {"SYNC_IP_HEADER", "XRealIp"}});
    EXPECT_THAT(
        describe(parsed.config),
        AllOf(HasSubstr("http://[::]:8080"), HasSubstr("2 (user, other)"), HasSubstr("/data"),
              HasSubstr("X-Real-Ip"), Not(HasSubstr("hunter2")), Not(HasSubstr("pass\n"))));
}

TEST(Environments, are_split_at_the_first_equals_sign) {
    const char* const variables[] = {"A=b=c", "EMPTY=", "odd", nullptr};
    const auto environment = environment_of(variables);
    EXPECT_THAT(environment, ElementsAre(testing::Pair("A", "b=c"), testing::Pair("EMPTY", "")));
}

}  // namespace
}  // namespace ankiwire::server
