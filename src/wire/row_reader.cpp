#include "wire/row_reader.hpp"

#include "base/check.hpp"

namespace ankiwire::wire {

RowReader::RowReader(json::Value row, std::span<const std::string_view> columns,
                     std::size_t optional_columns)
    : columns_(columns) {
    const auto elements = row.array();
    if (!elements) {
        error_ = elements.error();
        return;
    }
    at_ = elements->begin();
    size_ = elements->size();
    if (size_ > columns.size() || size_ + optional_columns < columns.size()) {
        error_ = fail(ErrorKind::malformed, "a row of " + std::to_string(size_) + " instead of " +
                                                std::to_string(columns.size()) + " elements");
    }
}

std::optional<json::Value> RowReader::any() {
    const bool missing = error_ || taken_ >= size_;
    ++taken_;
    if (missing) {
        return std::nullopt;
    }
    const json::Value value(*at_);
    ++at_;
    return value;
}

Result<void> RowReader::finish() const {
    CHECK(taken_ == columns_.size());
    if (error_) {
        return *error_;
    }
    return {};
}

std::int64_t RowReader::in_range(std::int64_t value, std::int64_t min, std::int64_t max) {
    if (value >= min && value <= max) {
        return value;
    }
    set_error("integer out of range");
    return 0;
}

void RowReader::set_error(std::string_view what) {
    error_ =
        fail(ErrorKind::malformed, std::string(columns_[taken_ - 1]) + ": " + std::string(what));
}

}  // namespace ankiwire::wire
