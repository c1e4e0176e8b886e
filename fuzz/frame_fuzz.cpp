// Contract of a request of protocol 11, for any path, header and body: a method, a header and a
// message, or an error that is the peer's; a body unpacks to no more than its method may have, and
// to the same however it is cut into pieces. Input: the size of the pieces, a line with the path, a
// line with the header, the packed body.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "server/body.hpp"
#include "wire/decode.hpp"
#include "wire/media_json.hpp"
#include "wire/sync_header.hpp"

using namespace ankiwire;
using wire::Method;

namespace {

bool is_of_the_peer(ErrorKind kind) {
    return kind == ErrorKind::malformed || kind == ErrorKind::too_large ||
           kind == ErrorKind::unsupported_version;
}

Result<std::string> unpack(std::string_view packed, std::size_t piece_bytes,
                           std::size_t unpacked_max) {
    std::string plain;
    const ByteSink sink = [&plain](std::string_view piece) -> Result<void> {
        plain += piece;
        return {};
    };
    server::Unpacker stream(server::Packing::zstd, unpacked_max);
    for (std::size_t at = 0; at < packed.size(); at += piece_bytes) {
        TRY(stream.push(packed.substr(at, piece_bytes), sink));
    }
    TRY(stream.finish());
    return plain;
}

template <class Message>
void expect(const Result<Message>& message) {
    CHECK(message || is_of_the_peer(message.error().kind));
}

void decode(Method method, std::string_view json) {
    switch (method) {
        case Method::host_key:
            return expect(wire::decode_host_key_request(json));
        case Method::meta:
            return expect(wire::decode_meta_request(json));
        case Method::start:
            return expect(wire::decode_start_request(json));
        case Method::apply_graves:
            return expect(wire::decode_apply_graves_request(json));
        case Method::apply_changes:
            return expect(wire::decode_apply_changes_request(json));
        case Method::apply_chunk:
            return expect(wire::decode_apply_chunk_request(json));
        case Method::sanity_check:
            return expect(wire::decode_sanity_check_request(json));
        case Method::chunk:
        case Method::finish:
        case Method::abort:
        case Method::download:
            return expect(wire::decode_empty_request(json));
        case Method::begin:
            return expect(wire::decode_begin_request(json));
        case Method::media_changes:
            return expect(wire::decode_media_changes_request(json));
        case Method::download_files:
            return expect(wire::decode_download_files_request(json));
        case Method::media_sanity:
            return expect(wire::decode_media_sanity_request(json));
        case Method::upload:
        case Method::upload_changes:  // files
            return;
    }
}

std::string_view line_of(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto method = wire::method_from_path(line_of(rest));
    expect(wire::parse_sync_header(line_of(rest)));
    if (!method) {
        return 0;
    }
    const auto most = server::unpacked_bytes_max(*method);
    const auto whole = unpack(rest, rest.size() + 1, most);
    const auto pieces = unpack(rest, std::size_t{data[0]} + 1, most);
    expect(whole);
    if (whole) {  // some damaged frames libzstd takes in pieces only
        CHECK(pieces && *whole == *pieces && whole->size() <= most);
        decode(*method, *whole);
    }
    return 0;
}
