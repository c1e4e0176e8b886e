// Whole bodies in gzip, as clients of protocol 8 to 10 send them.
// Source: RFC 1952. Invariant: what is cut, or goes on behind its end, is malformed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ankiwire::zip {

std::string gzip(std::string_view plain);

// malformed: it is no gzip, or not whole; too_large: it has more bytes than that.
Result<std::string> gunzip(std::string_view packed, std::size_t unpacked_bytes_max);

}  // namespace ankiwire::zip
