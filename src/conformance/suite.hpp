// What is compiled into the program: cases, their parts, and the requirements of spec/.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "conformance/transcript.hpp"

namespace ankiwire::conformance {

struct EmbeddedFile {
    std::string_view path;  // below conformance/
    std::string_view text;
};

// In the order of their strength.
enum class Level { observed, may, should, must };

struct Requirement {
    std::string_view id;
    Level level;
    std::string_view title;
    std::string_view sentence;
    std::string_view page;  // below spec/
};

// Made by embed.py.
std::span<const EmbeddedFile> embedded_files();
std::span<const Requirement> requirements();

// nullptr: there is none.
const Requirement* find_requirement(std::string_view id);
std::string_view name_of(Level level);

class EmbeddedLibrary : public Library {
public:
    [[nodiscard]] Result<std::string_view> object(std::string_view name) const override;
    [[nodiscard]] Result<std::string_view> common_steps(std::string_view name) const override;
    // The SQL of a collection, with that of those that it stands on.
    [[nodiscard]] virtual Result<std::string> collection(std::string_view name) const;
};

// All cases, by id. malformed: a file that is wrong.
Result<std::vector<Case>> all_cases();

// The strongest level of what the case covers; one of real clients is a MUST.
Level level_of(const Case& one);

// Whether the id is one that the pattern names; * stands for anything.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace ankiwire::conformance
