// What of a failing history it takes to fail.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ankiwire::sim {

// The smallest part of `all` found for which fails(part) is true, as it is for all of them: no
// single item more can be left out. Leaves out halves first, then less and less.
template <class T, class Fails>
std::vector<T> shrink(std::vector<T> all, Fails fails) {
    for (std::size_t size = all.size() / 2; size > 0;) {
        bool has_shrunk = false;
        for (std::size_t from = 0; from < all.size();) {
            auto rest = all;
            const auto first = rest.begin() + static_cast<std::ptrdiff_t>(from);
            rest.erase(first,
                       first + static_cast<std::ptrdiff_t>(std::min(size, all.size() - from)));
            if (fails(rest)) {
                all = std::move(rest);
                has_shrunk = true;
            } else {
                from += size;
            }
        }
        if (size > 1) {
            size /= 2;
        } else if (!has_shrunk) {
            break;
        }
    }
    return all;
}

}  // namespace ankiwire::sim
