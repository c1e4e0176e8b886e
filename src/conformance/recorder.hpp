// Writes what passed between clients and a server as a transcript that the suite can replay, in its
// own language (conformance/README.md). What is secret or of the moment is a hole.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "conformance/exchange.hpp"

namespace ankiwire::conformance {

struct RecordingFacts {
    std::string name;    // of the transcript, and of the collections beside it
    std::string about;   // a sentence, or empty
    std::string server;  // what it is
    std::int64_t now_ms = 0;
};

struct Recording {
    std::string transcript;
    std::map<std::string, std::string> collections;  // uploaded ones, by name, as SQL
};

// Exchanges that are not of the sync protocol are left out, with a line that says so.
Recording transcribe(const std::vector<Exchange>& exchanges, const RecordingFacts& facts);

}  // namespace ankiwire::conformance
