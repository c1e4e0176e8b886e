#include "conformance/suite.hpp"

#include <algorithm>

namespace ankiwire::conformance {
namespace {

constexpr std::string_view case_folder = "cases/";
constexpr std::string_view case_ending = ".sync";
constexpr std::string_view stands_on = "-- on: ";

Result<std::string_view> find_file(const std::string& path) {
    const auto files = embedded_files();
    const auto found = std::ranges::find(files, path, &EmbeddedFile::path);
    return found == files.end() ? Result<std::string_view>(fail(ErrorKind::not_found, path))
                                : found->text;
}

bool is_case(std::string_view path) {
    return path.starts_with(case_folder) && path.ends_with(case_ending);
}

}  // namespace

const Requirement* find_requirement(std::string_view id) {
    const auto all = requirements();
    const auto found = std::ranges::find(all, id, &Requirement::id);
    return found == all.end() ? nullptr : &*found;
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::must:
            return "MUST";
        case Level::should:
            return "SHOULD";
        case Level::may:
            return "MAY";
        case Level::observed:
            return "OBSERVED";
    }
    return {};
}

Result<std::string_view> EmbeddedLibrary::object(std::string_view name) const {
    return find_file("objects/" + std::string(name) + ".json");
}

Result<std::string_view> EmbeddedLibrary::common_steps(std::string_view name) const {
    return find_file("common/" + std::string(name) + ".sync");
}

Result<std::string> EmbeddedLibrary::collection(std::string_view name) const {
    TRY_ASSIGN(const auto sql, find_file("collections/" + std::string(name) + ".sql"));
    if (!sql.starts_with(stands_on)) {
        return std::string(sql);
    }
    const auto line = sql.substr(0, sql.find('\n'));
    TRY_ASSIGN(auto below, collection(line.substr(stands_on.size())));
    return below + std::string(sql);
}

Result<std::vector<Case>> all_cases() {
    const EmbeddedLibrary library;
    std::vector<Case> cases;
    for (const auto& [path, text] : embedded_files()) {
        if (!is_case(path)) {
            continue;
        }
        const std::string id(
            path.substr(case_folder.size(), path.size() - case_folder.size() - case_ending.size()));
        TRY_ASSIGN(auto of_file,
                   parse_transcript(id, "conformance/" + std::string(path), text, library));
        std::ranges::move(of_file, std::back_inserter(cases));
    }
    for (const auto& one : cases) {
        for (const auto& id : one.covers) {
            if (find_requirement(id) == nullptr) {
                return fail(ErrorKind::malformed, one.file + ": there is no requirement " + id);
            }
        }
    }
    return cases;
}

Level level_of(const Case& one) {
    auto level = one.origin.empty() ? Level::observed : Level::must;
    for (const auto& id : one.covers) {
        level = std::max(level, find_requirement(id)->level);
    }
    return level;
}

bool matches_glob(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) {
        return text.empty();
    }
    if (pattern.front() == '*') {
        return matches_glob(pattern.substr(1), text) ||
               (!text.empty() && matches_glob(pattern, text.substr(1)));
    }
    return !text.empty() && pattern.front() == text.front() &&
           matches_glob(pattern.substr(1), text.substr(1));
}

}  // namespace ankiwire::conformance
