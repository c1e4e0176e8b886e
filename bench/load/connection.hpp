// A device's connection: HTTP/1.1 on a blocking socket of the loopback, and no more of it than
// servers use, lest what measures be what is measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_sink.hpp"
#include "base/result.hpp"

namespace ankiwire::load {

struct ReplyHead {
    int status = 0;
    std::string original_size;  // `anki-original-size`; empty: there is none
};

class Connection {
public:
    static Result<Connection> open(std::uint16_t port);
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    Result<void> send(std::string_view bytes) const;
    // One reply, its body to `sink` as it comes.
    Result<ReplyHead> receive(const ByteSink& sink);

private:
    explicit Connection(int socket) : socket_(socket) {}
    Result<void> fill();
    Result<std::string_view> line();  // until the next call
    Result<void> read(std::size_t bytes, const ByteSink& sink);
    Result<void> read_chunks(const ByteSink& sink);

    int socket_;
    std::string buffer_;
    std::size_t at_ = 0;  // of what in buffer_ is not read yet
};

}  // namespace ankiwire::load
