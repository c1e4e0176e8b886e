// What a run of the suite found, for people and for machines.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "conformance/runner.hpp"
#include "conformance/suite.hpp"

namespace ankiwire::conformance {

enum class Verdict {
    passed,
    failed,       // a MUST, or with --strict a SHOULD
    warned,       // a SHOULD
    differs,      // a MAY or OBSERVED: the server does otherwise, as it may
    known,        // failed, and is in the list of known failures
    mended,       // passed, and is in that list: the list is wrong
    not_offered,  // the server does not have what the case needs
};
std::string_view name_of(Verdict verdict);
// Whether a run with such a verdict fails.
bool is_bad(Verdict verdict);

struct Outcome {
    const Case* of;
    Verdict verdict;
    std::optional<Failure> failure;
    std::string reason;  // why it is known to fail, or not offered
    double seconds = 0;
};

struct Report {
    std::string url;
    std::string program;  // the version of the suite
    std::vector<Outcome> outcomes;
};

// A failed case: what it is about, what was sent, expected and received.
std::string in_words(const Outcome& outcome);
// How many of each verdict.
std::string summary(const Report& report);

// storage: the file cannot be written.
Result<void> write_junit(const Report& report, const std::filesystem::path& path);
Result<void> write_html(const Report& report, const std::filesystem::path& path);

}  // namespace ankiwire::conformance
