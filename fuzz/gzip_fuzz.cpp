// Contract of gunzip, for any bytes: what was packed, `malformed` or `too_large`, and the same
// however the bytes are cut into pieces. The first byte is the size of the pieces.
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "zip/gzip.hpp"

using namespace ankiwire;

namespace {

constexpr std::size_t unpacked_bytes_max = 100'000;

Result<std::string> read(std::string_view bytes, std::size_t piece_bytes) {
    std::string plain;
    const ByteSink sink = [&plain](std::string_view piece) -> Result<void> {
        plain += piece;
        return {};
    };
    zip::Gunzip stream(unpacked_bytes_max);
    for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
        TRY(stream.push(bytes.substr(at, piece_bytes), sink));
    }
    TRY(stream.finish());
    return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = zip::gunzip(bytes, unpacked_bytes_max);
    const auto pieces = read(bytes, std::size_t{data[0]} + 1);
    CHECK(whole.has_value() == pieces.has_value());
    if (whole) {
        CHECK(*whole == *pieces && whole->size() <= unpacked_bytes_max);
        CHECK(*zip::gunzip(zip::gzip(*whole), unpacked_bytes_max) == *whole);
    } else {
        const auto kind = whole.error().kind;
        CHECK(kind == ErrorKind::malformed || kind == ErrorKind::too_large);
    }
    return 0;
}
