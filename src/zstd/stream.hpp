// Bounded zstd streams. Invariant: memory is a constant (the window and one buffer), whatever
// passes through; exceeding a limit is too_large, never a silent cut; input that ends inside a
// frame is malformed (the official server takes it as shorter data). After an error a stream is of
// no use.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_sink.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"

struct ZSTD_DCtx_s;
struct ZSTD_CCtx_s;

namespace ankiwire::zstd {

inline constexpr int level_default = 1;

class Decoder {
public:
    explicit Decoder(std::size_t unpacked_bytes_max);
    // Unpacks `packed`, the next piece of the input, into `sink`. Malformed: any byte after the
    // first frame's end, and skippable frames. too_large: the output, or the frame's window
    // (R-LIM-05).
    Result<void> push(std::string_view packed, const ByteSink& sink);
    // The input has ended. An input of no bytes at all is an empty body. Only now is it known that
    // the output is whole.
    Result<void> finish();
    [[nodiscard]] std::size_t unpacked_bytes() const { return unpacked_bytes_; }
    // What it takes at this time: most of it is the window of the frame, once its header is read.
    [[nodiscard]] std::size_t memory_bytes() const;

private:
    struct Free {
        void operator()(ZSTD_DCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_DCtx_s, Free> context_;
    std::unique_ptr<char[]> buffer_;
    std::size_t unpacked_bytes_max_;
    std::size_t unpacked_bytes_ = 0;
    std::string header_;  // the input's first bytes
    bool frame_ended_ = false;
};

class Encoder {
public:
    explicit Encoder(int level = level_default);
    Result<void> push(std::string_view plain, const ByteSink& sink);
    Result<void> finish(const ByteSink& sink);

private:
    struct Free {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    Result<void> write(std::string_view plain, bool end, const ByteSink& sink);
    std::unique_ptr<ZSTD_CCtx_s, Free> context_;
    std::string buffer_;
};

// Whole bodies.
std::string pack(std::string_view plain);
Result<std::string> unpack(std::string_view packed, std::size_t unpacked_bytes_max);

}  // namespace ankiwire::zstd
