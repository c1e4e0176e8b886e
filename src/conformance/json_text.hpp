// The scalars of JSON, as they are written and as values: RFC 8259, to the letter.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "conformance/node.hpp"

namespace ankiwire::conformance {

// A text, number, true, false or null. malformed: it is none of them.
Result<Node> read_scalar(std::string_view json);

// With quotes and escapes; a byte that is no UTF-8 becomes U+FFFD.
std::string in_quotes(std::string_view text);

// The shortest text that reads as the same number; always one with a fraction or an exponent.
std::string written(double number);

}  // namespace ankiwire::conformance
