// Transcripts of a folder, as cases: those that `record` wrote, with their collections beside them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "conformance/suite.hpp"

namespace ankiwire::conformance {

class Captures : public EmbeddedLibrary {
public:
    // Reads all *.sync below the folder. not_found, malformed: with what is wrong.
    Result<void> read(const std::filesystem::path& folder);

    // A case is called captures/FOLDER/NAME.
    [[nodiscard]] const std::vector<Case>& cases() const { return cases_; }
    // One beside a transcript, or else one that is compiled in.
    [[nodiscard]] Result<std::string> collection(std::string_view name) const override;

private:
    std::vector<Case> cases_;
    std::map<std::string, std::filesystem::path, std::less<>> collections_;
};

}  // namespace ankiwire::conformance
