#include "model/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"

namespace ankiwire {
namespace {

constexpr char32_t replacement = 0xfffd;

struct Lead {
    std::size_t size;  // of the whole sequence; 1 if none can start so
    unsigned char bits;
    unsigned char second_min = 0x80;  // narrower for what would be overlong, a surrogate or too big
    unsigned char second_max = 0xbf;
};

Lead lead_of(unsigned char byte) {
    const auto bits = [byte](unsigned char mask) {
        return static_cast<unsigned char>(byte & mask);
    };
    if (byte >= 0xc2 && byte <= 0xdf) return {2, bits(0x1f)};
    if (byte == 0xe0) return {3, bits(0x0f), 0xa0, 0xbf};
    if (byte == 0xed) return {3, bits(0x0f), 0x80, 0x9f};
    if (byte >= 0xe1 && byte <= 0xef) return {3, bits(0x0f)};
    if (byte == 0xf0) return {4, bits(0x07), 0x90, 0xbf};
    if (byte == 0xf4) return {4, bits(0x07), 0x80, 0x8f};
    if (byte >= 0xf1 && byte <= 0xf3) return {4, bits(0x07)};
    return {1, 0};
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
    const auto byte_at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (is_ascii(text[0])) return {byte_at(0), 1};
    const Lead lead = lead_of(byte_at(0));
    if (lead.size == 1) return {replacement, 1};
    char32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.size; ++i) {
        const unsigned char min = i == 1 ? lead.second_min : 0x80;
        const unsigned char max = i == 1 ? lead.second_max : 0xbf;
        if (i == text.size() || byte_at(i) < min || byte_at(i) > max) return {replacement, i};
        value = value << 6 | (byte_at(i) & 0x3fU);
    }
    return {value, lead.size};
}

CodePoint last_code_point(std::string_view text) {
    for (std::size_t size = std::min<std::size_t>(4, text.size()); size > 1; --size) {
        const CodePoint found = first_code_point(text.substr(text.size() - size));
        if (found.size == size) return found;
    }
    return first_code_point(text.substr(text.size() - 1));
}

void append_code_point(std::string& out, char32_t value) {
    if (value < 0x80) {
        out += static_cast<char>(value);
        return;
    }
    std::array<utf8proc_uint8_t, 4> bytes;
    const utf8proc_ssize_t size =
        utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes.data());
    CHECK(size > 0);
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    out.reserve(text.size());
    for (;;) {
        const std::size_t pos = text.find(from);
        out.append(text.substr(0, pos));
        if (pos == std::string_view::npos) return out;
        out.append(to);
        text.remove_prefix(pos + from.size());
    }
}

}  // namespace ankiwire
