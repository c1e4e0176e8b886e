// A new day for the user: cards buried for the old one come back (R-STORE-17).
#include <string>

#include "collection/rollover.hpp"
#include "collection/store_impl.hpp"
#include "json/reader.hpp"

namespace ankiwire::collection {
namespace {

// The integer at a config key; none if it is missing, something else, or out of range.
Result<std::optional<std::int64_t>> config_integer(CollectionStore::Impl& store,
                                                   std::string_view key, std::int64_t min,
                                                   std::int64_t max) {
    TRY_ASSIGN(auto query, store.query("select val from config where key = ?"));
    TRY_ASSIGN(const auto* const row, query.bind(key).next_row());
    if (row == nullptr) {
        return std::optional<std::int64_t>();
    }
    const auto document = json::Document::parse(row->blob(0));
    if (!document) {
        return std::optional<std::int64_t>();
    }
    const auto value = document->root().int64();
    const bool usable = value && *value >= min && *value <= max;
    return usable ? std::optional(*value) : std::nullopt;
}

Result<DayClock> day_clock(CollectionStore::Impl& store, const CollectionState& state,
                           TimestampSecs now) {
    constexpr std::int64_t offset_max = 24 * 60 - 1;
    TRY_ASSIGN(const auto local, config_integer(store, "localOffset", -offset_max, offset_max));
    TRY_ASSIGN(const auto created_offset,
               config_integer(store, "creationOffset", -offset_max, offset_max));
    TRY_ASSIGN(const auto scheduler, config_integer(store, "schedVer", 1, 2));
    DayClock clock{.created = state.created,
                   .created_offset = created_offset,
                   .local_offset = static_cast<int>(local.value_or(0)),
                   .rollover_hour = std::nullopt};
    if (scheduler.value_or(1) == 2) {
        TRY_ASSIGN(const auto rollover, config_integer(store, "rollover", 0, 255));
        constexpr int rollover_default = 4;
        if (!rollover) {
            TRY(put_config(store.query_source(), {"rollover", std::to_string(rollover_default)},
                           state.usn, now));
        }
        clock.rollover_hour = std::min(static_cast<int>(rollover.value_or(rollover_default)), 23);
    }
    return clock;
}

}  // namespace

Result<Scheduling> CollectionStore::scheduling() {
    TRY_ASSIGN(const auto version, config_integer(*impl_, "schedVer", 1, 2));
    TRY_ASSIGN(const auto offset, config_integer(*impl_, "creationOffset", INT64_MIN, INT64_MAX));
    return Scheduling{.version = version.value_or(1), .has_new_days = offset.has_value()};
}

Result<void> CollectionStore::roll_over_day(TimestampSecs now) {
    TRY(impl_->expect_transaction());
    TRY_ASSIGN(const auto current, state());
    TRY_ASSIGN(const auto clock, day_clock(*impl_, current, now));
    TRY_ASSIGN(const auto last, config_integer(*impl_, "lastUnburied", 0, UINT32_MAX));
    const std::int64_t today = days_elapsed(clock, now);
    const std::int64_t unburied = last.value_or(0);
    if (unburied >= today && unburied <= today + 7) {
        return {};
    }
    // mod and usn stay: each device does this for itself. A learning card is due at a time of day
    // or on a day; a due that is no such number counts as a day.
    TRY_ASSIGN(auto unbury,
               impl_->query("update cards set queue = case when type = 2 then 2 "
                            "when type not in (1, 3) then 0 "
                            "when due > 1000000000 and due <= 2147483647 then 1 else 3 end "
                            "where queue in (-2, -3)"));
    TRY(unbury.run());
    return put_config(impl_->query_source(), {"lastUnburied", std::to_string(today)}, current.usn,
                      now);
}

}  // namespace ankiwire::collection
