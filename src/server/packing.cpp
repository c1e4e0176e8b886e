#include "server/packing.hpp"

#include <type_traits>

namespace ankiwire::server {
namespace {

constexpr std::size_t gunzip_memory_bytes = 128 * limits::kib;

}  // namespace

Unpacker::Unpacker(Packing packing, std::size_t unpacked_bytes_max)
    : stream_(std::in_place_type<Plain>, unpacked_bytes_max) {
    switch (packing) {
        case Packing::zstd:
            stream_.emplace<zstd::Decoder>(unpacked_bytes_max);
            break;
        case Packing::gzip:
            stream_.emplace<zip::Gunzip>(unpacked_bytes_max);
            break;
        case Packing::none:
            break;
    }
}

Result<void> Unpacker::push(std::string_view packed, const ByteSink& sink) {
    return std::visit([&](auto& stream) { return stream.push(packed, sink); }, stream_);
}

Result<void> Unpacker::finish() {
    return std::visit([](auto& stream) { return stream.finish(); }, stream_);
}

std::size_t Unpacker::memory_bytes() const {
    const auto* decoder = std::get_if<zstd::Decoder>(&stream_);
    return decoder == nullptr ? gunzip_memory_bytes : decoder->memory_bytes();
}

Result<void> Unpacker::Plain::push(std::string_view bytes, const ByteSink& sink) {
    if (bytes.size() > bytes_left_) {
        return fail(ErrorKind::too_large, "the body is too large");
    }
    bytes_left_ -= bytes.size();
    return bytes.empty() ? Result<void>() : sink(bytes);
}

Packer::Packer(Packing packing) {
    if (packing == Packing::zstd) {
        encoder_.emplace();
    }
}

Result<void> Packer::push(std::string_view plain, const ByteSink& sink) {
    return encoder_ ? encoder_->push(plain, sink) : sink(plain);
}

Result<void> Packer::finish(const ByteSink& sink) {
    return encoder_ ? encoder_->finish(sink) : Result<void>();
}

}  // namespace ankiwire::server
