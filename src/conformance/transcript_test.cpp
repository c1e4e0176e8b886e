#include "conformance/transcript.hpp"

#include <gmock/gmock.h>

namespace ankiwire::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

class TestLibrary : public Library {
public:
    [[nodiscard]] Result<std::string_view> object(std::string_view name) const override {
        return name == "note" ? Result<std::string_view>(R"({"id": 1})")
                              : fail(ErrorKind::not_found, std::string(name));
    }
    [[nodiscard]] Result<std::string_view> common_steps(std::string_view name) const override {
        if (name == "start") {
            return std::string_view(
                "# As used.\n"
                "defaults minUsn=<*.usn> lnewer=false\n"
                "*: start {\"minUsn\": $minUsn, \"lnewer\": $lnewer}\n"
                "-> 200 <any:*.graves>\n");
        }
        if (name == "endless") {
            return std::string_view("*: use endless\n");
        }
        return fail(ErrorKind::not_found, std::string(name));
    }
};

const TestLibrary library;
const std::string head = "# Why.\ncovers some-1\naccount empty\n\n";

std::vector<Case> cases(const std::string& text) {
    auto parsed = parse_transcript("area/name", "name.sync", text, library);
    EXPECT_TRUE(parsed) << parsed.error().context;
    return parsed ? *parsed : std::vector<Case>{{}};
}

std::string problem(const std::string& text) {
    const auto parsed = parse_transcript("area/name", "name.sync", text, library);
    return parsed ? "" : parsed.error().context;
}

TEST(Transcript, has_a_head_and_steps) {
    const auto parsed = cases(
        "# A first line,\n"
        "# and a second one.\n"
        "covers some-1\n  some-2\n"
        "account one-note\n  update col set usn = 7;\n"
        "needs second-user\n"
        "\n"
        "# not a part of the description\n"
        "a: meta header.v=10 header=\"a b\" {\"v\": 11,\n"
        "  \"cv\": \"x\"}\n"
        "-> 4xx|200 {\"usn\": <int:u>,\n"
        "  ...}\n"
        "b: chunk\n"
        "-> 409\n");
    ASSERT_EQ(parsed.size(), 1U);
    const auto& one = parsed.front();
    EXPECT_EQ(one.id, "area/name");
    EXPECT_EQ(one.description, "A first line, and a second one.");
    EXPECT_THAT(one.covers, ElementsAre("some-1", "some-2"));
    EXPECT_THAT(one.needs, ElementsAre("second-user"));
    EXPECT_EQ(one.account, "one-note");
    EXPECT_EQ(one.account_sql, "update col set usn = 7;");
    ASSERT_EQ(one.steps.size(), 2U);
    const auto& first = one.steps.front();
    EXPECT_EQ(first.line, 10);
    EXPECT_EQ(first.client, "a");
    EXPECT_EQ(first.method, "meta");
    EXPECT_THAT(first.options, UnorderedElementsAre(Pair("header.v", "10"), Pair("header", "a b")));
    EXPECT_EQ(to_text(first.body.json), R"({"v": 11, "cv": "x"})");
    EXPECT_EQ(first.expected.status, "4xx|200");
    EXPECT_EQ(first.expected.line, 12);
    EXPECT_EQ(to_text(first.expected.json), R"({"usn": <int:u>, ...})");
    EXPECT_EQ(to_text(one.steps[1].body.json), "{}");
    EXPECT_EQ(one.steps[1].expected.kind, Expectation::Kind::status_alone);
}

TEST(Transcript, has_bodies_of_several_kinds) {
    const auto steps = cases(head +
                             "a: upload collection one-note\n-> 200 text \"OK\"\n"
                             "a: upload hex 00 ff\n-> 200\n"
                             "a: upload nothing\n-> 200\n"
                             "a: meta text \"{\"\n-> 400\n"
                             "a: uploadChanges zip [[\"a\", \"0\"]] {\"0\": \"x\"}\n"
                             "-> 200 zip {\"a\": \"x\"}\n"
                             "a: start {...note}\n-> 200\n")
                           .front()
                           .steps;
    using Kind = RequestBody::Kind;
    EXPECT_EQ(steps[0].body.kind, Kind::collection);
    EXPECT_EQ(steps[0].body.text, "one-note");
    EXPECT_EQ(steps[0].expected.kind, Expectation::Kind::text);
    EXPECT_EQ(to_text(steps[0].expected.json), R"("OK")");
    EXPECT_EQ(steps[1].body.text, "00 ff");
    EXPECT_EQ(steps[2].body.kind, Kind::nothing);
    EXPECT_EQ(steps[3].body.text, "{");
    EXPECT_EQ(to_text(steps[4].body.json), R"([["a", "0"]])");
    EXPECT_EQ(to_text(steps[4].body.entries), R"({"0": "x"})");
    EXPECT_EQ(steps[4].expected.kind, Expectation::Kind::zip);
    EXPECT_EQ(to_text(steps[5].body.json), R"({"id": 1})");
}

