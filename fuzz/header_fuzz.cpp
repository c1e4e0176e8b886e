// Contract of parse_sync_header, for any bytes: a header, `malformed` or `unsupported_version`.
// What a header is written as is parsed to the same header.
#include <cstdint>

#include "base/check.hpp"
#include "wire/sync_header.hpp"

using namespace ankiwire;
using namespace ankiwire::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto first = parse_sync_header({reinterpret_cast<const char*>(data), size});
    if (!first) {
        const auto kind = first.error().kind;
        CHECK(kind == ErrorKind::malformed || kind == ErrorKind::unsupported_version);
        return 0;
    }
    const auto second = parse_sync_header(encode_sync_header(*first));
    CHECK(second);
    CHECK(second->version == first->version);
    CHECK(second->host_key == first->host_key);
    CHECK(second->client == first->client);
    CHECK(second->session_key == first->session_key);
    return 0;
}
