// The records of a zip archive (PKWARE's APPNOTE 4.3): little-endian numbers at fixed offsets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ankiwire::zip {

inline constexpr std::uint32_t local_signature = 0x04034b50;
inline constexpr std::uint32_t central_signature = 0x02014b50;
inline constexpr std::uint32_t end_signature = 0x06054b50;
// Of each record without the texts that follow it.
inline constexpr std::size_t local_bytes = 30;
inline constexpr std::size_t central_bytes = 46;
inline constexpr std::size_t end_bytes = 22;

inline constexpr std::uint16_t method_stored = 0;
inline constexpr std::uint16_t method_deflated = 8;
inline constexpr std::uint16_t flag_encrypted = 1;
// In place of a size or an offset: the number is in a zip64 record.
inline constexpr std::uint32_t in_zip64 = 0xffff'ffff;

// Precondition: the number lies within `record`.
constexpr std::uint32_t number_at(std::string_view record, std::size_t offset, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= static_cast<std::uint32_t>(static_cast<unsigned char>(record[offset + i]))
                 << (8 * i);
    }
    return value;
}
constexpr std::uint16_t u16_at(std::string_view record, std::size_t offset) {
    return static_cast<std::uint16_t>(number_at(record, offset, 2));
}
constexpr std::uint32_t u32_at(std::string_view record, std::size_t offset) {
    return number_at(record, offset, 4);
}

inline void append_u16(std::string& out, std::uint16_t value) {
    out += static_cast<char>(value & 0xff);
    out += static_cast<char>(value >> 8);
}
inline void append_u32(std::string& out, std::uint32_t value) {
    append_u16(out, static_cast<std::uint16_t>(value & 0xffff));
    append_u16(out, static_cast<std::uint16_t>(value >> 16));
}

}  // namespace ankiwire::zip