TEST(Transcript, has_requests_that_no_client_sends) {
    const auto steps = cases(head +
                             "a: raw \"GET\\r\\n\"\n-> any\n"
                             "a: upload window=20 zeros 100\n-> 200\n"
                             "a: begin header=none form {\"k\": <key>}\n"
                             "-> 200 header.anki-original-size=absent {\"err\": \"\"}\n"
                             "a: upload collection empty\n  drop table notes;\n  select 1;\n"
                             "-> 200 text <text:said>\n")
                           .front()
                           .steps;
    using Kind = RequestBody::Kind;
    EXPECT_EQ(steps[0].method, raw_method);
    EXPECT_EQ(steps[0].body.text, "GET\r\n");
    EXPECT_EQ(steps[0].expected.status, any_status);
    EXPECT_EQ(steps[1].body.kind, Kind::zeros);
    EXPECT_EQ(steps[1].body.text, "100");
    EXPECT_EQ(steps[2].body.kind, Kind::form);
    EXPECT_THAT(steps[2].expected.headers, ElementsAre(Pair("anki-original-size", "absent")));
    EXPECT_EQ(to_text(steps[2].expected.json), R"({"err": ""})");
    EXPECT_EQ(steps[3].body.text, "empty");
    EXPECT_EQ(steps[3].body.sql, "drop table notes;\n  select 1;");
    EXPECT_EQ(to_text(steps[3].expected.json), "<text:said>");
}

TEST(Transcript, may_ask_until_there_is_no_more) {
    const auto steps =
        cases(head + "a: chunk until=done\n-> 200 rows=250 {\"done\": true}\n").front().steps;
    EXPECT_THAT(steps[0].options, ElementsAre(Pair("until", "done")));
    EXPECT_EQ(steps[0].expected.rows_max, 250U);
    EXPECT_EQ(to_text(steps[0].expected.json), R"({"done": true})");
    EXPECT_THAT(problem(head + "a: chunk\n-> 200 rows=many {}\n"), HasSubstr("not a number: many"));
}

TEST(Transcript, may_need_a_second_user_or_a_new_account) {
    const auto parsed = cases("# Why.\ncovers some-1\nneeds new-account\n\na: meta\n-> 200\n");
    EXPECT_TRUE(needs(parsed.front(), new_account));
    EXPECT_EQ(parsed.front().account, "");
    EXPECT_THAT(problem("# Why.\ncovers some-1\n\na: meta\n-> 200\n"), HasSubstr("`account` or"));
    EXPECT_THAT(problem(head + "other: meta\n-> 200\n"), HasSubstr("needs second-user"));
}

TEST(Transcript, older_clients_send_forms) {
    const auto parsed = cases(
        "# Why.\ncovers some-1\naccount empty\nprotocol $v\neach v\n  9\n  10\n\n"
        "a: meta\n-> 200\na: begin\n-> 200\na: meta parts=none\n-> 200\n"
        "a: meta parts=\"k data\"\n-> 200\nraw: raw \"x\"\n-> 400\n");
    ASSERT_EQ(parsed.size(), 2U);
    EXPECT_EQ(parsed[0].protocol, 9);
    EXPECT_EQ(parsed[0].steps[0].options.at("parts"), "k s c data");
    EXPECT_FALSE(parsed[0].steps[1].options.contains("verb"));
    EXPECT_EQ(parsed[1].protocol, 10);
    const auto& steps = parsed[1].steps;
    EXPECT_EQ(steps[0].options.at("parts"), "data c k s");
    EXPECT_EQ(steps[1].options.at("verb"), "GET");
    EXPECT_FALSE(steps[2].options.contains("parts"));
    EXPECT_EQ(steps[3].options.at("parts"), "k data");
    EXPECT_FALSE(steps[4].options.contains("parts"));
}

