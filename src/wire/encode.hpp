// Messages → canonical JSON: compact, members in the order of the official encoder, so that goldens
// are stable. A method without a result answers `null`.
#pragma once

#include <string>

#include "wire/messages.hpp"

namespace ankiwire::wire {

std::string encode_host_key_response(const HostKeyResponse& response);
std::string encode_meta_response(const MetaResponse& response);
std::string encode_graves_response(const Graves& graves);              // start
std::string encode_changes_response(const UnchunkedChanges& changes);  // applyChanges
std::string encode_chunk_response(const Chunk& chunk);                 // empty lists are left out
std::string encode_sanity_check_response(const SanityCheckResponse& response);
std::string encode_finish_response(TimestampMs modified);  // digits only
inline std::string encode_null_response() { return "null"; }

// Requests, for clients of ours (conformance suite, tests, fuzz seeds).
std::string encode_host_key_request(const HostKeyRequest& request);
std::string encode_meta_request(const MetaRequest& request);
std::string encode_start_request(const StartRequest& request);
std::string encode_apply_graves_request(const Graves& graves);
std::string encode_apply_changes_request(const UnchunkedChanges& changes);
std::string encode_apply_chunk_request(const Chunk& chunk);
std::string encode_sanity_check_request(const SanityCheckRequest& request);

}  // namespace ankiwire::wire
