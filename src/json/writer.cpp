#include "json/writer.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace ankiwire::json {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// What stands behind the backslash for each byte: 0 none needed, 'u' a \u00xx.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) {
        table[c] = 'u';
    }
    table['"'] = '"';
    table['\\'] = '\\';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    return table;
}();

constexpr std::uint64_t every_byte(std::uint64_t byte) { return byte * 0x0101'0101'0101'0101; }

// Whether one of the 8 bytes may need an escape: below 0x20, '"' or '\\'. A byte of 0x80 and more
// never counts: each term is masked with the inverse of the word's high bits.
bool any_needs_escape(const char* bytes) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    const std::uint64_t quote = word ^ every_byte('"');
    const std::uint64_t backslash = word ^ every_byte('\\');
    const std::uint64_t found =
        (word - every_byte(0x20)) | (quote - every_byte(1)) | (backslash - every_byte(1));
    return (found & ~word & every_byte(0x80)) != 0;
}

void append_escaped(std::string& out, std::string_view utf8) {
    std::size_t copied = 0;
    std::size_t i = 0;
    while (i < utf8.size()) {
        if (utf8.size() - i >= 8 && !any_needs_escape(utf8.data() + i)) {
            i += 8;
            continue;
        }
        const std::size_t word_end = std::min(i + 8, utf8.size());
        for (; i < word_end; ++i) {
            const auto byte = static_cast<unsigned char>(utf8[i]);
            if (escapes[byte] == 0) {
                continue;
            }
            out.append(utf8, copied, i - copied);
            copied = i + 1;
            out += '\\';
            out += escapes[byte];
            if (escapes[byte] == 'u') {
                out += "00";
                out += hex_digits[byte >> 4];
                out += hex_digits[byte & 15];
            }
        }
    }
    out.append(utf8, copied, utf8.size() - copied);
}

// The length of the valid UTF-8 character that `text` begins with, or 0.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
        if (simdjson::validate_utf8(text.substr(0, length))) {
            return length;
        }
    }
    return 0;
}

template <class Number>
void append_number(std::string& out, Number number) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

template <class Float>
void append_real(std::string& out, Float number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    const std::size_t begin = out.size();
    append_number(out, number);
    if (out.find_first_of(".e", begin) == std::string::npos) {
        out += ".0";
    }
}

}  // namespace

std::string with_valid_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

void Writer::separate() {
    if (need_comma_) {
        out_ += ',';
    }
    need_comma_ = true;
}

Writer& Writer::begin_object() {
    separate();
    out_ += '{';
    need_comma_ = false;
    return *this;
}

Writer& Writer::end_object() {
    out_ += '}';
    need_comma_ = true;
    return *this;
}

Writer& Writer::begin_array() {
    separate();
    out_ += '[';
    need_comma_ = false;
    return *this;
}

Writer& Writer::end_array() {
    out_ += ']';
    need_comma_ = true;
    return *this;
}

Writer& Writer::key(std::string_view name) {
    string(name);
    out_ += ':';
    need_comma_ = false;
    return *this;
}

Writer& Writer::null() { return raw("null"); }

Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }

Writer& Writer::integer(std::int64_t value) {
    separate();
    append_number(out_, value);
    return *this;
}

Writer& Writer::real(float value) {
    separate();
    append_real(out_, value);
    return *this;
}

Writer& Writer::real(double value) {
    separate();
    append_real(out_, value);
    return *this;
}

Writer& Writer::string(std::string_view utf8) {
    separate();
    out_ += '"';
    if (simdjson::validate_utf8(utf8.data(), utf8.size())) {
        append_escaped(out_, utf8);
    } else {
        append_escaped(out_, with_valid_utf8(utf8));
    }
    out_ += '"';
    return *this;
}

Writer& Writer::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

}  // namespace ankiwire::json