TEST(Transcript, knows_what_can_be_offered) {
    const std::string rest = "account empty\n\na: meta\n-> 200\n";
    EXPECT_EQ(cases("# Why.\ncovers some-1\n" + rest).front().protocol, newest_protocol);
    EXPECT_THAT(problem("# Why.\ncovers some-1\nprotocol 7\n" + rest), HasSubstr("name.sync:3"));
    EXPECT_THAT(problem("# Why.\ncovers some-1\nneeds luck\n" + rest),
                HasSubstr("nothing is called luck"));
}

TEST(Transcript, covers_requirements_or_has_an_origin) {
    const std::string rest = "account empty\n\na: meta\n-> 200\n";
    EXPECT_EQ(cases("# Why.\nrecorded today\n" + rest).front().origin, "today");
    EXPECT_EQ(cases("# Why.\nderived the source of it\n" + rest).front().origin,
              "the source of it");
    EXPECT_THAT(problem("# Why.\n" + rest), HasSubstr("`recorded` or `derived`"));
    EXPECT_THAT(problem("# Why.\ncovers some-1\nderived x\n" + rest),
                HasSubstr("`recorded` or `derived`"));
}

TEST(Transcript, looks_at_a_collection_by_queries) {
    const auto steps = cases(head +
                             "a: download\n"
                             "-> 200 collection\n"
                             "  select id, flds from notes\n"
                             "  = 1 | \"a b\"\n"
                             "  = <int> | null\n"
                             "  select 1 where 0\n")
                           .front()
                           .steps;
    const auto& queries = steps[0].expected.queries;
    ASSERT_EQ(queries.size(), 2U);
    EXPECT_EQ(queries[0].sql, "select id, flds from notes");
    ASSERT_EQ(queries[0].rows.size(), 2U);
    EXPECT_EQ(to_text(queries[0].rows[0]), R"([1, "a b"])");
    EXPECT_EQ(to_text(queries[0].rows[1]), "[<int>, null]");
    EXPECT_TRUE(queries[1].rows.empty());
}

TEST(Transcript, uses_common_steps_as_its_own) {
    const std::string start = "# Why.\ncovers some-1\naccount empty\ngiven b.usn=2\n\n";
    const auto steps =
        cases(start + "a: use start minUsn=4\nb: use start lnewer=true\n").front().steps;
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].client, "a");
    EXPECT_EQ(to_text(steps[0].body.json), R"({"minUsn": 4, "lnewer": false})");
    EXPECT_EQ(to_text(steps[0].expected.json), "<any:a.graves>");
    EXPECT_EQ(to_text(steps[1].body.json), R"({"minUsn": <b.usn>, "lnewer": true})");
}

TEST(Transcript, is_a_case_for_each_row_of_its_table) {
    const auto parsed = cases(
        "# Why.\ncovers some-1\naccount empty\n"
        "each name | value | values\n"
        "  one    | 1     | [1]\n"
        "  two    | \"b c\" | [2, 2]\n"
        "\n"
        "a: start {\"a\": $value, \"b\": $values}\n-> 200\n");
    ASSERT_EQ(parsed.size(), 2U);
    EXPECT_EQ(parsed[0].id, "area/name/one");
    EXPECT_EQ(to_text(parsed[0].steps[0].body.json), R"({"a": 1, "b": [1]})");
    EXPECT_EQ(parsed[1].id, "area/name/two");
    EXPECT_EQ(to_text(parsed[1].steps[0].body.json), R"({"a": "b c", "b": [2, 2]})");
}

