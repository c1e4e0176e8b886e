// Reads the members of one schema-11 object, each with the leniency that the official decoder has
// for it (spec/09-leniencies.md). Invariant: the first error is kept in status() and names the
// member; readings after it still give values, so that a decoder is a plain list of its members.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "json/reader.hpp"

namespace ankiwire::schema11 {

// A reading turns a json::Value into a Result: a member function of json::Value, or one of these.
template <class Reading>
using Read = std::decay_t<decltype(*std::declval<std::invoke_result_t<Reading, json::Value>&>())>;

Result<std::string> text(json::Value value);
Result<float> real32(json::Value value);  // infinite beyond the range of a float
Result<std::int32_t> int32_or_string(json::Value value);

// An integer from 0 to `max`.
inline auto up_to(std::uint8_t max) {
    return [max](json::Value value) -> Result<std::uint8_t> {
        TRY_ASSIGN(const auto number, value.uint8());
        if (number > max) {
            return fail(ErrorKind::malformed, "number out of range");
        }
        return number;
    };
}

template <class Reading>
auto list_of(Reading reading) {
    return [reading](json::Value value) -> Result<std::vector<Read<Reading>>> {
        TRY_ASSIGN(const auto array, value.array());
        std::vector<Read<Reading>> list;
        TRY(array.for_each([&](json::Value item) -> Result<void> {
            TRY_ASSIGN(auto element, std::invoke(reading, item));
            list.push_back(std::move(element));
            return {};
        }));
        return list;
    };
}

class Members {
public:
    explicit Members(json::Object object) : object_(object) {}

    // Must be there and readable.
    template <class Reading>
    Read<Reading> required(std::string_view name, Reading reading) {
        const auto value = present(name);
        return value ? strict(name, *value, reading) : Read<Reading>{};
    }

    // May be absent, but is readable if it is there.
    template <class Reading>
    Read<Reading> optional(std::string_view name, Reading reading, Read<Reading> fallback = {}) {
        const auto value = object_.find(name);
        return value ? strict(name, *value, reading) : std::move(fallback);
    }

    // May be absent or null, but is readable otherwise.
    template <class Reading>
    std::optional<Read<Reading>> nullable(std::string_view name, Reading reading) {
        const auto value = object_.find(name);
        if (!value || value->is_null()) {
            return std::nullopt;
        }
        return strict(name, *value, reading);
    }

    // May be absent, and what cannot be read counts as absent.
    template <class Reading>
    std::optional<Read<Reading>> if_readable(std::string_view name, Reading reading) {
        const auto value = object_.find(name);
        return value ? tolerant(*value, reading) : std::nullopt;
    }
    template <class Reading>
    Read<Reading> lenient(std::string_view name, Reading reading, Read<Reading> fallback = {}) {
        return if_readable(name, reading).value_or(std::move(fallback));
    }

    // Must be there, but may be anything.
    template <class Reading>
    Read<Reading> required_lenient(std::string_view name, Reading reading,
                                   Read<Reading> fallback = {}) {
        const auto value = present(name);
        return value ? tolerant(*value, reading).value_or(std::move(fallback)) : fallback;
    }

    [[nodiscard]] Result<void> status() const { return status_; }

private:
    // The member's value; none is an error.
    std::optional<json::Value> present(std::string_view name);
    void blame(std::string_view name, const std::string& context);

    template <class Reading>
    Read<Reading> strict(std::string_view name, json::Value value, Reading reading) {
        auto result = std::invoke(reading, value);
        if (!result) {
            blame(name, result.error().context);
            return {};
        }
        return std::move(result).value();
    }

    template <class Reading>
    static std::optional<Read<Reading>> tolerant(json::Value value, Reading reading) {
        auto result = std::invoke(reading, value);
        return result ? std::optional(std::move(result).value()) : std::nullopt;
    }

    json::Object object_;
    Result<void> status_;
};

}  // namespace ankiwire::schema11
