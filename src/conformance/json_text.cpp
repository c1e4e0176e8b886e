#include "conformance/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

#include "conformance/utf8.hpp"

namespace ankiwire::conformance {
namespace {

// A letter behind a backslash, and what it stands for.
constexpr std::string_view escape_letters = "\"\\/bfnrt";
constexpr std::string_view escaped_chars = "\"\\/\b\f\n\r\t";

Error malformed(std::string_view what, std::string_view text) {
    return fail(ErrorKind::malformed, fmt::format("{}: {}", what, text));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes the four digits of a \u off.
std::optional<std::uint32_t> take_unit(std::string_view& text) {
    std::uint32_t unit = 0;
    const auto digits = text.substr(0, 4);
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
    if (digits.size() < 4 || problem != std::errc() || end != digits.data() + 4) {
        return std::nullopt;
    }
    text.remove_prefix(4);
    return unit;
}

// Takes what stands behind a \u off: one unit, or the two of a pair.
std::optional<std::uint32_t> take_code(std::string_view& text) {
    const auto first = take_unit(text);
    if (!first || *first < 0xd800 || *first > 0xdfff) {
        return first;
    }
    if (*first > 0xdbff || !text.starts_with("\\u")) {
        return std::nullopt;
    }
    text.remove_prefix(2);
    const auto second = take_unit(text);
    if (!second || *second < 0xdc00 || *second > 0xdfff) {
        return std::nullopt;
    }
    return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

// Takes what stands behind a backslash off; false: that is no escape.
bool take_escape(std::string_view& text, std::string& out) {
    const char letter = text.empty() ? '\0' : text.front();
    text.remove_prefix(text.empty() ? 0 : 1);
    if (letter == 'u') {
        const auto code = take_code(text);
        append_utf8(out, code.value_or(0));
        return code.has_value();
    }
    const auto found = escape_letters.find(letter);
    out += found == std::string_view::npos ? '\0' : escaped_chars[found];
    return found != std::string_view::npos;
}

// `json` begins with a quote.
Result<Node> read_text(std::string_view json) {
    auto text = json.substr(1);
    Node node = Node::of_text("");
    while (!text.empty() && text.front() != '"') {
        if (text.front() == '\\') {
            text.remove_prefix(1);
            if (!take_escape(text, node.text)) {
                return malformed("no escape of JSON", json);
            }
            continue;
        }
        const auto bytes =
            static_cast<unsigned char>(text.front()) < 0x20 ? 0 : character_bytes(text);
        if (bytes == 0) {
            return malformed("not UTF-8, or a control character", in_quotes(json));
        }
        node.text += text.substr(0, bytes);
        text.remove_prefix(bytes);
    }
    if (text != "\"") {
        return malformed("not one text", json);
    }
    return node;
}

// Whether it is written as JSON wants it; `is_integer` without fraction and exponent.
bool is_number(std::string_view text, bool& is_integer) {
    const auto take_digits = [&text] {
        const auto end =
            static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
        text.remove_prefix(end);
        return end;
    };
    text.remove_prefix(text.starts_with('-') ? 1 : 0);
    const bool begins_with_zero = text.starts_with('0');
    const auto digits = take_digits();
    if (digits == 0 || (begins_with_zero && digits > 1)) {
        return false;
    }
    is_integer = text.empty();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        if (take_digits() == 0) {
            return false;
        }
    }
    if (text.starts_with('e') || text.starts_with('E')) {
        text.remove_prefix(1);
        text.remove_prefix(text.starts_with('+') || text.starts_with('-') ? 1 : 0);
        if (take_digits() == 0) {
            return false;
        }
    }
    return text.empty();
}

// An integer that does not fit is a real one.
Result<Node> read_number(std::string_view json) {
    bool is_integer = false;
    if (!is_number(json, is_integer)) {
        return malformed("no value of JSON", json);
    }
    std::int64_t integer = 0;
    if (is_integer && std::from_chars(json.begin(), json.end(), integer).ec == std::errc()) {
        return Node::of_integer(integer);
    }
    Node node;
    node.kind = Node::Kind::real;
    if (std::from_chars(json.begin(), json.end(), node.real).ec != std::errc()) {
        return malformed("a number that is too large or too small", json);
    }
    return node;
}

}  // namespace

Result<Node> read_scalar(std::string_view json) {
    if (json.starts_with('"')) {
        return read_text(json);
    }
    if (json == "null") {
        return Node();
    }
    if (json == "true" || json == "false") {
        Node node;
        node.kind = Node::Kind::boolean;
        node.boolean = json == "true";
        return node;
    }
    return read_number(json);
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const char c = text.front();
        const auto bytes = character_bytes(text);
        if (const auto found = escaped_chars.find(c); found != std::string_view::npos && c != '/') {
            out += '\\';
            out += escape_letters[found];
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += bytes == 0 ? no_character : text.substr(0, bytes);
        }
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return out + '"';
}

std::string written(double number) {
    char text[32];
    std::string out(text, std::to_chars(text, text + sizeof text, number).ptr);
    return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}

}  // namespace ankiwire::conformance
