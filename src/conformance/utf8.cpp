#include "conformance/utf8.hpp"

#include <algorithm>

namespace ankiwire::conformance {

std::size_t character_bytes(std::string_view text) {
    const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const auto first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) {
        return 0;
    }
    for (std::size_t at = 1; at < bytes; ++at) {
        if ((byte(at) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool is_too_long = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool is_surrogate = first == 0xed && byte(1) >= 0xa0;
    const bool is_beyond = first == 0xf4 && byte(1) >= 0x90;
    return is_too_long || is_surrogate || is_beyond ? 0 : bytes;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto append = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    const auto append_rest = [&](int shift) { append(0x80 | ((code >> shift) & 0x3f)); };
    if (code < 0x80) {
        append(code);
    } else if (code < 0x800) {
        append(0xc0 | (code >> 6));
        append_rest(0);
    } else if (code < 0x10000) {
        append(0xe0 | (code >> 12));
        append_rest(6);
        append_rest(0);
    } else {
        append(0xf0 | (code >> 18));
        append_rest(12);
        append_rest(6);
        append_rest(0);
    }
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto c = static_cast<unsigned char>(text.front());
        const auto bytes = character_bytes(text);
        if (text.starts_with("\r\n")) {
            text.remove_prefix(1);
            continue;
        }
        const bool is_control = (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        out += bytes == 0 || is_control ? no_character : text.substr(0, bytes);
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return out;
}

}  // namespace ankiwire::conformance
