#include "model/html_entities.hpp"

#include <algorithm>
#include <iterator>

#include "model/utf8.hpp"

namespace ankiwire {
namespace {

struct Entity {
    std::string_view name;
    char32_t value;
};

constexpr Entity entities[] = {
#include "model/html_entities.inc"
};

constexpr char32_t code_point_max = 0x10ffff;

std::optional<char32_t> named_entity(std::string_view name) {
    const auto* found = std::ranges::lower_bound(entities, name, {}, &Entity::name);
    if (found == std::end(entities) || found->name != name) return std::nullopt;
    return found->value;
}

std::optional<char32_t> digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

std::optional<char32_t> number(std::string_view digits, char32_t base) {
    if (digits.empty()) return std::nullopt;
    char32_t value = 0;
    for (const char c : digits) {
        const auto digit = digit_value(c);
        if (!digit || *digit >= base) return std::nullopt;
        value = value * base + *digit;
        if (value > code_point_max) return std::nullopt;
    }
    const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    if (is_surrogate) return std::nullopt;
    return value;
}

// `body` is what stands between `&` and `;`.
std::optional<char32_t> entity_value(std::string_view body) {
    if (body.starts_with("#x")) return number(body.substr(2), 16);
    if (body.starts_with('#')) return number(body.substr(1), 10);
    return named_entity(body);
}

}  // namespace

std::optional<std::string> decode_html_entities(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (;;) {
        const std::size_t start = text.find('&');
        decoded.append(text.substr(0, start));
        if (start == std::string_view::npos) return decoded;
        const std::size_t end = text.find(';', start);
        if (end == std::string_view::npos) return std::nullopt;
        const auto value = entity_value(text.substr(start + 1, end - start - 1));
        if (!value) return std::nullopt;
        append_code_point(decoded, *value);
        text.remove_prefix(end + 1);
    }
}

}  // namespace ankiwire
