#include "wire/form.hpp"

#include <gmock/gmock.h>

namespace ankiwire::wire {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// R-MEDIA-04
TEST(Form, a_query_is_decoded) {
    EXPECT_THAT(parse_query("k=abc&v=anki%2C2.1.56%20%28x%29,a+b"),
                ElementsAre(Pair("k", "abc"), Pair("v", "anki,2.1.56 (x),a b")));
    EXPECT_THAT(parse_query("k=1&k=2&empty=&alone"),
                ElementsAre(Pair("alone", ""), Pair("empty", ""), Pair("k", "2")));
    EXPECT_THAT(parse_query("a=%&b=%4&c=%zz&d=%41"),
                ElementsAre(Pair("a", "%"), Pair("b", "%4"), Pair("c", "%zz"), Pair("d", "A")));
    EXPECT_THAT(parse_query(""), IsEmpty());
}

constexpr auto type = "multipart/form-data; boundary=Anki-sync-boundary";

std::string part(std::string_view name, std::string_view value) {
    return "--Anki-sync-boundary\r\nContent-Disposition: form-data; name=\"" + std::string(name) +
           "\"\r\n\r\n" + std::string(value) + "\r\n";
}

TEST(Form, parts_are_read_by_name) {
    const auto body = part("c", "1") + part("k", "key") + "--Anki-sync-boundary--\r\n";
    EXPECT_THAT(*parse_multipart(type, body), ElementsAre(Pair("c", "1"), Pair("k", "key")));
    EXPECT_THAT(*parse_multipart("multipart/form-data; charset=x; boundary=\"Anki-sync-boundary\"",
                                 "preamble\r\n" + body + "epilogue"),
                ElementsAre(Pair("c", "1"), Pair("k", "key")));
}

TEST(Form, a_value_may_hold_anything_but_the_boundary) {
    const std::string value("\r\n--Anki\0\r\n\r\n--", 16);
    const auto body = part("data", value) + "--Anki-sync-boundary--\r\n";
    EXPECT_THAT(*parse_multipart(type, body), ElementsAre(Pair("data", value)));
}

TEST(Form, the_end_of_the_body_ends_the_last_part) {
    EXPECT_THAT(
        *parse_multipart(type, part("c", "1") + "--Anki-sync-boundary\r\n" +
                                   "content-disposition: form-data; name=\"v\"\r\n\r\nx\r\n"),
        ElementsAre(Pair("c", "1"), Pair("v", "x")));
}

TEST(Form, what_is_no_form_is_malformed) {
    const auto is_malformed = [](const auto& result) {
        return !result && result.error().kind == ErrorKind::malformed;
    };
    EXPECT_TRUE(is_malformed(parse_multipart("multipart/form-data", part("c", "1"))));
    EXPECT_TRUE(is_malformed(parse_multipart("multipart/form-data; boundary=", part("c", "1"))));
    EXPECT_TRUE(is_malformed(parse_multipart(type, "--Anki-sync-boundary\r\nX: y\r\n\r\nz")));
    EXPECT_THAT(*parse_multipart(type, "nothing of the kind"), IsEmpty());
}

}  // namespace
}  // namespace ankiwire::wire
