// Contract of src/schema11, for any protobuf columns that can be read: what they are written as in
// JSON is read again, and written as the same text. Input: `d` and a deck, `c` and a deck config or
// `n` and a notetype; columns are separated by 0xff: common and kind, config, or config, field and
// template.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"

using namespace ankiwire;

namespace {

template <class Object>
void check(const Object& object, void (*encode)(const Object&, json::Writer&),
           Result<Object> (*decode)(json::Value)) {
    const auto written = [encode](const Object& which) {
        std::string text;
        json::Writer writer(text);
        encode(which, writer);
        return text;
    };
    const auto text = written(object);
    const auto document = json::Document::parse(text);
    CHECK(document);
    const auto again = decode(document->root());
    CHECK(again);
    CHECK(written(*again) == text);
}

template <class Message>
bool parse(Message& message, std::string_view bytes) {
    return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

void check_deck(const std::array<std::string_view, 3>& columns) {
    Deck deck{.id = {5},
              .name =
                  "a\x1f"
                  "b",
              .mtime = {7},
              .usn = {3},
              .common = {},
              .kind = {}};
    if (parse(deck.common, columns[0]) && parse(deck.kind, columns[1])) {
        check(deck, schema11::encode_deck, schema11::decode_deck);
    }
}

void check_deck_config(const std::array<std::string_view, 3>& columns) {
    DeckConfig config{.id = {5}, .name = "a", .mtime = {7}, .usn = {3}, .config = {}};
    if (parse(config.config, columns[0])) {
        check(config, schema11::encode_deck_config, schema11::decode_deck_config);
    }
}

void check_notetype(const std::array<std::string_view, 3>& columns) {
    Notetype notetype{.id = {5},
                      .name = "a",
                      .mtime = {7},
                      .usn = {3},
                      .config = {},
                      .fields = {{"Front", {}}},
                      .templates = {{"Card", {}}}};
    if (parse(notetype.config, columns[0]) && parse(notetype.fields[0].config, columns[1]) &&
        parse(notetype.templates[0].config, columns[2])) {
        check(notetype, schema11::encode_notetype, schema11::decode_notetype);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::array<std::string_view, 3> columns;
    for (auto& column : columns) {
        column = rest.substr(0, rest.find('\xff'));
        rest.remove_prefix(std::min(column.size() + 1, rest.size()));
    }
    switch (data[0]) {
        case 'd':
            check_deck(columns);
            break;
        case 'c':
            check_deck_config(columns);
            break;
        default:
            check_notetype(columns);
    }
    return 0;
}
