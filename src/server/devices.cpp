#include "server/devices.hpp"

namespace ankiwire::server {
namespace {

constexpr std::int64_t format_version = 1;

constexpr auto schema = R"sql(
begin;
create table devices (
    client text primary key,
    platform text not null,
    last_seen integer not null,  -- milliseconds, as scm and mod
    scm integer not null,
    usn integer not null,
    mod integer not null,
    outcome text not null
) without rowid;
pragma user_version = 1;
commit;
)sql";

constexpr std::string_view upsert =
    "insert or replace into devices (client, platform, last_seen, scm, usn, mod, outcome) "
    "values (?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view select_all =
    "select client, platform, last_seen, scm, usn, mod, outcome from devices "
    "order by last_seen desc, client";

}  // namespace

std::string_view outcome_name(SyncOutcome outcome) {
    switch (outcome) {
        case SyncOutcome::synced:
            return "synced";
        case SyncOutcome::uploaded:
            return "uploaded";
        case SyncOutcome::downloaded:
            return "downloaded";
        case SyncOutcome::aborted:
            return "aborted";
        case SyncOutcome::sanity_failed:
            return "sanity check failed";
        case SyncOutcome::failed:
            return "failed";
    }
    return {};
}

std::string_view platform_of(std::string_view client) {
    return client.substr(client.rfind(',') + 1);  // npos + 1 is 0
}

Result<void> Devices::ensure_open() {
    if (db_) {
        return {};
    }
    TRY_ASSIGN(auto db,
               sqlite::Database::open(
                   folder_ / "ankiwire.db",
                   {.mode = sqlite::OpenMode::create, .cache_kib = 64, .exclusive = true}));
    // Normal with a log: no wait for the disk at each sync, and no damage after a crash.
    TRY(db.execute("pragma journal_mode = wal; pragma synchronous = normal"));
    TRY_ASSIGN(const auto version, db.query_int64("pragma user_version"));
    if (version > format_version) {
        return fail(ErrorKind::storage, "ankiwire.db was made by a newer ankiwire");
    }
    if (version < format_version) {
        TRY(db.execute(schema));
    }
    db_ = std::move(db);
    return {};
}

Result<void> Devices::record(const DeviceRecord& device) {
    TRY(ensure_open());
    const bool begins_log = !upsert_;
    if (begins_log) {
        TRY_ASSIGN(upsert_, db_->prepare(upsert));
        // Nor for the beginning of the log: without it the rest is as good as not there.
        TRY(db_->execute("pragma synchronous = off"));
    }
    auto& statement = *upsert_;
    statement.bind_text(1, device.client);
    statement.bind_text(2, device.platform);
    statement.bind(3, device.last_seen.value);
    statement.bind(4, device.schema_modified.value);
    statement.bind(5, std::int64_t{device.usn.value});
    statement.bind(6, device.modified.value);
    statement.bind_text(7, device.outcome);
    auto recorded = statement.run();
    statement.reset();  // after a failure, too: it would keep its lock
    if (begins_log) {
        TRY(db_->execute("pragma synchronous = normal"));
    }
    return recorded;
}

Result<std::vector<DeviceRecord>> Devices::list() {
    TRY(ensure_open());
    TRY_ASSIGN(auto statement, db_->prepare(select_all));
    std::vector<DeviceRecord> devices;
    while (true) {
        TRY_ASSIGN(const bool row, statement.step());
        if (!row) {
            return devices;
        }
        devices.push_back({.client = std::string(statement.text(0)),
                           .platform = std::string(statement.text(1)),
                           .last_seen = {statement.int64(2)},
                           .schema_modified = {statement.int64(3)},
                           .usn = {static_cast<std::int32_t>(statement.int64(4))},
                           .modified = {statement.int64(5)},
                           .outcome = std::string(statement.text(6))});
    }
}

}  // namespace ankiwire::server