TEST(Transcript, says_where_it_is_wrong) {
    EXPECT_THAT(problem("a: meta\n-> 200\n"), HasSubstr("name.sync:1: a case has a comment"));
    EXPECT_THAT(problem(head + "a: meta\n"), HasSubstr("name.sync:5: this request has no reply"));
    EXPECT_THAT(problem(head + "-> 200\n"), HasSubstr("name.sync:5: there is no request"));
    EXPECT_THAT(problem(head + "meta\n"), HasSubstr("name.sync:5: neither"));
    EXPECT_THAT(problem(head + "a: meta {\n-> 200\n"), HasSubstr("name.sync:5: "));
    EXPECT_THAT(problem(head + "a: meta {} {}\n-> 200\n"), HasSubstr("more than a body"));
    EXPECT_THAT(problem(head + "a: meta\n->\n"), HasSubstr("name.sync:6: a status is missing"));
    EXPECT_THAT(problem(head + "a: meta\n-> 200 {} 1\n"), HasSubstr("more than a reply"));
    EXPECT_THAT(problem(head + "a: meta nothing=1 {}\n-> 200\n"), HasSubstr("no option nothing"));
    EXPECT_THAT(problem(head + "a: meta\n-> 200 size=1 {}\n"),
                HasSubstr("only headers and rows are told"));
    EXPECT_THAT(problem(head + "a: use nothing\n"), HasSubstr("no common steps nothing"));
    EXPECT_THAT(problem(head + "a: use endless\n"), HasSubstr("uses too deep"));
    EXPECT_THAT(problem(head + "a: meta\n-> 200 collection\n"), HasSubstr("a query is missing"));
    EXPECT_THAT(problem("# x\ncovers some-1\naccount e\neach a | b\n  1\n\na: meta\n-> 200\n"),
                HasSubstr("name.sync:5: not a row"));
}

TEST(Transcript, has_only_holes_of_types_that_there_are) {
    EXPECT_EQ(problem(head + "a: meta\n-> 200 [<itn:x>]\n"),
              "name.sync:6: <itn:x> has no type that there is");
    EXPECT_EQ(problem(head + "a: meta\n-> 200 {\"a\": {\"b?\": <txt>}}\n"),
              "name.sync:6: <txt> has no value");
    EXPECT_EQ(problem(head + "a: meta\n-> 200 text <txt>\n"), "name.sync:6: <txt> has no value");
    EXPECT_EQ(problem(head + "a: download\n-> 200 collection\n  select 1\n  = 1 | <itn>\n"),
              "name.sync:7: <itn> has no value");
    EXPECT_EQ(problem(head + "a: meta\n-> 200 header.x=<int>\n"),
              "name.sync:6: header.x cannot be a hole");
    EXPECT_EQ(problem(head + "a: meta {\"v\": <int>}\n-> 200\n"),
              "name.sync:5: <int> has no value");
    EXPECT_EQ(problem(head + "a: meta\n-> 200 {\"a?\": <!any>, \"b\": <ms:b>}\n"), "");
}

TEST(Transcript, has_only_names_that_something_gives_a_value) {
    const std::string meta = "a: meta\n-> 200 {\"usn\": <int:u>, \"ts\": <!u>}\n";
    EXPECT_EQ(problem(head + meta + "a: meta {\"v\": <u+1>}\n-> 200 <!u>\n"), "");
    EXPECT_EQ(problem(head + meta + "a: meta {\"v\": <u+x>}\n-> 200\n"),
              "name.sync:7: <u+x> is no sum");
    EXPECT_EQ(problem(head + meta + "a: meta zip [] {\"v\": <w>}\n-> 200\n"),
              "name.sync:7: <w> has no value");
    EXPECT_EQ(problem(head + "a: meta\n-> 200 <!u>\n"), "name.sync:6: <u> has no value");
    EXPECT_EQ(problem(head + "a: meta {\"v\": <u>}\n-> 200 <int:u>\n"),
              "name.sync:5: <u> has no value");
    for (const auto* option : {"header.k=<u>", "header=\"{<u>\"", "path=\"<key>/<u>\""}) {
        EXPECT_EQ(problem(head + "a: meta " + option + "\n-> 200\n"),
                  "name.sync:5: <u> has no value");
        EXPECT_EQ(problem(head + meta + "a: meta " + option + "\n-> 200\n"), "");
    }
    EXPECT_EQ(problem(head + "a: meta header.k=a<u {}\n-> 200\n"), "");
    EXPECT_EQ(problem(head + "a: meta {\"k\": <other.key>}\n-> 200\n"),
              "name.sync:5: <other.key> has no value");
    EXPECT_EQ(problem("# Why.\ncovers some-1\naccount empty\ngiven c=7\nneeds second-user\n\n"
                      "a: meta {\"k\": <other.key>, \"v\": [<c>, <now-1>]}\n-> 200\n"),
              "");
}

}  // namespace
}  // namespace ankiwire::conformance
