#include "wire/form.hpp"

#include <gmock/gmock.h>

#include <array>

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

constexpr std::array<std::size_t, 4> piece_sizes = {1, 3, 10, 100'000};

bool is_malformed(const Result<ReadForm>& form) {
    return !form && form.error().kind == ErrorKind::malformed;
}

// RFC 2045 section 5.1, RFC 2046 section 5.1.1
TEST(Form, a_content_type_is_read_in_any_case_and_with_quotes) {
    for (const auto* form : {"multipart/form-data; boundary=x", "Multipart/Form-DATA;Boundary=x",
                             "multipart/form-data ;x", "multipart/form-data"}) {
        EXPECT_TRUE(is_form_type(form)) << form;
    }
    for (const auto* other :
         {"multipart/mixed; boundary=x", "multipart/form-data2", "", "x; multipart/form-data"}) {
        EXPECT_FALSE(is_form_type(other)) << other;
    }
    const auto value = [](const std::string& content_type, const std::string& boundary) {
        const auto form = read_form(content_type, "--" + boundary +
                                                      "\r\nContent-Disposition: form-data; "
                                                      "name=k\r\n\r\nkey\r\n--" +
                                                      boundary + "--");
        return form ? form->values.at("k") : form.error().context;
    };
    EXPECT_EQ(value("Multipart/Form-Data; Boundary=B", "B"), "key");
    EXPECT_EQ(value("multipart/form-data; x=\"; boundary=no\"; boundary=\"a;b\" ; y=z", "a;b"),
              "key");
    EXPECT_EQ(value("multipart/form-data; x=\"\\\"; boundary=no\"; boundary=B", "B"), "key");
    EXPECT_EQ(value("multipart/form-data; boundary=\"B", "\"B"), "key");
}

// RFC 2046 section 5.1.1
TEST(Form, blanks_may_follow_a_delimiter) {
    const auto body =
        "--Anki-sync-boundary \t \r\nContent-Disposition: form-data; name=\"c\"\r\n"
        "\r\n1\r\n--Anki-sync-boundary\t\r\n" +
        part("data", "{}").substr(22) + "--Anki-sync-boundary--  \r\n";
    for (const auto size : piece_sizes) {
        const auto form = read_form(type, body, size);
        ASSERT_TRUE(form) << size;
        EXPECT_THAT(form->values, ElementsAre(Pair("c", "1")));
        EXPECT_EQ(form->data, "{}");
    }
}

// R-LEG-07
TEST(Form, what_nothing_reads_is_passed_over) {
    const std::string long_text(100'000, 'x');
    const std::string delimiter = "--Anki-sync-boundary\r\n";
    const auto body = part("c", "1") + delimiter + "X: y\r\n\r\nz\r\n" + delimiter +
                      "\r\nno head\r\n" + delimiter +
                      "Content-Disposition: form-data\r\n\r\nz\r\n" + part("", "nameless") +
                      part("unknown", long_text) + part("u", "user") + part("data", "{}") + last;
    for (const auto size : piece_sizes) {
        const auto form = read_form(type, body, size);
        ASSERT_TRUE(form) << size << form.error().context;
        EXPECT_THAT(form->values, ElementsAre(Pair("c", "1")));
        EXPECT_EQ(form->data, "{}");
    }
}

// R-LEG-36
TEST(Form, the_last_key_counts) {
    const auto values = [](const std::string& parts) { return read_form(type, parts)->values; };
    EXPECT_THAT(values(part("k", "") + part("sk", "2") + last), ElementsAre(Pair("sk", "2")));
    EXPECT_THAT(values(part("sk", "1") + part("k", "2") + last), ElementsAre(Pair("k", "2")));
    EXPECT_THAT(values(part("k", "1") + part("k", "") + last), ElementsAre(Pair("k", "")));
}

// R-LEG-06
TEST(Form, data_may_hold_anything_but_a_delimiter) {
    for (const std::string& value :
         {std::string("\r\n--Anki\0\r\n\r\n--", 15), std::string("\r\n--Anki-sync-boundaryx\r\n"),
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
    for (const auto* end : {"\r\n", "\r\n--Anki-sync-boundary"}) {
        EXPECT_THAT(read_form(type, begin + end)->values,
                    ElementsAre(Pair("c", "1"), Pair("v", "x")));
    }
    for (const auto* end : {"", "\r", "\r\n--Anki-sync-bound", "\r\n--Anki-sync-boundary-"}) {
        EXPECT_TRUE(is_malformed(read_form(type, begin + end))) << end;
    }
    EXPECT_EQ(read_form(type, part("data", "x"))->data, "x");
}

TEST(Form, what_is_no_form_is_malformed) {
    EXPECT_TRUE(is_malformed(read_form("multipart/form-data", part("c", "1"))));
    EXPECT_TRUE(is_malformed(read_form("multipart/form-data; boundary=", part("c", "1"))));
    EXPECT_TRUE(is_malformed(read_form(type, "--Anki-sync-boundary\r\nContent-Disp")));
    EXPECT_TRUE(is_malformed(read_form(type, "--Anki-sync-boundary\r\n")));
    EXPECT_TRUE(is_malformed(read_form(type, part("data", "1") + part("data", "2"))));
    EXPECT_TRUE(is_malformed(read_form(type, "")));
    EXPECT_TRUE(is_malformed(read_form(type, "nothing of the kind")));
    EXPECT_TRUE(is_malformed(read_form("multipart/form-data; boundary=x", part("c", "1") + last)));
    for (const auto* no_parts :
         {"--Anki-sync-boundary--", "preamble\r\n--Anki-sync-boundary--\r\n"}) {
        const auto form = read_form(type, no_parts);
        ASSERT_TRUE(form) << no_parts;
        EXPECT_THAT(form->values, IsEmpty());
    }
}

TEST(Form, only_data_may_be_long) {
    const std::string large(100'000, 'x');
    const std::string longest(4096, 'x');
    EXPECT_EQ(read_form(type, part("data", large) + last, 1000)->data.size(), large.size());
    for (const auto* name : {"c", "k", "s", "sk", "v"}) {
        EXPECT_TRUE(is_malformed(read_form(type, part(name, large) + last, 1000))) << name;
        EXPECT_TRUE(read_form(type, part(name, longest) + last, 1000)) << name;
        EXPECT_TRUE(is_malformed(read_form(type, part(name, longest + 'x') + last, 1000))) << name;
    }
}

// However it comes: the limit is of the head, not of what has come of it.
TEST(Form, a_head_may_have_4_kib) {
    const auto with_head = [](std::size_t bytes, std::size_t piece_size) {
        const auto whole = "\r\n" + std::string(bytes - 6, 'x') + "\r\n\r\n";
        return read_form(type, "--Anki-sync-boundary" + whole + "\r\n" + last, piece_size);
    };
    for (const auto size : piece_sizes) {
        EXPECT_TRUE(with_head(4096, size)) << size;
        EXPECT_TRUE(is_malformed(with_head(4097, size))) << size;
        EXPECT_TRUE(is_malformed(with_head(100'000, size))) << size;
    }
}

}  // namespace
}  // namespace ankiwire::wire
