#include "conformance/form.hpp"

#include <gmock/gmock.h>

#include "zip/gzip.hpp"

namespace ankiwire::conformance {
namespace {

using testing::ElementsAre;

TEST(Form, comes_back) {
    const Form form = {{"c", "1"},
                       {"s", R"(dHh&"=W.%T}gn)"},
                       {"data", std::string("\0\r\n--ankiwire-conformance-boundary\r\n\xff", 38)},
                       {"k", ""}};
    const auto body = write_form(form);
    const auto again = read_form(body.content_type, body.bytes);
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_EQ(again->parts, form);
    EXPECT_TRUE(again->has_end);
    EXPECT_EQ(find_part(again->parts, "c")->content, "1");
    EXPECT_EQ(find_part(again->parts, "sk"), nullptr);
}

TEST(Form, comes_back_without_its_end) {
    const Form form = {{"c", "1"}, {"k", "key"}};
    const auto body = write_form(form, {.has_end = false});
    EXPECT_THAT(body.bytes, testing::EndsWith("name=\"k\"\r\n\r\nkey\r\n"));
    const auto again = read_form(body.content_type, body.bytes);
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_EQ(again->parts, form);
    EXPECT_FALSE(again->has_end);
}

TEST(Form, as_clients_write_it) {
    const auto form = read_form("multipart/form-data; boundary=\"x-y\"",
                                "--x-y\r\ncontent-disposition: form-data; name=\"k\"\r\n\r\nkey\r\n"
                                "--x-y\r\nContent-Disposition: form-data; name=\"data\"; "
                                "filename=\"data\"\r\nContent-Type: a/b\r\n\r\n\r\n--x\r\n--x-y--");
    ASSERT_TRUE(form) << form.error().context;
    EXPECT_THAT(form->parts, ElementsAre(FormPart{"k", "key"}, FormPart{"data", "\r\n--x"}));
}

TEST(Form, what_is_none) {
    EXPECT_FALSE(read_form("application/octet-stream", "--x\r\n"));
    EXPECT_FALSE(read_form("multipart/form-data; boundary=x", "no parts"));
    EXPECT_FALSE(read_form("multipart/form-data; boundary=x", "--x\r\nno content"));
}

TEST(Form, as_a_query) {
    const Form form = {{"k", "0a%"}, {"v", "anki,2.1.56 (x),lin:ü"}};
    EXPECT_EQ(make_query(form), "k=0a%25&v=anki%2C2.1.56%20%28x%29%2Clin%3A%C3%BC");
    EXPECT_EQ(read_query(make_query(form)), form);
    EXPECT_THAT(read_query("a=b+c&d&%zz=%2"),
                ElementsAre(FormPart{"a", "b c"}, FormPart{"d", ""}, FormPart{"%zz", "%2"}));
}

TEST(Form, as_a_transcript_names_it) {
    const FormValues values{.key = "K", .media_key = "M", .session = "S", .client = "C"};
    EXPECT_THAT(form_of("k s sk=x data v odd", "{}", values),
                ElementsAre(FormPart{"k", "K"}, FormPart{"s", "S"}, FormPart{"sk", "x"},
                            FormPart{"data", "{}"}, FormPart{"v", "C"}, FormPart{"odd", ""}));
    EXPECT_EQ(form_of("c=0 data", "{}", values).back().content, "{}");
    EXPECT_EQ(form_of("c data", "{}", values).back().content, zip::gzip("{}"));
}

}  // namespace
}  // namespace ankiwire::conformance
