// The `anki-sync` header of protocol 11: compact JSON {"v","k","c","s"}.
// Source: rslib/src/sync/request/header_and_stream.rs at c32cb29.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace ankiwire::wire {

// What a form may be of, in place of the header.
inline constexpr std::int32_t form_version_oldest = 8;
inline constexpr std::int32_t form_version_newest = 10;

struct SyncHeader {
    std::int32_t version = 11;
    HostKey host_key;    // empty for hostKey
    std::string client;  // "26.09.3,hash,linux"
    SessionKey session_key;
};

// malformed: over limits::sync_header_bytes_max, not visible ASCII, not JSON, or a member is
// missing. unsupported_version: v is not 11.
Result<SyncHeader> parse_sync_header(std::string_view header);
std::string encode_sync_header(const SyncHeader& header);

}  // namespace ankiwire::wire
