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

// Valid UTF-8 with what JSON and deck names care about.
inline rc::Gen<std::string> any_text() {
    const auto part =
        rc::gen::element<std::string>("a", "B", " ", ":", "::", "\"", "\\", "/", "\n", "\x1f", "ü",
                                      "u\u0308", "漢", "😀", "{}", std::string(1, '\0'));
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(part),
                        [](const std::vector<std::string>& parts) {
                            std::string text;
                            for (const auto& piece : parts) {
                                text += piece;
                            }
                            return text;
                        });
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
