// RapidCheck generators of what an object of a collection may hold.
#pragma once

#include <rapidcheck.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "json/writer.hpp"

namespace ankiwire::schema11 {

inline rc::Gen<std::string> joined(const rc::Gen<std::string>& part) {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(part),
                        [](const std::vector<std::string>& parts) {
                            std::string text;
                            for (const auto& piece : parts) {
                                text += piece;
                            }
                            return text;
                        });
}

// Valid UTF-8 with what JSON, deck names and the collation care about: texts that are one when
// folded (ß ẞ, the three sigmas, K and the Kelvin sign) or composed, and the ends of each length.
inline rc::Gen<std::string> any_text() {
    return joined(rc::gen::element<std::string>(
        "a", "B", " ", ":", "::", "\"", "\\", "/", "\n", "\x1f", "ü", "u\u0308", "漢", "😀", "{}",
        "ß", "\u1e9e", "σ", "ς", "Σ", "K", "\u212a", "İ", "\x7f", "\u0080", "\u07ff", "\u0800",
        "\u2028", "\ufffd", "\uffff", "\U00010000", "\U0010ffff", std::string(1, '\0'),
        "some plain text of a field"));
}

// That, or longer than any column is wide.
inline rc::Gen<std::string> any_long_text() {
    const auto huge = rc::gen::map(rc::gen::inRange<std::size_t>(1, 70'000),
                                   [](std::size_t size) { return std::string(size, 'x'); });
    return rc::gen::weightedOneOf<std::string>({{30, any_text()}, {1, huge}});
}

// That, or bytes that are no UTF-8: a cut letter, half of a surrogate pair, what no letter has.
inline rc::Gen<std::string> any_bytes() {
    const auto broken = rc::gen::element<std::string>("a", "\xff", "\xc3", "\xed\xa0\x80", "\xf5");
    return rc::gen::weightedOneOf<std::string>({{3, any_long_text()}, {1, joined(broken)}});
}

template <class Number>
rc::Gen<Number> any_number() {
    using Limits = std::numeric_limits<Number>;
    return rc::gen::oneOf(rc::gen::arbitrary<Number>(), rc::gen::elementOf(std::vector<Number>{
                                                            Limits::min(), Limits::max(), 0, 1}));
}

inline rc::Gen<float> any_float() {
    return rc::gen::suchThat<float>([](float number) { return std::isfinite(number); });
}

inline rc::Gen<std::vector<float>> any_floats() {
    return rc::gen::container<std::vector<float>>(any_float());
}

// From `min` to `max`, both included.
template <class Number>
rc::Gen<Number> between(Number min, Number max) {
    return rc::gen::cast<Number>(rc::gen::inRange<std::int64_t>(min, std::int64_t{max} + 1));
}

// Hundredths or thousandths of a range, as `min / scale` to `max / scale`.
inline rc::Gen<float> fraction(int min, int max, float scale) {
    return rc::gen::map(rc::gen::inRange(min, max + 1),
                        [scale](int number) { return static_cast<float>(number) / scale; });
}

// JSON text of an unknown member's value.
inline std::string any_json(int depth) {
    std::string out;
    json::Writer writer(out);
    const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
    const int size = *rc::gen::inRange(0, 3);
    switch (kind) {
        case 0:
            writer.null();
            break;
        case 1:
            writer.boolean(*rc::gen::arbitrary<bool>());
            break;
        case 2:
            writer.integer(*any_number<std::int64_t>());
            break;
        case 3:
            writer.real(*rc::gen::arbitrary<double>());
            break;
        case 4:
            writer.string(*any_text());
            break;
        case 5:
            writer.begin_array();
            for (int i = 0; i < size; ++i) {
                writer.raw(any_json(depth - 1));
            }
            writer.end_array();
            break;
        default:
            writer.begin_object();
            for (int i = 0; i < size; ++i) {
                writer.key("k" + std::to_string(i)).raw(any_json(depth - 1));
            }
            writer.end_object();
    }
    return out;
}

// `other` bytes: unknown members, or none.
inline std::string any_other() {
    const int size = *rc::gen::inRange(0, 3);
    if (size == 0) {
        return {};
    }
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    for (int i = 0; i < size; ++i) {
        writer.key("unknown" + std::to_string(i)).raw(any_json(2));
    }
    writer.end_object();
    return out;
}

}  // namespace ankiwire::schema11
