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

struct ReadForm {
    FormValues values;
    std::string data;
};

// Pushed in pieces of that size.
Result<ReadForm> read_form(std::string_view content_type, std::string_view body,
                           std::size_t piece_size = 1) {
    ReadForm form;
    const ByteSink sink = [&form](std::string_view piece) -> Result<void> {
        form.data += piece;
        return {};
    };
    TRY_ASSIGN(auto reader, FormReader::make(content_type));
    for (; !body.empty(); body.remove_prefix(std::min(piece_size, body.size()))) {
        TRY(reader.push(body.substr(0, piece_size), sink));
    }
    TRY(reader.finish(sink));
    form.values = reader.values();
    return form;
}

const std::string last = "--Anki-sync-boundary--\r\n";

TEST(Form, parts_are_read_by_name) {
    const auto body = part("c", "1") + part("data", "{}") + part("k", "key") + last;
    for (const std::size_t size : {1U, 3U, 10U, 1000U}) {
        const auto form = read_form(type, body, size);
        ASSERT_TRUE(form) << size;
        EXPECT_THAT(form->values, ElementsAre(Pair("c", "1"), Pair("k", "key")));
        EXPECT_EQ(form->data, "{}");
    }
    EXPECT_THAT(read_form("multipart/form-data; charset=x; boundary=\"Anki-sync-boundary\"",
                          "preamble\r\n" + body + "epilogue")
                    ->values,
                ElementsAre(Pair("c", "1"), Pair("k", "key")));
}

// R-LEG-06
TEST(Form, data_may_hold_anything_but_a_delimiter) {
    for (const std::string& value :
         {std::string("\r\n--Anki\0\r\n\r\n--", 16), std::string("\r\n--Anki-sync-boundaryx\r\n"),
          std::string("\r\n--Anki-sync-boundary-\n"), std::string("--Anki-sync-boundary--\r\n"),
          std::string("\r\r\n\r\n"), std::string()}) {
        for (const std::size_t size : {1U, 5U, 1000U}) {
            const auto form = read_form(type, part("data", value) + part("k", "x") + last, size);
            ASSERT_TRUE(form) << value;
            EXPECT_EQ(form->data, value);
            EXPECT_THAT(form->values, ElementsAre(Pair("k", "x")));
        }
    }
}

// R-LEG-05
TEST(Form, the_end_of_the_body_ends_the_last_part) {
    const std::string begin = part("c", "1") + "--Anki-sync-boundary\r\n" +
                              "content-disposition: form-data; name=\"v\"\r\n\r\nx";
    for (const auto* end : {"", "\r\n", "\r\n--Anki-sync-boundary"}) {
        EXPECT_THAT(read_form(type, begin + end)->values,
                    ElementsAre(Pair("c", "1"), Pair("v", "x")));
    }
    EXPECT_EQ(read_form(type, part("data", "x"))->data, "x");
}

TEST(Form, what_is_no_form_is_malformed) {
    const auto is_malformed = [](const auto& result) {
        return !result && result.error().kind == ErrorKind::malformed;
    };
    EXPECT_TRUE(is_malformed(read_form("multipart/form-data", part("c", "1"))));
    EXPECT_TRUE(is_malformed(read_form("multipart/form-data; boundary=", part("c", "1"))));
    EXPECT_TRUE(is_malformed(read_form(type, "--Anki-sync-boundary\r\nX: y\r\n\r\nz")));
    EXPECT_TRUE(is_malformed(read_form(type, "--Anki-sync-boundary\r\nContent-Disp")));
    EXPECT_TRUE(is_malformed(read_form(type, part("data", "1") + part("data", "2"))));
    EXPECT_THAT(read_form(type, "nothing of the kind")->values, IsEmpty());
}

TEST(Form, only_data_may_be_long) {
    const std::string large(100'000, 'x');
    const auto is_too_large = [](const auto& result) {
        return !result && result.error().kind == ErrorKind::too_large;
    };
    EXPECT_EQ(read_form(type, part("data", large) + last, 1000)->data.size(), large.size());
    EXPECT_TRUE(is_too_large(read_form(type, part("k", large) + last, 1000)));
    EXPECT_TRUE(is_too_large(read_form(type, "--Anki-sync-boundary\r\n" + large, 1000)));
}

}  // namespace
}  // namespace ankiwire::wire
