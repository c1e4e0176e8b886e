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

Result<std::string> gunzip(std::string_view packed, std::size_t unpacked_bytes_max) {
    z_stream stream = {};
    if (inflateInit2(&stream, gzip_window_bits) != Z_OK) {
        return fail(ErrorKind::internal, "no memory to unpack gzip");
    }
    std::string buffer(piece_bytes, '\0');
    std::string plain;
    int state = Z_OK;
    while (state == Z_OK && plain.size() <= unpacked_bytes_max) {
        feed(stream, packed);
        give(stream, buffer);
        state = inflate(&stream, Z_NO_FLUSH);
        take(stream, buffer, plain);
    }
    const bool ends_there = stream.avail_in == 0 && packed.empty();
    inflateEnd(&stream);
    if (plain.size() > unpacked_bytes_max) {
        return fail(ErrorKind::too_large, "gzip unpacks to more than is allowed");
    }
    if (state != Z_STREAM_END || !ends_there) {
        return fail(ErrorKind::malformed, "not gzip, or not whole");
    }
    return plain;
}

}  // namespace ankiwire::zip
