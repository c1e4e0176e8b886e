// Messages of media sync. Requests: JSON text, already unpacked → values, with the rules of
// decode.hpp. Replies are wrapped, {"data":…,"err":""}, for every client (R-MEDIA-02).
// Source: rslib/src/sync/media/ at c32cb29.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/messages.hpp"

namespace ankiwire::wire {

// A `v` that is empty or missing is malformed (R-MEDIA-27).
Result<BeginRequest> decode_begin_request(std::string_view json);
// The client's `lastUsn`.
Result<MediaUsn> decode_media_changes_request(std::string_view json);
// The names; malformed if there are more than limits::media_zip_files_max (R-MEDIA-16).
Result<std::vector<std::string>> decode_download_files_request(std::string_view json);
// How many files the client has.
Result<std::int64_t> decode_media_sanity_request(std::string_view json);

std::string encode_begin_response(const BeginResponse& response);
std::string encode_media_changes_response(std::span<const MediaChange> changes);
std::string encode_upload_changes_response(const UploadChangesResponse& response);
std::string encode_media_sanity_response(bool ok);

// `_meta` of a zip that is sent: {"0":name,"1":name,…}.
std::string encode_download_meta(std::span<const std::string> names);

}  // namespace ankiwire::wire
