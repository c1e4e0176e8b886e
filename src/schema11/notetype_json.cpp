#include "schema11/notetype_json.hpp"

#include <array>
#include <utility>

#include "schema11/member_text.hpp"
#include "schema11/members.hpp"
#include "schema11/other_members.hpp"

namespace ankiwire::schema11 {
namespace {

using json::Value;

constexpr auto notetype_members = std::to_array<std::string_view>(
    {"id", "name", "type", "mod", "usn", "sortf", "did", "tmpls", "flds", "css", "latexPre",
     "latexPost", "latexsvg", "req", "originalStockKind", "originalId"});

constexpr auto field_members = std::to_array<std::string_view>(
    {"name", "ord", "sticky", "rtl", "font", "size", "description", "plainText", "collapsed",
     "excludeFromSearch", "id", "tag", "preventDeletion"});

constexpr auto template_members = std::to_array<std::string_view>(
    {"name", "ord", "qfmt", "afmt", "bqfmt", "bafmt", "did", "bfont", "bsize", "id"});

// CardRequirement.kind is the position here.
constexpr auto requirement_kinds = std::to_array<std::string_view>({"none", "any", "all"});

Result<std::int32_t> requirement_kind(Value value) {
    TRY_ASSIGN(const auto name, value.string());
    for (std::size_t kind = 0; kind < requirement_kinds.size(); ++kind) {
        if (requirement_kinds[kind] == name) {
            return static_cast<std::int32_t>(kind);
        }
    }
    return fail(ErrorKind::malformed, "not a kind of requirement");
}

// [ordinal of the template, kind, [ordinals of fields]]
Result<columns::NotetypeConfig::CardRequirement> decode_requirement(Value value) {
    TRY_ASSIGN(const auto array, value.array());
    if (array.size() != 3) {
        return fail(ErrorKind::malformed, "not three elements");
    }
    auto item = array.begin();
    TRY_ASSIGN(const auto card_ord, Value(*item).uint16());
    TRY_ASSIGN(const auto kind, requirement_kind(Value(*++item)));
    TRY_ASSIGN(const auto field_ords, list_of (&Value::uint16)(Value(*++item)));
    columns::NotetypeConfig::CardRequirement requirement;
    requirement.set_card_ord(card_ord);
    requirement.set_kind(kind);
    requirement.mutable_field_ords()->Assign(field_ords.begin(), field_ords.end());
    return requirement;
}

Result<Notetype::Field> decode_field(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Notetype::Field field;
    field.name = in.required("name", text);
    in.nullable("ord", &Value::uint16);  // the position in the list counts
    auto& config = field.config;
    config.set_sticky(in.required("sticky", &Value::bool_from_anything));
    config.set_rtl(in.required("rtl", &Value::bool_from_anything));
    config.set_font_name(in.required("font", text));
    config.set_font_size(in.required("size", &Value::uint16));
    config.set_description(in.lenient("description", text));
    config.set_plain_text(in.lenient("plainText", &Value::boolean));
    config.set_collapsed(in.lenient("collapsed", &Value::boolean));
    config.set_exclude_from_search(in.lenient("excludeFromSearch", &Value::boolean));
    if (const auto id = in.if_readable("id", &Value::int64)) {
        config.set_id(*id);
    }
    if (const auto tag = in.if_readable("tag", &Value::uint32)) {
        config.set_tag(*tag);
    }
    config.set_prevent_deletion(in.lenient("preventDeletion", &Value::boolean));
    TRY(in.status());
    config.set_other(other_members(object, {field_members}));
    return field;
}

Result<Notetype::Template> decode_template(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Notetype::Template card;
    card.name = in.required("name", text);
    in.nullable("ord", &Value::uint16);  // the position in the list counts
    auto& config = card.config;
    config.set_q_format(in.required("qfmt", text));
    config.set_a_format(in.optional("afmt", text));
    config.set_q_format_browser(in.optional("bqfmt", text));
    config.set_a_format_browser(in.optional("bafmt", text));
    config.set_target_deck_id(in.lenient("did", &Value::int64));
    config.set_browser_font_name(in.lenient("bfont", text));
    config.set_browser_font_size(in.lenient("bsize", &Value::uint8));
    if (const auto id = in.if_readable("id", &Value::int64)) {
        config.set_id(*id);
    }
    TRY(in.status());
    config.set_other(other_members(object, {template_members}));
    return card;
}

void encode_field(const Notetype::Field& field, std::size_t ord, json::Writer& out) {
    const auto& config = field.config;
    out.begin_object();
    out.key("name").string(field.name);
    out.key("ord").integer(static_cast<std::uint16_t>(ord));
    out.key("sticky").boolean(config.sticky());
    out.key("rtl").boolean(config.rtl());
    out.key("font").string(config.font_name());
    out.key("size").integer(static_cast<std::uint16_t>(config.font_size()));
    out.key("description").string(config.description());
    out.key("plainText").boolean(config.plain_text());
    out.key("collapsed").boolean(config.collapsed());
    out.key("excludeFromSearch").boolean(config.exclude_from_search());
    write_number_or_null(out.key("id"), config.has_id(), config.id());
    write_number_or_null(out.key("tag"), config.has_tag(), config.tag());
    out.key("preventDeletion").boolean(config.prevent_deletion());
    OtherMembers(config.other()).write_except({field_members}, out);
    out.end_object();
}

void encode_template(const Notetype::Template& card, std::size_t ord, json::Writer& out) {
    const auto& config = card.config;
    out.begin_object();
    out.key("name").string(card.name);
    out.key("ord").integer(static_cast<std::uint16_t>(ord));
    out.key("qfmt").string(config.q_format());
    out.key("afmt").string(config.a_format());
    out.key("bqfmt").string(config.q_format_browser());
    out.key("bafmt").string(config.a_format_browser());
    write_number_or_null(out.key("did"), config.target_deck_id() > 0, config.target_deck_id());
    out.key("bfont").string(config.browser_font_name());
    out.key("bsize").integer(static_cast<std::uint8_t>(config.browser_font_size()));
    write_number_or_null(out.key("id"), config.has_id(), config.id());
    OtherMembers(config.other()).write_except({template_members}, out);
    out.end_object();
}

void encode_requirements(const columns::NotetypeConfig& config, json::Writer& out) {
    out.begin_array();
    for (const auto& requirement : config.reqs()) {
        const auto kind = static_cast<std::size_t>(requirement.kind());
        out.begin_array();
        out.integer(static_cast<std::uint16_t>(requirement.card_ord()));
        out.string(requirement_kinds[kind < requirement_kinds.size() ? kind : 0]);
        out.begin_array();
        for (const auto field_ord : requirement.field_ords()) {
            out.integer(static_cast<std::uint16_t>(field_ord));
        }
        out.end_array().end_array();
    }
    out.end_array();
}

}  // namespace

Result<Notetype> decode_notetype(Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Notetype notetype;
    notetype.id.value = in.required("id", &Value::int64_or_string);
    notetype.name = in.required("name", text);
    notetype.mtime.value = in.required("mod", &Value::int64);
    notetype.usn.value = in.required("usn", &Value::int32);
    notetype.templates = in.required("tmpls", list_of(decode_template));
    notetype.fields = in.required("flds", list_of(decode_field));
    auto& config = notetype.config;
    config.set_kind(in.required("type", up_to(1)));
    config.set_sort_field_idx(in.required("sortf", &Value::uint16));
    config.set_target_deck_id_unused(in.required_lenient("did", &Value::int64));
    config.set_css(in.required_lenient("css", text));
    config.set_latex_pre(in.optional("latexPre", text));
    config.set_latex_post(in.optional("latexPost", text));
    config.set_latex_svg(in.lenient("latexsvg", &Value::boolean));
    for (auto& requirement : in.lenient("req", list_of(decode_requirement))) {
        *config.add_reqs() = std::move(requirement);
    }
    config.set_original_stock_kind(in.optional("originalStockKind", &Value::int32));
    if (const auto original_id = in.nullable("originalId", &Value::int64)) {
        config.set_original_id(*original_id);
    }
    TRY(in.status());
    config.set_other(other_members(object, {notetype_members}));
    return notetype;
}

void encode_notetype(const Notetype& notetype, json::Writer& out) {
    const auto& config = notetype.config;
    out.begin_object();
    out.key("id").integer(notetype.id.value);
    out.key("name").string(notetype.name);
    out.key("type").integer(config.kind() == 1 ? 1 : 0);
    out.key("mod").integer(notetype.mtime.value);
    out.key("usn").integer(notetype.usn.value);
    out.key("sortf").integer(static_cast<std::uint16_t>(config.sort_field_idx()));
    const std::int64_t deck_id = config.target_deck_id_unused();
    write_number_or_null(out.key("did"), deck_id != 0, deck_id);
    out.key("tmpls").begin_array();
    for (std::size_t ord = 0; ord < notetype.templates.size(); ++ord) {
        encode_template(notetype.templates[ord], ord, out);
    }
    out.end_array();
    out.key("flds").begin_array();
    for (std::size_t ord = 0; ord < notetype.fields.size(); ++ord) {
        encode_field(notetype.fields[ord], ord, out);
    }
    out.end_array();
    out.key("css").string(config.css());
    out.key("latexPre").string(config.latex_pre());
    out.key("latexPost").string(config.latex_post());
    out.key("latexsvg").boolean(config.latex_svg());
    encode_requirements(config, out.key("req"));
    if (config.original_stock_kind() != 0) {
        out.key("originalStockKind").integer(config.original_stock_kind());
    }
    if (config.has_original_id()) {
        out.key("originalId").integer(config.original_id());
    }
    OtherMembers(config.other()).write_except({notetype_members}, out);
    out.end_object();
}

}  // namespace ankiwire::schema11
