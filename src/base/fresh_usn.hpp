// The usn to go on from when the true one has been lost: above every one that a device may know.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace ankiwire {

// `known`: the last usn of which there is a record. The result is also at least the number of
// seconds since 2024, so that what is lost twice does not meet the devices of its first return.
// inconsistent_data: there are not enough numbers left.
inline Result<std::int32_t> fresh_usn(std::int64_t known, TimestampSecs now) {
    constexpr std::int64_t changes_since_max = std::int64_t{1} << 20;  // since the record was made
    constexpr std::int64_t year_2024_seconds = 1'704'067'200;
    const auto fresh = std::max(known + changes_since_max, now.value - year_2024_seconds);
    if (known < 0 || fresh > INT32_MAX - changes_since_max) {
        return fail(ErrorKind::inconsistent_data, "the numbers of changes (usn) are used up");
    }
    return static_cast<std::int32_t>(fresh);
}

}  // namespace ankiwire
