// Bytes as hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace ankiwire {

// Two for each byte, in lower case.
inline std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        hex += digits[value >> 4U];
        hex += digits[value & 0xfU];
    }
    return hex;
}

}  // namespace ankiwire
