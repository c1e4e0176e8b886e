// Bodies in gzip, as clients of protocol 8 to 10 send them.
// Source: RFC 1952. Invariant: what is cut, or goes on behind its end, is malformed. After an error
// a stream is of no use.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_sink.hpp"
#include "base/result.hpp"

struct z_stream_s;

namespace ankiwire::zip {

// Memory is a constant, whatever passes through.
class Gunzip {
public:
    explicit Gunzip(std::size_t unpacked_bytes_max);
    // Unpacks `packed`, the next piece of the input, into `sink`. too_large: the output.
    Result<void> push(std::string_view packed, const ByteSink& sink);
    // The input has ended. An input of no bytes at all is an empty body.
    Result<void> finish();

private:
    struct End {
        void operator()(z_stream_s* stream) const;
    };
    std::unique_ptr<z_stream_s, End> stream_;
    std::string buffer_;
    std::size_t unpacked_bytes_max_;
    std::size_t unpacked_bytes_ = 0;
    bool begun_ = false;
    bool ended_ = false;
};

// Whole bodies.
std::string gzip(std::string_view plain);

// malformed: it is no gzip, or not whole; too_large: it has more bytes than that.
Result<std::string> gunzip(std::string_view packed, std::size_t unpacked_bytes_max);

}  // namespace ankiwire::zip
