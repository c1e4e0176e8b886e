// What the tests of this folder share: JSON changed and compared by meaning, messages compared by
// content.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ankiwire::schema11 {

// The text of `value` with the members of every object sorted.
inline std::string sorted_text(json::Value value) {
    std::string out;
    if (value.is_object()) {
        std::map<std::string, std::string> members;
        (void)value.object().value().for_each(
            [&](std::string_view name, json::Value member) -> Result<void> {
                members[std::string(name)] = sorted_text(member);
                return {};
            });
        json::Writer writer(out);
        writer.begin_object();
        for (const auto& [name, text] : members) {
            writer.key(name).raw(text);
        }
        writer.end_object();
    } else if (value.is_array()) {
        json::Writer writer(out);
        writer.begin_array();
        (void)value.array().value().for_each([&](json::Value item) -> Result<void> {
            writer.raw(sorted_text(item));
            return {};
        });
        writer.end_array();
    } else {
        value.append_to(out);
    }
    return out;
}

inline std::string sorted_text(std::string_view json) {
    const auto document = json::Document::parse(json);
    CHECK(document);
    return sorted_text(document->root());
}

// Parses and decodes; the text must be JSON.
template <class Decode>
auto decode_text(Decode decode, std::string_view json) {
    const auto document = json::Document::parse(json);
    CHECK(document);
    return decode(document->root());
}

template <class Object>
std::string encode_text(void (*encode)(const Object&, json::Writer&), const Object& object) {
    std::string out;
    json::Writer writer(out);
    encode(object, writer);
    return out;
}

// `json`, an object, with the member's value replaced, added, or removed if `value` is empty.
inline std::string with(std::string_view json, std::string_view member, std::string_view value) {
    const auto document = json::Document::parse(json);
    CHECK(document);
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    (void)document->root().object().value().for_each(
        [&](std::string_view name, json::Value kept) -> Result<void> {
            if (name != member) {
                writer.key(name).raw(sorted_text(kept));
            }
            return {};
        });
    if (!value.empty()) {
        writer.key(member).raw(value);
    }
    writer.end_object();
    return out;
}

// The bytes of a message whose `other`, if it has any, is sorted.
template <class Message>
std::string content(Message message) {
    if constexpr (requires { message.set_other(""); }) {
        if (!message.other().empty()) {
            message.set_other(sorted_text(message.other()));
        }
    }
    return message.SerializeAsString();
}

}  // namespace ankiwire::schema11
