// One row of a chunk: a JSON array whose elements are named by their position. Values are taken one
// by one, in order. Invariant: the first mismatch is kept, and every later value is zero or empty,
// so that only finish() need be asked whether the row can be used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "json/reader.hpp"

namespace ankiwire::wire {

class RowReader {
public:
    // `columns` outlives the reader. The last `optional_columns` of them may be missing.
    RowReader(json::Value row, std::span<const std::string_view> columns,
              std::size_t optional_columns = 0);

    template <class Int>
    Int integer(std::int64_t min = std::numeric_limits<Int>::min(),
                std::int64_t max = std::numeric_limits<Int>::max()) {
        return static_cast<Int>(in_range(next(&json::Value::int64), min, max));
    }
    // Also a float, which is truncated. With a `min` of 0, negatives count as 0.
    template <class Int>
    Int integer_or_float(std::int64_t min = std::numeric_limits<Int>::min()) {
        const std::int64_t value = next(&json::Value::int64_or_float);
        return static_cast<Int>(
            in_range(min == 0 && value < 0 ? 0 : value, min, std::numeric_limits<Int>::max()));
    }
    std::string text() { return std::string(next(&json::Value::string)); }
    // Whatever it is; nullopt if it is missing.
    std::optional<json::Value> any();

    // malformed with the column's name. Precondition: every column has been taken.
    [[nodiscard]] Result<void> finish() const;

private:
    template <class T>
    T next(Result<T> (json::Value::*read)() const) {
        const auto value = any();
        if (!value) {
            return {};
        }
        const auto result = (*value.*read)();
        if (!result) {
            set_error(result.error().context);
            return {};
        }
        return *result;
    }
    std::int64_t in_range(std::int64_t value, std::int64_t min, std::int64_t max);
    void set_error(std::string_view what);

    std::span<const std::string_view> columns_;
    simdjson::dom::array::iterator at_;
    std::size_t size_ = 0;
    std::size_t taken_ = 0;
    std::optional<Error> error_;
};

}  // namespace ankiwire::wire
