// What goes over the wire for a step of a case.
#pragma once

#include <string>

#include "base/result.hpp"
#include "conformance/http_client.hpp"
#include "conformance/match.hpp"
#include "conformance/suite.hpp"

namespace ankiwire::conformance {

// Who sends it.
struct Identity {
    std::string key;
    std::string session;
};

struct Outgoing {
    HttpRequest request;
    std::string description;  // for a report
};

bool is_media_method(const std::string& method);

// The path of a method on the server.
std::string path_of(const Target& target, const std::string& method);

// The text of the header `anki-sync`; empty: the step has none. malformed: a hole without a value.
Result<std::string> header_of(const Step& step, const Identity& who, const Bindings& bindings);

// malformed: a hole without a value, SQL that fails, or the like.
Result<Outgoing> outgoing(const Step& step, const Identity& who, const Target& target,
                          const Bindings& bindings, const EmbeddedLibrary& library);

}  // namespace ankiwire::conformance
