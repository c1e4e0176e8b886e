// JSON out: canonical text (compact, members in the order written, shortest round-trip numbers,
// floats always with a fraction or exponent, as serde_json writes them). Appends to one string.
// Invariant: the caller nests begin/end properly; the writer places the commas.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ankiwire::json {

// `text` with each byte that is part of no character replaced by U+FFFD.
std::string with_valid_utf8(std::string_view text);

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    Writer& begin_object();
    Writer& end_object();
    Writer& begin_array();
    Writer& end_array();
    Writer& key(std::string_view name);

    Writer& null();
    Writer& boolean(bool value);
    Writer& integer(std::int64_t value);
    Writer& real(float value);  // shortest text of the float; NaN and infinities become null
    Writer& real(double value);
    Writer& string(std::string_view utf8);  // invalid UTF-8 becomes U+FFFD
    Writer& raw(std::string_view json);     // already JSON text

private:
    void separate();
    std::string& out_;
    bool need_comma_ = false;
};

}  // namespace ankiwire::json
