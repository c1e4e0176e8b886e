// What each device of an account did last: <account folder>/ankiwire.db. For people and for later
// features; a sync never fails because of it. Invariants: format_version is in user_version, and a
// newer one is refused; used by one thread at a time (the account's actor).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::server {

// How a device's last sync ended.
enum class SyncOutcome { synced, uploaded, downloaded, aborted, sanity_failed, failed };
std::string_view outcome_name(SyncOutcome outcome);

struct DeviceRecord {
    std::string client;    // as it calls itself: "26.09.3,hash,linux"; what one device is known by
    std::string platform;  // the last part of it
    TimestampMs last_seen;
    TimestampMs schema_modified;  // of the collection at that time, as the next two
    Usn usn;
    TimestampMs modified;
    std::string outcome;
    friend bool operator==(const DeviceRecord&, const DeviceRecord&) = default;
};

class Devices {
public:
    explicit Devices(std::filesystem::path account_folder) : folder_(std::move(account_folder)) {}

    // Opens the file at first use; the account's folder exists by then.
    Result<void> record(const DeviceRecord& device);
    Result<std::vector<DeviceRecord>> list();
    // Until the next call.
    void close() {
        upsert_.reset();
        db_.reset();
    }

private:
    Result<void> ensure_open();
    std::filesystem::path folder_;
    std::optional<sqlite::Database> db_;
    std::optional<sqlite::Statement> upsert_;  // of db_
};

std::string_view platform_of(std::string_view client);

}  // namespace ankiwire::server
