// How clients keep names of objects, and tags, unique by the collation.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/ids.hpp"
#include "model/unicase.hpp"

namespace ankiwire::sim {

// `name`, with `+` behind it until no other object has it.
template <class Map>
std::string free_name(const Map& map, typename Map::key_type id, std::string name) {
    const auto is_taken = [&](const auto& entry) {
        return entry.first != id && unicase_compare(entry.second.name, name) == 0;
    };
    while (std::ranges::any_of(map, is_taken)) {
        name += '+';
    }
    return name;
}

// A tag that is there in another spelling stays as it is.
inline void add_tag(std::map<std::string, Usn>& tags, const std::string& tag, Usn usn) {
    const auto is_the_same = [&](const auto& entry) {
        return unicase_compare(entry.first, tag) == 0;
    };
    if (std::ranges::none_of(tags, is_the_same)) {
        tags[tag] = usn;
    }
}

}  // namespace ankiwire::sim
