// One struct for each request and response that has members of its own, in protocol order.
// The members' spelling and JSON are in decode.cpp and encode.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.hpp"
#include "model/changes.hpp"
#include "model/media.hpp"

namespace ankiwire::wire {

enum class Method {
    host_key,
    meta,
    start,
    apply_graves,
    apply_changes,
    chunk,
    apply_chunk,
    sanity_check,
    finish,
    abort,
    upload,
    download,
    begin,  // from here on: media
    media_changes,
    upload_changes,
    download_files,
    media_sanity,
};
inline constexpr int method_count = 17;
inline constexpr int media_method_count = 5;

// The name in the path: "hostKey", "meta", …
std::string_view method_name(Method method);
// The method that the last non-empty segment of a request's path names (R-TRANS-02).
std::optional<Method> method_from_path(std::string_view path);

struct HostKeyRequest {
    std::string username;
    Password password;
    friend bool operator==(const HostKeyRequest&, const HostKeyRequest&) = default;
};
struct HostKeyResponse {
    HostKey key;
    friend bool operator==(const HostKeyResponse&, const HostKeyResponse&) = default;
};

struct MetaRequest {
    std::int32_t version = 0;
    std::string client;  // "anki,26.09.3 (hash),linux"
    friend bool operator==(const MetaRequest&, const MetaRequest&) = default;
};
struct MetaResponse {
    TimestampMs modified;
    TimestampMs schema_modified;
    Usn usn;
    TimestampSecs server_time;
    std::string message;
    bool may_continue = true;
    bool empty = false;
    MediaUsn media_usn;
    friend bool operator==(const MetaResponse&, const MetaResponse&) = default;
};

struct StartRequest {
    Usn client_usn;
    bool client_is_newer = false;
    std::optional<Graves> graves;  // only from clients of protocol 10 and older
    friend bool operator==(const StartRequest&, const StartRequest&) = default;
};

// X of sanityCheck2: counts, or from old clients a text that says what failed.
struct SanityCheckRequest {
    std::variant<SanityCounts, std::string> client;
    friend bool operator==(const SanityCheckRequest&, const SanityCheckRequest&) = default;
};
struct SanityCheckResponse {
    bool ok = false;
    std::variant<SanityCounts, std::string> client;
    std::optional<SanityCounts> server;  // absent: the server's rows are not fit to be counted
    friend bool operator==(const SanityCheckResponse&, const SanityCheckResponse&) = default;
};

struct BeginRequest {
    std::string client;  // "anki,26.09.3 (hash),linux"
    friend bool operator==(const BeginRequest&, const BeginRequest&) = default;
};
struct BeginResponse {
    HostKey session_key;  // `sk`: what older clients send in place of their host key from now on
    MediaUsn usn;
    friend bool operator==(const BeginResponse&, const BeginResponse&) = default;
};

struct UploadChangesResponse {
    std::size_t processed = 0;
    MediaUsn usn;
    friend bool operator==(const UploadChangesResponse&, const UploadChangesResponse&) = default;
};

}  // namespace ankiwire::wire
