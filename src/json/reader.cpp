#include "json/reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "json/writer.hpp"

namespace ankiwire::json {
namespace {

Error malformed(std::string what) { return fail(ErrorKind::malformed, std::move(what)); }

template <class T>
Result<T> get(simdjson::dom::element element, const char* expected) {
    T value;
    if (element.get(value) != simdjson::SUCCESS) {
        return malformed(std::string("not ") + expected);
    }
    return value;
}

template <class T>
Result<T> narrow(simdjson::dom::element element) {
    TRY_ASSIGN(const std::int64_t wide, get<std::int64_t>(element, "an integer"));
    if (wide < std::numeric_limits<T>::min() || wide > std::numeric_limits<T>::max()) {
        return malformed("integer out of range");
    }
    return static_cast<T>(wide);
}

// The whole of `text` as a number; an explicit plus is allowed, as Rust's parse() does.
template <class T>
std::optional<T> parse_number(std::string_view text) {
    if (text.starts_with('+')) {
        text.remove_prefix(1);
        if (text.starts_with('-')) {
            return std::nullopt;
        }
    }
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Result<bool> zero_or_one(double number) {
    if (number == 0.0) {
        return false;
    }
    if (std::abs(number - 1.0) < std::numeric_limits<double>::epsilon()) {
        return true;
    }
    return malformed("neither 0 nor 1");
}

// The index behind the string that opens at `begin`.
std::size_t skip_string(std::string_view text, std::size_t begin) {
    std::size_t i = begin + 1;
    while (i < text.size() && text[i] != '"') {
        i += text[i] == '\\' ? 2 : 1;
    }
    return std::min(i + 1, text.size());
}

bool is_big_integer(std::string_view token) {
    if (token.find_first_of(".eE+") != std::string_view::npos) {
        return false;
    }
    return token.starts_with('-') ? !parse_number<std::int64_t>(token)
                                  : !parse_number<std::uint64_t>(token);
}

// `text` with a fraction put to each integer that 64 bits cannot hold: simdjson has none of those.
// Of anything else that is wrong with `text` it will complain again.
std::string widen_big_integers(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t begin = i;
        if (text[i] == '"') {
            i = skip_string(text, begin);
            out += text.substr(begin, i - begin);
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            i = std::min(text.find_first_not_of("0123456789+-.eE", begin), text.size());
            const std::string_view token = text.substr(begin, i - begin);
            out += token;
            if (is_big_integer(token)) {
                out += ".0";
            }
        } else {
            out += text[i++];
        }
    }
    return out;
}

void write(Writer& out, simdjson::dom::element element) {
    using Type = simdjson::dom::element_type;
    switch (element.type()) {
        case Type::ARRAY: {
            const simdjson::dom::array items = element.get_array().value_unsafe();
            out.begin_array();
            for (const auto item : items) {
                write(out, item);
            }
            out.end_array();
            return;
        }
        case Type::OBJECT: {
            const simdjson::dom::object fields = element.get_object().value_unsafe();
            out.begin_object();
            for (const auto field : fields) {
                write(out.key(field.key), field.value);
            }
            out.end_object();
            return;
        }
        case Type::INT64:
            out.integer(element.get_int64().value_unsafe());
            return;
        case Type::UINT64:
            out.raw(std::to_string(element.get_uint64().value_unsafe()));
            return;
        case Type::DOUBLE:
            out.real(element.get_double().value_unsafe());
            return;
        case Type::STRING:
            out.string(element.get_string().value_unsafe());
            return;
        case Type::BOOL:
            out.boolean(element.get_bool().value_unsafe());
            return;
        case Type::NULL_VALUE:
            out.null();
            return;
    }
}

}  // namespace

bool Value::is_null() const { return element_.is_null(); }
bool Value::is_string() const { return element_.is_string(); }
bool Value::is_bool() const { return element_.is_bool(); }
bool Value::is_integer() const { return element_.is_int64() || element_.is_uint64(); }
bool Value::is_number() const { return element_.is_number(); }
bool Value::is_object() const { return element_.is_object(); }
bool Value::is_array() const { return element_.is_array(); }

Result<std::string_view> Value::string() const {
    return get<std::string_view>(element_, "a string");
}
Result<bool> Value::boolean() const { return get<bool>(element_, "a boolean"); }
Result<std::int64_t> Value::int64() const { return get<std::int64_t>(element_, "an integer"); }
Result<std::int32_t> Value::int32() const { return narrow<std::int32_t>(element_); }
Result<std::uint32_t> Value::uint32() const { return narrow<std::uint32_t>(element_); }
Result<std::uint16_t> Value::uint16() const { return narrow<std::uint16_t>(element_); }
Result<std::uint8_t> Value::uint8() const { return narrow<std::uint8_t>(element_); }
Result<double> Value::number() const { return get<double>(element_, "a number"); }

Result<Object> Value::object() const {
    TRY_ASSIGN(const auto object, get<simdjson::dom::object>(element_, "an object"));
    return Object(object);
}

Result<Array> Value::array() const {
    TRY_ASSIGN(const auto array, get<simdjson::dom::array>(element_, "an array"));
    return Array(array);
}

Result<std::int64_t> Value::int64_or_string() const {
    if (!is_string()) {
        return int64();
    }
    TRY_ASSIGN(const auto text, string());
    if (const auto number = parse_number<std::int64_t>(text)) {
        return *number;
    }
    return malformed("not an integer in a string");
}

Result<std::int64_t> Value::int64_or_float() const {
    if (element_.is_int64()) {
        return int64();
    }
    TRY_ASSIGN(const double number, number());
    // 2^63 is the first double that is too large; -2^63 itself fits.
    constexpr double limit = 0x1p63;
    if (number >= limit) {
        return std::numeric_limits<std::int64_t>::max();
    }
    if (number < -limit) {
        return std::numeric_limits<std::int64_t>::min();
    }
    return static_cast<std::int64_t>(number);
}

Result<bool> Value::bool_from_anything() const {
    if (is_bool()) {
        return boolean();
    }
    if (is_number()) {
        TRY_ASSIGN(const double value, number());
        return zero_or_one(value);
    }
    TRY_ASSIGN(const auto text, string());
    for (const bool meant : {false, true}) {
        if (std::ranges::equal(text, std::string_view(meant ? "true" : "false"), {}, ascii_lower)) {
            return meant;
        }
    }
    if (const auto value = parse_number<double>(text)) {
        return zero_or_one(*value);
    }
    return malformed("not a boolean in a string");
}

void Value::append_to(std::string& out) const {
    Writer writer(out);
    write(writer, element_);
}

std::optional<Value> Object::find(std::string_view name) const {
    std::optional<Value> found;
    for (const auto field : object_) {
        if (field.key == name) {
            found = Value(field.value);
        }
    }
    return found;
}

Result<Value> Object::member(std::string_view name) const {
    if (const auto value = find(name)) {
        return *value;
    }
    return malformed("no member " + std::string(name));
}

std::size_t Array::size() const { return array_.size(); }

Result<Document> Document::parse(std::string_view text, std::size_t depth_max) {
    Document document;
    document.parser_ = std::make_unique<simdjson::dom::parser>();
    auto& parser = *document.parser_;
    // An empty innermost list may be one deeper: simdjson does not count it.
    auto error = parser.allocate(text.size(), depth_max + 1);
    if (error == simdjson::SUCCESS) {
        error = parser.parse(text.data(), text.size()).get(document.root_);
    }
    if (error == simdjson::NUMBER_ERROR) {
        const std::string widened = widen_big_integers(text);
        error = parser.parse(widened.data(), widened.size()).get(document.root_);
    }
    if (error != simdjson::SUCCESS) {
        return malformed(std::string("JSON: ") + simdjson::error_message(error));
    }
    return document;
}

}  // namespace ankiwire::json
