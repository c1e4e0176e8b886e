// Contract of wire/decode.hpp, for any bytes: a value or `malformed`. What a value is written as
// decodes again, to a value that is written the same. The first byte ('a' to 's') picks the
// decoder.
#include <array>
#include <cstdint>

#include "base/check.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"
#include "wire/media_json.hpp"

using namespace ankiwire::wire;

namespace {

template <auto decode, auto encode>
void check(std::string_view body) {
    const auto first = decode(body);
    if (!first) {
        CHECK(first.error().kind == ankiwire::ErrorKind::malformed);
        return;
    }
    const std::string written = encode(*first);
    const auto second = decode(written);
    CHECK(second && encode(*second) == written);
}

// What only clients write.
template <auto decode>
void check_decoder(std::string_view body) {
    const auto value = decode(body);
    CHECK(value || value.error().kind == ankiwire::ErrorKind::malformed);
}

constexpr std::array<void (*)(std::string_view), 19> checks = {
    check<decode_host_key_request, encode_host_key_request>,
    check<decode_meta_request, encode_meta_request>,
    check<decode_start_request, encode_start_request>,
    check<decode_apply_graves_request, encode_apply_graves_request>,
    check<decode_apply_changes_request, encode_apply_changes_request>,
    check<decode_apply_chunk_request, encode_apply_chunk_request>,
    check<decode_sanity_check_request, encode_sanity_check_request>,
    check_decoder<decode_empty_request>,
    check<decode_meta_response, encode_meta_response>,
    check<decode_graves_response, encode_graves_response>,
    check<decode_changes_response, encode_changes_response>,
    check<decode_chunk_response, encode_chunk_response>,
    check<decode_sanity_check_response, encode_sanity_check_response>,
    check<decode_host_key_response, encode_host_key_response>,
    check<decode_finish_response, encode_finish_response>,
    check_decoder<decode_begin_request>,
    check_decoder<decode_media_changes_request>,
    check_decoder<decode_download_files_request>,
    check_decoder<decode_media_sanity_request>,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 0) {
        const auto which = static_cast<unsigned char>(data[0] - 'a') % checks.size();
        checks.at(which)({reinterpret_cast<const char*>(data) + 1, size - 1});
    }
    return 0;
}
