// Contract of zstd/stream.hpp, for any bytes: what was packed unpacks to itself, whole and in
// steps; any input gives a body within the limit, `malformed` or `too_large`; whole and in steps
// never give two bodies. Input: the step; a byte to put into the frame that is made of the rest;
// its place there.
#include <cstdint>

#include "base/check.hpp"
#include "zstd/stream.hpp"

using namespace ankiwire;

namespace {

constexpr std::size_t limit = 4096;

Result<std::string> unpack_in_steps(std::string_view packed, std::size_t step,
                                    std::size_t unpacked_bytes_max) {
    std::string plain;
    zstd::Decoder decoder(unpacked_bytes_max);
    for (std::size_t at = 0; at < packed.size(); at += step) {
        TRY(decoder.push(packed.substr(at, step), [&plain](std::string_view piece) {
            plain += piece;
            return Result<void>();
        }));
    }
    TRY(decoder.finish());
    return plain;
}

void check_any(std::string_view packed, std::size_t step) {
    const auto whole = zstd::unpack(packed, limit);
    const auto in_steps = unpack_in_steps(packed, step, limit);
    for (const auto* way : {&whole, &in_steps}) {
        const auto kind = *way ? ErrorKind::malformed : way->error().kind;
        CHECK(kind == ErrorKind::malformed || kind == ErrorKind::too_large);
        CHECK(!*way || (*way)->size() <= limit);
    }
    // Some frames that no encoder makes libzstd takes in steps only, others whole only: an RLE
    // block of no bytes in a frame of no bytes (1.5.4).
    CHECK(!whole || !in_steps || *whole == *in_steps);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 3, size - 3);
    const std::size_t step = data[0] + 1U;
    check_any(rest, step);
    std::string packed = zstd::pack(rest);
    CHECK(*zstd::unpack(packed, rest.size()) == rest);
    CHECK(*unpack_in_steps(packed, step, rest.size()) == rest);
    packed.at(data[2] % packed.size()) = static_cast<char>(data[1]);
    check_any(packed, step);
    return 0;
}
