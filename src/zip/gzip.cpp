#include "zip/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace ankiwire::zip {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // zlib's way to say gzip
constexpr int memory_level = 8;
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;

// Gives the next piece of the input, as zlib takes it.
void feed(z_stream& stream, std::string_view& input) {
    if (stream.avail_in == 0) {
        const auto size = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
        stream.avail_in = static_cast<uInt>(size);
        input.remove_prefix(size);
    }
}

// What zlib has put into the buffer since it was given.
void take(z_stream& stream, std::string& buffer, std::string& output) {
    output.append(buffer.data(), buffer.size() - stream.avail_out);
}

void give(z_stream& stream, std::string& buffer) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
}

}  // namespace

std::string gzip(std::string_view plain) {
    z_stream stream = {};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
    std::string buffer(piece_bytes, '\0');
    std::string packed;
    for (int state = Z_OK; state == Z_OK;) {
        feed(stream, plain);
        give(stream, buffer);
        state = deflate(&stream, plain.empty() ? Z_FINISH : Z_NO_FLUSH);
        take(stream, buffer, packed);
    }
    deflateEnd(&stream);
    return packed;
}

void Gunzip::End::operator()(z_stream_s* stream) const {
    inflateEnd(stream);
    delete stream;
}

Gunzip::Gunzip(std::size_t unpacked_bytes_max)
    : stream_(new z_stream()), buffer_(piece_bytes, '\0'), unpacked_bytes_max_(unpacked_bytes_max) {
    if (inflateInit2(stream_.get(), gzip_window_bits) != Z_OK) {
        throw std::bad_alloc();
    }
}

Result<void> Gunzip::push(std::string_view packed, const ByteSink& sink) {
    begun_ = begun_ || !packed.empty();
    bool output_waits = false;
    while (!packed.empty() || stream_->avail_in > 0 || output_waits) {
        if (ended_) {
            return fail(ErrorKind::malformed, "gzip: bytes behind its end");
        }
        feed(*stream_, packed);
        give(*stream_, buffer_);
        const int state = inflate(stream_.get(), Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
            return fail(ErrorKind::malformed, "not gzip");
        }
        const std::size_t size = buffer_.size() - stream_->avail_out;
        unpacked_bytes_ += size;
        if (unpacked_bytes_ > unpacked_bytes_max_) {
            return fail(ErrorKind::too_large, "gzip unpacks to more than is allowed");
        }
        if (size > 0) {
            TRY(sink({buffer_.data(), size}));
        }
        ended_ = state == Z_STREAM_END;
        output_waits = !ended_ && stream_->avail_out == 0;
    }
    return {};
}

Result<void> Gunzip::finish() {
    return ended_ || !begun_ ? Result<void>()
                             : fail(ErrorKind::malformed, "gzip that is not whole");
}

Result<std::string> gunzip(std::string_view packed, std::size_t unpacked_bytes_max) {
    std::string plain;
    Gunzip stream(unpacked_bytes_max);
    TRY(stream.push(packed, [&plain](std::string_view piece) -> Result<void> {
        plain += piece;
        return {};
    }));
    TRY(stream.finish());
    return plain;
}

}  // namespace ankiwire::zip
