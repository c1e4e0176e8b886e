#include "zstd/stream.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace ankiwire::zstd {
namespace {

// libzstd also reads skippable frames and formats from before 1.0; a body is neither.
constexpr std::string_view frame_magic = "\x28\xb5\x2f\xfd";
constexpr std::size_t frame_header_bytes_max = 18;
constexpr std::size_t buffer_bytes = std::size_t{32} * 1024;  // of a decoder

// What the beginning of a frame asks for (RFC 8878, 3.1.1.1); 0: as much as its content, or that is
// not known yet.
std::uint64_t window_bytes(std::string_view header) {
    constexpr std::size_t descriptor = frame_magic.size();
    constexpr std::size_t window = descriptor + 1;
    constexpr unsigned single_segment = 0x20;
    if (header.size() <= window ||
        (static_cast<unsigned char>(header[descriptor]) & single_segment) != 0) {
        return 0;
    }
    const auto byte = static_cast<unsigned char>(header[window]);
    const std::uint64_t base = std::uint64_t{1} << (10U + (byte >> 3U));
    return base + base / 8 * (byte & 7U);
}

Error decoding_failed(std::size_t code) {
    const auto context = std::string("zstd: ") + ZSTD_getErrorName(code);
    switch (ZSTD_getErrorCode(code)) {
        case ZSTD_error_frameParameter_windowTooLarge:
            return fail(ErrorKind::too_large, context);
        case ZSTD_error_memory_allocation:
            return fail(ErrorKind::busy, context);
        default:
            return fail(ErrorKind::malformed, context);
    }
}

// Without memory for a context the process ends, as it does without memory for a string.
template <class Context>
Context* existing(Context* context) {
    CHECK(context != nullptr);
    return context;
}

// To make a context costs more than to unpack a small body with it, so each thread keeps the last
// one that it was done with, unless that holds the window of a large frame.
constexpr std::size_t spare_bytes_max = std::size_t{512} * 1024;
using FreeDecoder = decltype([](ZSTD_DCtx* context) { ZSTD_freeDCtx(context); });
using FreeEncoder = decltype([](ZSTD_CCtx* context) { ZSTD_freeCCtx(context); });
thread_local std::unique_ptr<ZSTD_DCtx, FreeDecoder> spare_decoder;
thread_local std::unique_ptr<ZSTD_CCtx, FreeEncoder> spare_encoder;

// For calls that only a wrong argument, or no memory, can make fail.
void must_succeed(std::size_t code) { CHECK(ZSTD_isError(code) == 0); }

void set_parameters(ZSTD_CCtx* context, int level) {
    must_succeed(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level));
    must_succeed(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, limits::zstd_window_log_out));
}

}  // namespace

void Decoder::Free::operator()(ZSTD_DCtx_s* context) const {
    spare_decoder.reset(ZSTD_sizeof_DCtx(context) <= spare_bytes_max ? context : nullptr);
    if (!spare_decoder) {
        ZSTD_freeDCtx(context);
        return;
    }
    must_succeed(ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters));
}

Decoder::Decoder(std::size_t unpacked_bytes_max)
    : context_(existing(spare_decoder ? spare_decoder.release() : ZSTD_createDCtx())),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes)),
      unpacked_bytes_max_(unpacked_bytes_max) {
    must_succeed(
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, limits::zstd_window_log_max));
}

Result<void> Decoder::push(std::string_view packed, const ByteSink& sink) {
    header_ += packed.substr(0, frame_header_bytes_max - header_.size());
    if (!frame_magic.starts_with(header_.substr(0, frame_magic.size()))) {
        return fail(ErrorKind::malformed, "zstd: not a frame");
    }
    // libzstd overlooks it if it has all of the frame at once.
    if (window_bytes(header_) > std::uint64_t{1}
                                    << static_cast<unsigned>(limits::zstd_window_log_max)) {
        return fail(ErrorKind::too_large, "zstd: the window is too large");
    }
    ZSTD_inBuffer input{packed.data(), packed.size(), 0};
    bool output_waits = false;
    while (input.pos < input.size || output_waits) {
        if (frame_ended_) {
            return fail(ErrorKind::malformed, "zstd: bytes after the frame");
        }
        ZSTD_outBuffer output{buffer_.get(), buffer_bytes, 0};
        const std::size_t code = ZSTD_decompressStream(context_.get(), &output, &input);
        if (ZSTD_isError(code) != 0) {
            return decoding_failed(code);
        }
        unpacked_bytes_ += output.pos;
        if (unpacked_bytes_ > unpacked_bytes_max_) {
            return fail(ErrorKind::too_large, "zstd: the unpacked body is too large");
        }
        if (output.pos > 0) {
            TRY(sink({buffer_.get(), output.pos}));
        }
        frame_ended_ = code == 0;
        output_waits = !frame_ended_ && output.pos == output.size;
    }
    return {};
}

Result<void> Decoder::finish() {
    if (header_.empty()) {  // R-TRANS-05
        return {};
    }
    if (!frame_ended_) {  // R-TRANS-06
        return fail(ErrorKind::malformed, "zstd: the input ends inside a frame");
    }
    // Whether libzstd checks this itself depends on how the input is cut into pieces.
    const auto declared = ZSTD_getFrameContentSize(header_.data(), header_.size());
    if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared != unpacked_bytes_) {
        return fail(ErrorKind::malformed, "zstd: not the size that the frame declares");
    }
    return {};
}

std::size_t Decoder::memory_bytes() const {
    return ZSTD_sizeof_DCtx(context_.get()) + buffer_bytes;
}

void Encoder::Free::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

Encoder::Encoder(int level)
    : context_(existing(ZSTD_createCCtx())), buffer_(ZSTD_CStreamOutSize(), '\0') {
    set_parameters(context_.get(), level);
}

Result<void> Encoder::push(std::string_view plain, const ByteSink& sink) {
    return write(plain, /*end=*/false, sink);
}

Result<void> Encoder::finish(const ByteSink& sink) { return write({}, /*end=*/true, sink); }

Result<void> Encoder::write(std::string_view plain, bool end, const ByteSink& sink) {
    ZSTD_inBuffer input{plain.data(), plain.size(), 0};
    for (bool complete = false; !complete;) {
        ZSTD_outBuffer output{buffer_.data(), buffer_.size(), 0};
        const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input,
                                                      end ? ZSTD_e_end : ZSTD_e_continue);
        must_succeed(left);
        if (output.pos > 0) {
            TRY(sink({buffer_.data(), output.pos}));
        }
        complete = end ? left == 0 : input.pos == input.size;
    }
    return {};
}

std::string pack(std::string_view plain) {
    if (!spare_encoder) {
        spare_encoder.reset(existing(ZSTD_createCCtx()));
        set_parameters(spare_encoder.get(), level_default);
    }
    auto* context = spare_encoder.get();
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size());
    must_succeed(size);
    packed.resize(size);
    return packed;
}

Result<std::string> unpack(std::string_view packed, std::size_t unpacked_bytes_max) {
    std::string plain;
    Decoder decoder(unpacked_bytes_max);
    TRY(decoder.push(packed, [&plain](std::string_view piece) -> Result<void> {
        plain += piece;
        return {};
    }));
    TRY(decoder.finish());
    return plain;
}

}  // namespace ankiwire::zstd
