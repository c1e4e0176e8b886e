// How kinds of members that several objects have are written.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "json/writer.hpp"

namespace ankiwire::schema11 {

inline void write_number_or_null(json::Writer& out, bool present, std::int64_t number) {
    present ? out.integer(number) : out.null();
}

inline bool are_finite(const auto& numbers) {
    return std::ranges::all_of(numbers, [](float number) { return std::isfinite(number); });
}

// A list with a member that is no number is written as an empty one: official clients could not
// read the null that JSON has for it.
inline void write_reals(json::Writer& out, const auto& numbers) {
    out.begin_array();
    if (are_finite(numbers)) {
        for (const float number : numbers) {
            out.real(number);
        }
    }
    out.end_array();
}

}  // namespace ankiwire::schema11
