// The official server's verdicts on odd objects: fixtures/schema11/README.md.
#include <gtest/gtest.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"
#include "schema11/test_support.hpp"

namespace ankiwire::schema11 {
namespace {

std::string member_text(json::Object object, std::string_view name) {
    return std::string(object.member(name).value().string().value());
}

std::int64_t member_number(json::Object object, std::string_view name) {
    return object.member(name).value().int64().value();
}

template <class Message>
Message message(json::Object object, std::string_view name) {
    const std::string hex = member_text(object, name);
    std::string bytes(hex.size() / 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned byte = 0;
        std::from_chars(&hex[2 * i], &hex[2 * i] + 2, byte, 16);
        bytes[i] = static_cast<char>(byte);
    }
    Message parsed;
    CHECK(parsed.ParseFromString(bytes));
    return parsed;
}

template <class Object>
Object row_basics(json::Object row) {
    Object object;
    object.id.value = member_number(row, "id");
    object.name = member_text(row, "name");
    object.mtime.value = member_number(row, "mtime");
    object.usn.value = static_cast<std::int32_t>(member_number(row, "usn"));
    return object;
}

void read_row(json::Object row, Deck& deck) {
    deck = row_basics<Deck>(row);
    deck.common = message<columns::DeckCommon>(row, "common");
    deck.kind = message<columns::DeckKind>(row, "kind");
}

void read_row(json::Object row, DeckConfig& config) {
    config = row_basics<DeckConfig>(row);
    config.config = message<columns::DeckConfigConfig>(row, "config");
}

void read_row(json::Object row, Notetype& notetype) {
    notetype = row_basics<Notetype>(row);
    notetype.config = message<columns::NotetypeConfig>(row, "config");
    (void)row.member("fields").value().array().value().for_each(
        [&](json::Value value) -> Result<void> {
            TRY_ASSIGN(const auto field, value.object());
            notetype.fields.push_back(
                {member_text(field, "name"), message<columns::FieldConfig>(field, "config")});
            return {};
        });
    (void)row.member("templates")
        .value()
        .array()
        .value()
        .for_each([&](json::Value value) -> Result<void> {
            TRY_ASSIGN(const auto card, value.object());
            notetype.templates.push_back(
                {member_text(card, "name"), message<columns::TemplateConfig>(card, "config")});
            return {};
        });
}

void expect_same(const Deck& deck, const Deck& row) {
    EXPECT_EQ(content(deck.common), content(row.common));
    EXPECT_EQ(content(deck.kind), content(row.kind));
}

void expect_same(const DeckConfig& config, const DeckConfig& row) {
    EXPECT_EQ(content(config.config), content(row.config));
}

void expect_same(const Notetype& notetype, const Notetype& row) {
    EXPECT_EQ(content(notetype.config), content(row.config));
    ASSERT_EQ(notetype.fields.size(), row.fields.size());
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
        EXPECT_EQ(notetype.fields[i].name, row.fields[i].name);
        EXPECT_EQ(content(notetype.fields[i].config), content(row.fields[i].config));
    }
    ASSERT_EQ(notetype.templates.size(), row.templates.size());
    for (std::size_t i = 0; i < row.templates.size(); ++i) {
        EXPECT_EQ(notetype.templates[i].name, row.templates[i].name);
        EXPECT_EQ(content(notetype.templates[i].config), content(row.templates[i].config));
    }
}

template <class Object>
void expect_as_official(json::Object accepted, Result<Object> (*decode)(json::Value),
                        void (*encode)(const Object&, json::Writer&)) {
    const auto decoded = decode(accepted.member("sent").value());
    ASSERT_TRUE(decoded) << decoded.error().context;
    Object row;
    read_row(accepted.member("row").value().object().value(), row);
    EXPECT_EQ(decoded->id, row.id);
    EXPECT_EQ(decoded->name, row.name);
    EXPECT_EQ(decoded->mtime, row.mtime);
    expect_same(*decoded, row);
    const json::Value returned = accepted.member("returned").value();
    EXPECT_EQ(sorted_text(encode_text(encode, row)), sorted_text(returned));
    const auto again = decode(returned);
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_EQ(sorted_text(encode_text(encode, *again)), sorted_text(returned));
}

template <class Object>
void expect_all_as_official(const char* file, Result<Object> (*decode)(json::Value),
                            void (*encode)(const Object&, json::Writer&)) {
    std::ifstream stream(std::string(ANKIWIRE_FIXTURES "/schema11/") + file);
    std::stringstream text;
    text << stream.rdbuf();
    const auto document = json::Document::parse(text.str());
    ASSERT_TRUE(document) << document.error().context;
    const auto root = document->root().object().value();
    std::size_t seen = 0;
    (void)root.member("accepted")
        .value()
        .array()
        .value()
        .for_each([&](json::Value value) -> Result<void> {
            TRY_ASSIGN(const auto accepted, value.object());
            SCOPED_TRACE(member_text(accepted, "case"));
            expect_as_official(accepted, decode, encode);
            ++seen;
            return {};
        });
    (void)root.member("refused").value().array().value().for_each(
        [&](json::Value value) -> Result<void> {
            TRY_ASSIGN(const auto refused, value.object());
            const auto decoded = decode(refused.member("sent").value());
            EXPECT_FALSE(decoded) << member_text(refused, "case");
            EXPECT_TRUE(decoded || decoded.error().kind == ErrorKind::malformed);
            ++seen;
            return {};
        });
    EXPECT_GE(seen, 20U);
}

TEST(OfficialObjects, decks_are_read_and_written_alike) {
    expect_all_as_official("decks.json", decode_deck, encode_deck);
}

TEST(OfficialObjects, deck_configs_are_read_and_written_alike) {
    expect_all_as_official("deck_configs.json", decode_deck_config, encode_deck_config);
}

TEST(OfficialObjects, notetypes_are_read_and_written_alike) {
    expect_all_as_official("notetypes.json", decode_notetype, encode_notetype);
}

}  // namespace
}  // namespace ankiwire::schema11
