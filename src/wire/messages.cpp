#include "wire/messages.hpp"

#include <algorithm>
#include <array>

namespace ankiwire::wire {
namespace {

constexpr std::array<std::string_view, method_count> method_names = {
    "hostKey",    "meta",         "start",         "applyGraves",   "applyChanges", "chunk",
    "applyChunk", "sanityCheck2", "finish",        "abort",         "upload",       "download",
    "begin",      "mediaChanges", "uploadChanges", "downloadFiles", "mediaSanity",
};

}  // namespace

std::string_view method_name(Method method) {
    return method_names.at(static_cast<std::size_t>(method));
}

std::optional<Method> method_from_path(std::string_view path) {
    const auto last = path.find_last_not_of('/');
    path = path.substr(0, last == std::string_view::npos ? 0 : last + 1);
    path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
    const auto found = std::find(method_names.begin(), method_names.end(), path);
    if (found == method_names.end()) {
        return std::nullopt;
    }
    return static_cast<Method>(found - method_names.begin());
}

}  // namespace ankiwire::wire
