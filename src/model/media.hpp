// What the protocol says of a media file.
#pragma once

#include <string>

#include "base/ids.hpp"

namespace ankiwire {

struct MediaChange {
    std::string name;
    MediaUsn usn;
    std::string sha1_hex;  // lower case; empty: the file was deleted
    friend bool operator==(const MediaChange&, const MediaChange&) = default;
};

}  // namespace ankiwire
