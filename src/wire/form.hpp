// What clients up to 2.1.56 send in place of the `anki-sync` header: values by name, in a query
// string or in a body of multipart/form-data.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ankiwire::wire {

using FormValues = std::map<std::string, std::string, std::less<>>;

// "k=…&v=…", with %xx and + decoded. Of a repeated name the last one counts.
FormValues parse_query(std::string_view query);

// `content_type` names the boundary; `body` is whole. The end of the body ends the last part, as
// Anki 2.0 needs it. malformed: no boundary, or a part that cannot be read.
Result<FormValues> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace ankiwire::wire
