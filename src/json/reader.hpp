// JSON in: a thin, strict view over simdjson's DOM. Invariants: a Document has been parsed and
// validated whole before any Value of it exists; a Value must not outlive its Document; nothing
// throws, every mismatch is ErrorKind::malformed with the member's name (never its content).
// Integers beyond 64 bits are read as floats, as the official decoder (serde_json) does.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace ankiwire::json {

class Object;
class Array;

// One JSON value.
class Value {
public:
    explicit Value(simdjson::dom::element element) : element_(element) {}

    [[nodiscard]] bool is_null() const;
    [[nodiscard]] bool is_string() const;
    [[nodiscard]] bool is_bool() const;
    [[nodiscard]] bool is_integer() const;  // written without fraction or exponent, fits 64 bits
    [[nodiscard]] bool is_number() const;
    [[nodiscard]] bool is_object() const;
    [[nodiscard]] bool is_array() const;

    // Strict readings; an integer must be written as one and fit. A view lives as the Document
    // does.
    [[nodiscard]] Result<std::string_view> string() const;
    [[nodiscard]] Result<bool> boolean() const;
    [[nodiscard]] Result<std::int64_t> int64() const;
    [[nodiscard]] Result<std::int32_t> int32() const;
    [[nodiscard]] Result<std::uint32_t> uint32() const;
    [[nodiscard]] Result<std::uint16_t> uint16() const;
    [[nodiscard]] Result<std::uint8_t> uint8() const;
    [[nodiscard]] Result<double> number() const;  // integers are accepted
    [[nodiscard]] Result<Object> object() const;
    [[nodiscard]] Result<Array> array() const;

    // Leniencies that real clients need (spec/09): each is named, so that its use can be found.
    [[nodiscard]] Result<std::int64_t> int64_or_string() const;  // 5 or "5"
    [[nodiscard]] Result<std::int64_t> int64_or_float() const;   // 5 or 5.7 (truncated, saturating)
    [[nodiscard]] Result<bool> bool_from_anything() const;       // true, 1, 1.0, "True", "1" …

    // Appends the canonical text of this value (compact; object members in the order received).
    void append_to(std::string& out) const;

private:
    simdjson::dom::element element_;
};

class Object {
public:
    explicit Object(simdjson::dom::object object) : object_(object) {}

    // nullopt if absent. Of a repeated member the last one counts.
    [[nodiscard]] std::optional<Value> find(std::string_view name) const;
    // malformed if absent.
    [[nodiscard]] Result<Value> member(std::string_view name) const;
    // Calls fn(std::string_view name, Value) for each member in order; fn returns Result<void>.
    template <class Fn>
    Result<void> for_each(Fn&& fn) const {
        for (auto field : object_) {
            TRY(fn(field.key, Value(field.value)));
        }
        return {};
    }

private:
    simdjson::dom::object object_;
};

class Array {
public:
    explicit Array(simdjson::dom::array array) : array_(array) {}

    [[nodiscard]] std::size_t size() const;  // never more than 2^24 - 1, which means "or more"
    // Calls fn(Value) for each element; fn returns Result<void>.
    template <class Fn>
    Result<void> for_each(Fn&& fn) const {
        for (auto element : array_) {
            TRY(fn(Value(element)));
        }
        return {};
    }
    // Iteration by hand: begin()/end() yield simdjson elements; wrap in Value.
    [[nodiscard]] auto begin() const { return array_.begin(); }
    [[nodiscard]] auto end() const { return array_.end(); }

private:
    simdjson::dom::array array_;
};

class Document {
public:
    // Copies `text`. malformed: not one JSON value, invalid UTF-8, a lone surrogate, a number that
    // no double holds, nested deeper.
    static Result<Document> parse(std::string_view text,
                                  std::size_t depth_max = limits::json_depth_max);
    [[nodiscard]] Value root() const { return Value(root_); }

private:
    Document() = default;
    std::unique_ptr<simdjson::dom::parser> parser_;
    simdjson::dom::element root_;
};

}  // namespace ankiwire::json
