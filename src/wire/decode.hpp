// Request bodies (JSON text, already unpacked) → messages. Every function: malformed if it is not
// JSON, a required member is missing or of a wrong type, or a number is out of range; the error
// names the member, never its content. Unknown members are ignored. Leniencies that real clients
// need are in spec/09. Whether values make sense together is not judged here.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "wire/messages.hpp"

namespace ankiwire::wire {

Result<HostKeyRequest> decode_host_key_request(std::string_view json);
Result<MetaRequest> decode_meta_request(std::string_view json);
Result<StartRequest> decode_start_request(std::string_view json);
Result<Graves> decode_apply_graves_request(std::string_view json);
Result<UnchunkedChanges> decode_apply_changes_request(std::string_view json);
Result<Chunk> decode_apply_chunk_request(std::string_view json);
Result<SanityCheckRequest> decode_sanity_check_request(std::string_view json);
// chunk, finish, abort, download: `{}`, `{"_pad":null}` or nothing at all.
Result<void> decode_empty_request(std::string_view json);

// Responses, for clients of ours (conformance suite, tests).
Result<HostKeyResponse> decode_host_key_response(std::string_view json);
Result<MetaResponse> decode_meta_response(std::string_view json);
Result<Graves> decode_graves_response(std::string_view json);
Result<UnchunkedChanges> decode_changes_response(std::string_view json);
Result<Chunk> decode_chunk_response(std::string_view json);
Result<SanityCheckResponse> decode_sanity_check_response(std::string_view json);
Result<TimestampMs> decode_finish_response(std::string_view json);

}  // namespace ankiwire::wire
