#include "conformance/captures.hpp"

#include <algorithm>
#include <system_error>

#include "conformance/whole_file.hpp"

namespace ankiwire::conformance {

namespace fs = std::filesystem;

Result<void> Captures::read(const fs::path& folder) {
    std::vector<fs::path> transcripts;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
        if (at->path().extension() == ".sync") {
            transcripts.push_back(at->path());
        }
    }
    if (error || transcripts.empty()) {
        return fail(ErrorKind::not_found, folder.string() + " has no transcripts");
    }
    std::ranges::sort(transcripts);
    for (const auto& path : transcripts) {
        const auto id = "captures" / path.lexically_relative(folder).replace_extension();
        TRY_ASSIGN(const auto text, read_file(path));
        TRY_ASSIGN(auto read, parse_transcript(id.string(), path.string(), text, *this));
        for (auto& one : read) {
            for (auto& step : one.steps) {
                // Names of collections are those of the folder.
                const auto sql = path.parent_path() / (step.body.text + ".sql");
                if (step.body.kind == RequestBody::Kind::collection && fs::exists(sql)) {
                    step.body.text = sql.string();
                    collections_[step.body.text] = sql;
                }
            }
            cases_.push_back(std::move(one));
        }
    }
    return {};
}

Result<std::string> Captures::collection(std::string_view name) const {
    const auto found = collections_.find(name);
    return found == collections_.end() ? EmbeddedLibrary::collection(name)
                                       : read_file(found->second);
}

}  // namespace ankiwire::conformance
