// Whatever schemas 11 and 18 can both express survives the way from one to the other and back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "collection/any_objects.hpp"
#include "collection/object_rows.hpp"
#include "collection/schema.hpp"
#include "collection/schema_sql.hpp"
#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"

namespace ankiwire::collection {
namespace {

constexpr TimestampSecs now{1'700'000'000};
constexpr Usn since_ever{INT32_MIN};

sqlite::Database in_memory() {
    return must(sqlite::Database::open(":memory:", {.mode = sqlite::OpenMode::create}));
}

// Objects in the order of their ids.
struct Objects {
    std::vector<Notetype> notetypes;
    std::vector<Deck> decks;
    std::vector<DeckConfig> deck_configs;
};

Objects any_objects() {
    Objects objects;
    for (const auto id : any_ids()) {
        objects.notetypes.push_back(any_notetype({id}, objects.notetypes.size()));
    }
    for (const auto id : any_ids()) {
        objects.decks.push_back(any_deck({id}, objects.decks.size()));
    }
    for (const auto id : any_ids()) {
        objects.deck_configs.push_back(any_deck_config({id}));
    }
    return objects;
}

// --- 18 → 11 → 18 --------------------------------------------------------------------------------

template <class Object>
void same_basics(const Object& a, const Object& b) {
    RC_ASSERT(a.id == b.id);
    RC_ASSERT(a.name == b.name);
    RC_ASSERT(a.mtime == b.mtime);
    RC_ASSERT(a.usn == b.usn);
}

template <class Part>
void same_parts(const std::vector<Part>& a, const std::vector<Part>& b) {
    RC_ASSERT(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        RC_ASSERT(a[i].name == b[i].name);
        RC_ASSERT(schema11::content(a[i].config) == schema11::content(b[i].config));
    }
}

void same(const Notetype& a, const Notetype& b) {
    same_basics(a, b);
    RC_ASSERT(schema11::content(a.config) == schema11::content(b.config));
    same_parts(a.fields, b.fields);
    same_parts(a.templates, b.templates);
}

void same(const Deck& a, const Deck& b) {
    same_basics(a, b);
    RC_ASSERT(schema11::content(a.common) == schema11::content(b.common));
    RC_ASSERT(schema11::content(a.kind) == schema11::content(b.kind));
}

void same(const DeckConfig& a, const DeckConfig& b) {
    same_basics(a, b);
    RC_ASSERT(schema11::content(a.config) == schema11::content(b.config));
}

template <class Object>
void all_same(const std::vector<Object>& before, const Result<std::vector<Object>>& after) {
    RC_ASSERT(after.has_value());
    RC_ASSERT(before.size() == after->size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        same(before[i], (*after)[i]);
    }
}

RC_GTEST_PROP(ConversionProperty, objects_survive_from_18_to_11_and_back, ()) {
    auto db = in_memory();
    must(create_collection(db, {now.value * 1000}));
    must(
        db.execute("delete from notetypes; delete from decks; delete from deck_config; "
                   "delete from fields; delete from templates; delete from config"));
    const auto objects = any_objects();
    const std::map<std::string, std::string> entries{{*schema11::any_text(), schema11::any_json(3)},
                                                     {*schema11::any_text() + "#", "{}"}};
    {
        sqlite::StatementCache statements;
        const QuerySource query = [&](std::string_view sql) { return statements.query(db, sql); };
        for (const auto& notetype : objects.notetypes) {
            must(put_notetype(query, notetype));
        }
        for (const auto& deck : objects.decks) {
            must(put_deck(query, deck));
        }
        for (const auto& config : objects.deck_configs) {
            must(put_deck_config(query, config));
        }
        for (const auto& [key, json] : entries) {
            must(put_config(query, {key, json}, {7}, now));
        }
        must(put_tag(query, *schema11::any_text(), {5}));
        must(db.execute("insert into graves values (5, 1, 7), (5, 0, 8)"));
    }
    const auto rows = [&] {
        return must(
            db.query_text("select group_concat(hex(tag) || usn) || (select group_concat("
                          "oid || type || usn) from graves) from tags"));
    };
    const auto before = rows();

    must(downgrade_to_11(db));
    RC_ASSERT(must(db.query_int64("select ver from col")) == 11);
    must(upgrade_to_newest(db, 11, now));

    sqlite::StatementCache statements;
    const QuerySource query = [&](std::string_view sql) { return statements.query(db, sql); };
    all_same(objects.notetypes, notetypes_since(query, since_ever));
    all_same(objects.decks, decks_since(query, since_ever));
    all_same(objects.deck_configs, deck_configs_since(query, since_ever));
    const auto config = must(all_config(query));
    RC_ASSERT(config.size() == entries.size());
    for (const auto& entry : config) {
        RC_ASSERT(schema11::sorted_text(entry.json) ==
                  schema11::sorted_text(entries.at(entry.key)));
    }
    RC_ASSERT(rows() == before);
}

// --- 11 → 18 → 11 --------------------------------------------------------------------------------

// Whether `part` is found in `whole`, which may have more members.
bool contains(json::Value whole, json::Value part) {
    if (part.is_object() && whole.is_object()) {
        const auto members = whole.object().value();
        return part.object()
            .value()
            .for_each([&](std::string_view name, json::Value member) -> Result<void> {
                TRY_ASSIGN(const auto found, members.member(name));
                return contains(found, member) ? Result<void>()
                                               : fail(ErrorKind::malformed, std::string(name));
            })
            .has_value();
    }
    if (part.is_array() && whole.is_array()) {
        const auto all = whole.array().value();
        const auto some = part.array().value();
        return std::ranges::equal(
            all, some, [](auto a, auto b) { return contains(json::Value(a), json::Value(b)); });
    }
    return schema11::sorted_text(whole) == schema11::sorted_text(part);
}

// Members that an old client does not write, here at random, and one that no one knows.
std::string as_by_another_client(std::string json, const std::vector<std::string>& optional) {
    for (const auto& name : optional) {
        if (*rc::gen::arbitrary<bool>()) {
            json = schema11::with(json, name, "");
        }
    }
    return schema11::with(json, "vers", schema11::any_json(2));
}

template <class Object>
std::string column(const std::vector<Object>& objects, void (*encode)(const Object&, json::Writer&),
                   const std::vector<std::string>& optional) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    for (const auto& object : objects) {
        out.key(std::to_string(object.id.value))
            .raw(as_by_another_client(schema11::encode_text(encode, object), optional));
    }
    out.end_object();
    return text;
}

RC_GTEST_PROP(ConversionProperty, members_survive_from_11_to_18_and_back, ()) {
    const auto objects = any_objects();
    std::map<std::string, std::string> columns;
    columns["models"] = column(objects.notetypes, schema11::encode_notetype,
                               {"latexPre", "latexPost", "latexsvg", "req", "originalStockKind"});
    columns["decks"] = column(objects.decks, schema11::encode_deck,
                              {"browserCollapsed", "desc", "md", "extendNew", "extendRev",
                               "reviewLimit", "newLimitToday", "desiredRetention", "previewDelay"});
    columns["dconf"] = column(objects.deck_configs, schema11::encode_deck_config,
                              {"replayq", "newMix", "fsrsWeights", "waitForAudio",
                               "easyDaysPercentages", "weightSearch", "dyn"});
    columns["conf"] = "{\"key\":" + schema11::any_json(4) + "}";
    columns["tags"] = R"({"a":5,"B::c":-1})";
    auto db = in_memory();
    for (const char* tables : {sql::tables_11, sql::graves_11, sql::indexes_11}) {
        must(db.execute(tables));
    }
    must(db.execute("insert into col values (1, 2, 3, 4, 11, 0, 5, 6, '', '', '', '', '')"));
    for (const auto& [name, text] : columns) {
        auto put = must(db.prepare("update col set " + name + " = ?"));
        put.bind_text(1, text);
        must(put.run());
    }

    must(upgrade_to_newest(db, 11, now));
    RC_ASSERT(must(db.query_text("pragma integrity_check")) == "ok");
    must(downgrade_to_11(db));

    RC_ASSERT(must(db.query_text("select crt || mod || scm || usn || ls from col")) == "23456");
    for (const auto& [name, text] : columns) {
        const auto before = must(json::Document::parse(text));
        const auto after =
            must(json::Document::parse(must(db.query_text("select " + name + " from col"))));
        RC_ASSERT(contains(after.root(), before.root()));
    }
}

}  // namespace
}  // namespace ankiwire::collection
