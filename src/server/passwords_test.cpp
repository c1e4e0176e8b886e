#include "server/passwords.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ankiwire::server {
namespace {

using namespace std::string_view_literals;

// Of "pass", made with Python's hashlib.pbkdf2_hmac.
constexpr std::string_view sha256_phc =
    "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$uCtUzhXnoobQvUnBSmtWv+P9GO2sUVeOVN6d26g+dYM";
constexpr std::string_view sha512_phc =
    "$pbkdf2-sha512$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$IH45aJerz5VBIPZxXC/enwuS63NAdag/p9wxP+zkwmA";

TEST(HostKeys, are_those_of_the_official_server) {  // R-AUTH-06
    EXPECT_EQ(environment_host_key("user:pass").reveal(),
              "b2619aa1529dfdc4248e6edbf3c1b2a2b014cf6d");
}

TEST(PasswordHashes, are_read_with_all_their_parts) {  // R-AUTH-07
    const auto parsed = parse_password_hash(sha256_phc);
    ASSERT_TRUE(parsed) << parsed.error().context;
    EXPECT_EQ(parsed->digest, PasswordHash::Digest::sha256);
    EXPECT_EQ(parsed->iterations, 1000U);
    EXPECT_EQ(parsed->salt, "0123456789abcdef");
    EXPECT_EQ(parsed->hash.size(), 32U);
}

TEST(PasswordHashes, without_parameters_have_the_official_cost) {
    const auto parsed =
        parse_password_hash("$pbkdf2-sha256$MDEyMzQ1Njc4OWFiY2RlZg$MDEyMzQ1Njc4OWFiY2RlZg");
    ASSERT_TRUE(parsed) << parsed.error().context;
    EXPECT_EQ(parsed->iterations, pbkdf2_iterations_default);
}

TEST(PasswordHashes, that_are_cut_or_mangled_are_refused) {
    const std::string good(sha256_phc);
    const std::string salt = "MDEyMzQ1Njc4OWFiY2RlZg";
    for (const std::string& bad : {
             std::string(), std::string("$"), std::string("pass"), good.substr(1),
             good.substr(0, good.size() - 2),  // l does not fit
             good.substr(0, good.rfind('$')),  // no hash
             good + "=",                       // padding
             good + "$x", "$argon2id$v=19$m=4096$" + salt + "$" + salt,
             "$pbkdf2$i=1000$" + salt + "$" + salt, "$pbkdf2-sha256$i=0$" + salt + "$" + salt,
             "$pbkdf2-sha256$i=99999999999$" + salt + "$" + salt,
             "$pbkdf2-sha256$i=1000,x=1$" + salt + "$" + salt, "$pbkdf2-sha256$i=1000$$" + salt,
             "$pbkdf2-sha256$i=1000$" + salt + "$QUJD",  // too short to mean anything
             std::string("-sha256=1000,l=32/wabc"),      // what a shell leaves of the $s
         }) {
        EXPECT_FALSE(parse_password_hash(bad)) << bad;
    }
}

TEST(PasswordHashes, are_not_repeated_in_errors) {
    const auto parsed = parse_password_hash("$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$secret!");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().context.find("secret"), std::string::npos);
}

TEST(PasswordVerifiers, know_the_password_of_a_hash) {  // R-AUTH-07
    for (const auto phc : {sha256_phc, sha512_phc}) {
        const PasswordVerifier verifier(*parse_password_hash(phc));
        EXPECT_TRUE(verifier.matches(Password("pass")));
        for (const auto wrong : {""sv, "Pass"sv, "pass "sv, "passpass"sv, "pass\0"sv}) {
            EXPECT_FALSE(verifier.matches(Password(std::string(wrong)))) << wrong;  // R-AUTH-02
        }
    }
}

TEST(PasswordVerifiers, know_a_plain_password) {
    const PasswordVerifier verifier(Password("pass"));
    EXPECT_TRUE(verifier.matches(Password("pass")));
    EXPECT_FALSE(verifier.matches(Password("Pass")));
}

TEST(PasswordVerifiers, of_nobody_match_nothing) {
    const PasswordVerifier nobody;
    EXPECT_FALSE(nobody.matches(Password("")));
    EXPECT_FALSE(nobody.matches(Password("pass")));
}

TEST(BlindedTexts, can_be_compared) {
    EXPECT_EQ(blinded("a"), blinded("a"));
    EXPECT_NE(blinded("a"), blinded("b"));
    EXPECT_NE(blinded("a"), "a");
}

}  // namespace
}  // namespace ankiwire::server
