// Changes of media, as inputs have them.
#pragma once

#include <string>
#include <string_view>

#include "media/batch_fixture.hpp"

namespace ankiwire::fuzz {

// "name=content", or "name": it is deleted.
inline media::Change media_change(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == text.npos) {
        return {std::string(text), std::nullopt};
    }
    return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

}  // namespace ankiwire::fuzz
