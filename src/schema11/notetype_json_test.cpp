#include "schema11/notetype_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "schema11/object_generators.hpp"

namespace ankiwire::schema11 {
namespace {

constexpr const char* field_json =
    R"({"name":"f","sticky":false,"rtl":false,"font":"Arial","size":20})";
constexpr const char* template_json = R"({"name":"t","qfmt":"{{f}}"})";

std::string list(std::string_view item) { return "[" + std::string(item) + "]"; }

std::string notetype_json() {
    const std::string base =
        R"({"id":7,"name":"n","type":0,"mod":5,"usn":3,"sortf":0,"did":null,"css":""})";
    return with(with(base, "tmpls", list(template_json)), "flds", list(field_json));
}

Result<Notetype> decode_with(std::string_view member, std::string_view value) {
    return decode_text(decode_notetype, with(notetype_json(), member, value));
}

Result<Notetype> decode_field_with(std::string_view member, std::string_view value) {
    return decode_with("flds", list(with(field_json, member, value)));
}

Result<Notetype> decode_template_with(std::string_view member, std::string_view value) {
    return decode_with("tmpls", list(with(template_json, member, value)));
}

columns::FieldConfig field_with(std::string_view member, std::string_view value) {
    return decode_field_with(member, value).value().fields.at(0).config;
}

columns::TemplateConfig template_with(std::string_view member, std::string_view value) {
    return decode_template_with(member, value).value().templates.at(0).config;
}

TEST(NotetypeJson, needs_each_required_member) {  // R-CHANGES-12
    for (const char* member :
         {"id", "name", "type", "mod", "usn", "sortf", "did", "tmpls", "flds", "css"}) {
        EXPECT_FALSE(decode_with(member, "")) << member;
    }
    for (const char* member : {"name", "sticky", "rtl", "font", "size"}) {
        EXPECT_FALSE(decode_field_with(member, "")) << member;
    }
    for (const char* member : {"name", "qfmt"}) {
        EXPECT_FALSE(decode_template_with(member, "")) << member;
    }
    EXPECT_TRUE(decode_text(decode_notetype, notetype_json()));
}

TEST(NotetypeJson, says_where_an_object_inside_is_wrong) {
    EXPECT_EQ(decode_field_with("size", "\"x\"").error().context, "flds: size: not an integer");
    EXPECT_EQ(decode_with("tmpls", "[5]").error().context, "tmpls: not an object");
}

TEST(NotetypeJson, reads_its_own_members_strictly) {  // R-CHANGES-12
    EXPECT_EQ(decode_with("id", "\"17\"")->id.value, 17);
    EXPECT_EQ(decode_with("type", "1")->config.kind(), 1);
    for (const char* type : {"2", "-1", "1.0", "\"1\"", "true", "null"}) {
        EXPECT_FALSE(decode_with("type", type)) << type;
    }
    EXPECT_EQ(decode_with("sortf", "65535")->config.sort_field_idx(), 65535U);
    EXPECT_FALSE(decode_with("sortf", "65536"));
    EXPECT_FALSE(decode_with("mod", "\"5\""));
    EXPECT_FALSE(decode_with("usn", "2147483648"));
    EXPECT_FALSE(decode_with("latexPre", "null"));
    EXPECT_FALSE(decode_with("latexPost", "5"));
    EXPECT_FALSE(decode_with("originalStockKind", "null"));
    EXPECT_FALSE(decode_with("originalId", "\"5\""));
    EXPECT_FALSE(decode_with("flds", "{}"));
}

TEST(NotetypeJson, does_not_normalise_the_name) {
    EXPECT_EQ(decode_with("name", "\"u\\u0308\"")->name, "u\u0308");
}

TEST(NotetypeJson, tolerates_any_deck_css_and_svg_flag) {
    EXPECT_EQ(decode_with("did", "5")->config.target_deck_id_unused(), 5);
    EXPECT_EQ(decode_with("did", "-5")->config.target_deck_id_unused(), -5);
    EXPECT_EQ(decode_with("did", "\"5\"")->config.target_deck_id_unused(), 0);
    EXPECT_EQ(decode_with("css", "\"x\"")->config.css(), "x");
    EXPECT_EQ(decode_with("css", "5")->config.css(), "");
    EXPECT_TRUE(decode_with("latexsvg", "true")->config.latex_svg());
    EXPECT_FALSE(decode_with("latexsvg", "1")->config.latex_svg());
}

TEST(NotetypeJson, reads_requirements_whole_or_not_at_all) {
    const auto notetype = decode_with("req", R"([[0,"any",[0,1]],[1,"none",[]],[2,"all",[1]]])");
    ASSERT_EQ(notetype->config.reqs_size(), 3);
    EXPECT_EQ(notetype->config.reqs(0).kind(), 1);
    EXPECT_EQ(notetype->config.reqs(0).field_ords_size(), 2);
    EXPECT_EQ(notetype->config.reqs(1).kind(), 0);
    EXPECT_EQ(notetype->config.reqs(2).kind(), 2);
    EXPECT_EQ(notetype->config.reqs(2).card_ord(), 2U);
    for (const char* bad :
         {R"([0,"some",[0]])", R"([0,"ANY",[0]])", R"([0,"any"])", R"([0,"any",[0],1])",
          R"([65536,"any",[0]])", R"([0,"any",[-1]])", R"([0,"any",null])", "0", "null", "[]"}) {
        const auto text = R"([[0,"any",[0]],)" + std::string(bad) + "]";
        EXPECT_EQ(decode_with("req", text)->config.reqs_size(), 0) << bad;
    }
    EXPECT_EQ(decode_with("req", "null")->config.reqs_size(), 0);
}

TEST(NotetypeJson, leaves_out_an_original_that_is_not_known) {
    const auto without = encode_text(encode_notetype, *decode_with("originalId", "null"));
    EXPECT_EQ(without.find("original"), std::string::npos);
    EXPECT_FALSE(decode_with("originalId", "null")->config.has_original_id());
    const auto with_zero = encode_text(encode_notetype, *decode_with("originalId", "0"));
    EXPECT_NE(with_zero.find(R"("originalId":0)"), std::string::npos);
    EXPECT_EQ(decode_with("originalStockKind", "6")->config.original_stock_kind(), 6);
}

TEST(NotetypeJson, reads_a_fields_members) {
    EXPECT_TRUE(field_with("sticky", "\"1\"").sticky());
    EXPECT_FALSE(field_with("rtl", "0.0").rtl());
    EXPECT_FALSE(decode_field_with("sticky", "2"));
    EXPECT_FALSE(decode_field_with("rtl", "null"));
    EXPECT_FALSE(decode_field_with("font", "null"));
    EXPECT_FALSE(decode_field_with("size", "20.0"));
    EXPECT_FALSE(decode_field_with("size", "65536"));
    EXPECT_EQ(field_with("description", "5").description(), "");
    EXPECT_EQ(field_with("description", "\"d\"").description(), "d");
    EXPECT_TRUE(field_with("plainText", "true").plain_text());
    EXPECT_FALSE(field_with("collapsed", "1").collapsed());
    EXPECT_FALSE(field_with("excludeFromSearch", "null").exclude_from_search());
    EXPECT_FALSE(field_with("preventDeletion", "\"true\"").prevent_deletion());
    EXPECT_TRUE(field_with("id", "0").has_id());
    EXPECT_FALSE(field_with("id", "\"5\"").has_id());
    EXPECT_EQ(field_with("tag", "4294967295").tag(), 4294967295U);
    EXPECT_FALSE(field_with("tag", "-1").has_tag());
}

TEST(NotetypeJson, reads_a_templates_members) {
    EXPECT_EQ(template_with("afmt", "\"a\"").a_format(), "a");
    for (const char* member : {"afmt", "bqfmt", "bafmt"}) {
        EXPECT_FALSE(decode_template_with(member, "null")) << member;
    }
    EXPECT_EQ(template_with("did", "5").target_deck_id(), 5);
    EXPECT_EQ(template_with("did", "\"5\"").target_deck_id(), 0);
    EXPECT_EQ(template_with("bfont", "null").browser_font_name(), "");
    EXPECT_EQ(template_with("bsize", "255").browser_font_size(), 255U);
    EXPECT_EQ(template_with("bsize", "300").browser_font_size(), 0U);
    EXPECT_TRUE(template_with("id", "0").has_id());
    EXPECT_FALSE(template_with("id", "null").has_id());
}

TEST(NotetypeJson, checks_ordinals_but_counts_positions) {  // R-STORE-14
    for (const char* ord : {"-1", "65536", "1.0", "\"0\"", "true"}) {
        EXPECT_FALSE(decode_field_with("ord", ord)) << ord;
        EXPECT_FALSE(decode_template_with("ord", ord)) << ord;
    }
    EXPECT_TRUE(decode_field_with("ord", "null"));
    const auto field = with(field_json, "ord", "9");
    const auto notetype = decode_with("flds", list(field + "," + field));
    const auto text = encode_text(encode_notetype, *notetype);
    EXPECT_NE(text.find(R"("name":"f","ord":0)"), std::string::npos);
    EXPECT_NE(text.find(R"("name":"f","ord":1)"), std::string::npos);
    EXPECT_EQ(text.find(R"("ord":9)"), std::string::npos);
}

TEST(NotetypeJson, keeps_unknown_members_at_each_level) {  // R-CHANGES-08
    EXPECT_EQ(decode_with("vers", "[1.0]")->config.other(), R"({"vers":[1.0]})");
    EXPECT_EQ(field_with("media", "[]").other(), R"({"media":[]})");
    EXPECT_EQ(template_with("x", "null").other(), R"({"x":null})");
}

TEST(NotetypeJson, is_written_in_a_fixed_order) {
    EXPECT_EQ(
        encode_text(encode_notetype, *decode_with("x", "1")),
        R"({"id":7,"name":"n","type":0,"mod":5,"usn":3,"sortf":0,"did":null,"tmpls":[{"name":"t",)"
        R"("ord":0,"qfmt":"{{f}}","afmt":"","bqfmt":"","bafmt":"","did":null,"bfont":"",)"
        R"("bsize":0,"id":null}],"flds":[{"name":"f","ord":0,"sticky":false,"rtl":false,)"
        R"("font":"Arial","size":20,"description":"","plainText":false,"collapsed":false,)"
        R"("excludeFromSearch":false,"id":null,"tag":null,"preventDeletion":false}],"css":"",)"
        R"("latexPre":"","latexPost":"","latexsvg":false,"req":[],"x":1})");
}

TEST(NotetypeJson, sends_unknown_numbers_of_kinds_as_the_first_one) {
    Notetype notetype;
    notetype.config.set_kind(77);
    notetype.config.add_reqs()->set_kind(-1);
    notetype.config.add_reqs()->set_kind(3);
    const auto text = encode_text(encode_notetype, notetype);
    EXPECT_NE(text.find(R"("type":0)"), std::string::npos);
    EXPECT_NE(text.find(R"([[0,"none",[]],[0,"none",[]]])"), std::string::npos);
}

RC_GTEST_PROP(NotetypeJsonProperty, any_notetype_survives_the_json, ()) {
    const Notetype notetype = any_notetype();
    const auto text = encode_text(encode_notetype, notetype);
    const auto decoded = decode_text(decode_notetype, text);
    RC_ASSERT(decoded.has_value());
    RC_ASSERT(decoded->id == notetype.id);
    RC_ASSERT(decoded->name == notetype.name);
    RC_ASSERT(decoded->mtime == notetype.mtime);
    RC_ASSERT(decoded->usn == notetype.usn);
    RC_ASSERT(content(decoded->config) == content(notetype.config));
    RC_ASSERT(decoded->fields.size() == notetype.fields.size());
    RC_ASSERT(decoded->templates.size() == notetype.templates.size());
    for (std::size_t i = 0; i < notetype.fields.size(); ++i) {
        RC_ASSERT(decoded->fields[i].name == notetype.fields[i].name);
        RC_ASSERT(content(decoded->fields[i].config) == content(notetype.fields[i].config));
        RC_ASSERT(decoded->templates[i].name == notetype.templates[i].name);
        RC_ASSERT(content(decoded->templates[i].config) == content(notetype.templates[i].config));
    }
    RC_ASSERT(encode_text(encode_notetype, *decoded) == text);
}

TEST(NotetypeJson, writes_no_member_twice_whatever_other_holds) {
    Notetype notetype = decode_with("originalStockKind", "6").value();
    notetype.config.set_original_id(1);
    const auto document = json::Document::parse(encode_text(encode_notetype, notetype));
    const auto object = document->root().object().value();
    const auto text_of_first = [&](const char* name) {
        return sorted_text(json::Value(*object.member(name).value().array().value().begin()));
    };
    Notetype stuffed = notetype;
    stuffed.config.set_other(encode_text(encode_notetype, notetype));
    stuffed.fields[0].config.set_other(text_of_first("flds"));
    stuffed.templates[0].config.set_other(text_of_first("tmpls"));
    EXPECT_EQ(encode_text(encode_notetype, stuffed), encode_text(encode_notetype, notetype));
}

}  // namespace
}  // namespace ankiwire::schema11
