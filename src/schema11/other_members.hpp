// Members that the schema does not name: kept as JSON text in an object's `other` bytes (empty if
// there are none) and written back, so that a newer client loses nothing (R-CHANGES-08).
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ankiwire::schema11 {

using Names = std::initializer_list<std::span<const std::string_view>>;

// Writes the members of `object` that `known` does not name.
void write_members_except(Names known, json::Object object, json::Writer& out);

// The same as a JSON object of its own; empty if there are none.
std::string other_members(json::Object object, Names known);

// Stored `other` bytes, opened for writing. What is no JSON object has no members.
class OtherMembers {
public:
    explicit OtherMembers(const std::string& bytes);

    void write_except(Names known, json::Writer& out) const;
    // Of the object in the member `name`.
    void write_nested_except(Names known, std::string_view name, json::Writer& out) const;

private:
    std::optional<json::Document> document_;
    std::optional<json::Object> object_;
};

}  // namespace ankiwire::schema11
