// Mistakes in the holes of a case, found before it is run: then they would be taken for mistakes of
// the server.
#pragma once

#include <optional>
#include <string>

#include "conformance/transcript.hpp"

namespace ankiwire::conformance {

struct WrongHole {
    int line = 0;
    std::string what;
};

// The first hole of a type that there is not, or of a name that nothing before it gives a value.
// nullopt: there is none.
std::optional<WrongHole> find_wrong_hole(const Case& one);

}  // namespace ankiwire::conformance
