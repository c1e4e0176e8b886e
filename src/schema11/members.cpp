#include "schema11/members.hpp"

#include <cmath>
#include <limits>

namespace ankiwire::schema11 {

Result<std::string> text(json::Value value) {
    TRY_ASSIGN(const auto view, value.string());
    return std::string(view);
}

Result<float> real32(json::Value value) {
    TRY_ASSIGN(const double number, value.number());
    // A conversion that overflows is undefined.
    if (std::abs(number) > double{std::numeric_limits<float>::max()}) {
        return std::copysign(std::numeric_limits<float>::infinity(), number > 0 ? 1.0F : -1.0F);
    }
    return static_cast<float>(number);
}

Result<std::int32_t> int32_or_string(json::Value value) {
    TRY_ASSIGN(const auto number, value.int64_or_string());
    if (!std::in_range<std::int32_t>(number)) {
        return fail(ErrorKind::malformed, "number out of range");
    }
    return static_cast<std::int32_t>(number);
}

std::optional<json::Value> Members::present(std::string_view name) {
    const auto value = object_.find(name);
    if (!value) {
        blame(name, "missing");
    }
    return value;
}

void Members::blame(std::string_view name, const std::string& context) {
    if (status_) {
        status_ = fail(ErrorKind::malformed, std::string(name) + ": " + context);
    }
}

}  // namespace ankiwire::schema11
