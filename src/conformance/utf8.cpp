#include "conformance/utf8.hpp"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <iterator>

namespace ankiwire::conformance {
namespace {

namespace utf = boost::locale::utf;
using Utf8 = utf::utf_traits<char>;

}  // namespace

std::size_t character_bytes(std::string_view text) {
    const auto* at = text.begin();
    return utf::is_valid_codepoint(Utf8::decode(at, text.end()))
               ? static_cast<std::size_t>(at - text.begin())
               : 0;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto bytes = character_bytes(text);
        if (bytes == 0) {
            return false;
        }
        text.remove_prefix(bytes);
    }
    return true;
}

void append_utf8(std::string& out, std::uint32_t code) {
    Utf8::encode(code, std::back_inserter(out));
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
        const bool is_noncharacter = text.starts_with("\uFFFE") || text.starts_with("\uFFFF");
        out += bytes == 0 || is_control || is_noncharacter ? no_character : text.substr(0, bytes);
        text.remove_prefix(std::max<std::size_t>(bytes, 1));
    }
    return out;
}

}  // namespace ankiwire::conformance
