// How bodies are packed: zstd in protocol 11; gzip or not at all in forms of protocol 8 to 10,
// whose replies are never packed (R-LEG-03, R-LEG-11). Invariant: memory is a constant.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "base/byte_sink.hpp"
#include "base/result.hpp"
#include "zip/gzip.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::server {

enum class Packing { zstd, gzip, none };

class Unpacker {
public:
    Unpacker(Packing packing, std::size_t unpacked_bytes_max);
    // As zstd::Decoder has them.
    Result<void> push(std::string_view packed, const ByteSink& sink);
    Result<void> finish();
    [[nodiscard]] std::size_t memory_bytes() const;

private:
    // What is not packed, up to a limit.
    class Plain {
    public:
        explicit Plain(std::size_t bytes_max) : bytes_left_(bytes_max) {}
        Result<void> push(std::string_view bytes, const ByteSink& sink);
        static Result<void> finish() { return {}; }

    private:
        std::size_t bytes_left_;
    };
    std::variant<zstd::Decoder, zip::Gunzip, Plain> stream_;
};

// Of a reply: zstd or none.
class Packer {
public:
    explicit Packer(Packing packing);
    Result<void> push(std::string_view plain, const ByteSink& sink);
    Result<void> finish(const ByteSink& sink);

private:
    std::optional<zstd::Encoder> encoder_;
};

}  // namespace ankiwire::server
