// Bodies of requests and replies: read within a budget, unpacked within a limit, packed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "server/async.hpp"
#include "server/budget.hpp"
#include "server/exchange.hpp"
#include "server/lanes.hpp"
#include "wire/messages.hpp"

namespace ankiwire::server {

// A body in memory, as it was sent, accounted for.
struct HeldBody {
    std::string bytes;
    Budget::Share share;
};
// too_large: more than `bytes_max`.
asio::awaitable<Result<HeldBody>> hold_body(RequestBody& body, std::size_t bytes_max,
                                            Budget& budget);

// What a body of a method that is JSON, or nothing, may unpack to.
std::size_t unpacked_bytes_max(wire::Method method);

// A packed body of such a method.
struct PackedBody {
    HeldBody held;
    Packing packing;
    std::size_t unpacked_max;
};
asio::awaitable<Result<PackedBody>> read_body(wire::Method method, Budget& budget,
                                              RequestBody& body);
// On a lane: its text.
Result<std::string> unpack(PackedBody& body);

// A packed body that is a file: writes it, unpacked, to the new file `path`, on `lane`, and takes
// the memory for that from `budget`. too_large: over one of the limits; malformed: cut or damaged.
struct FileLimits {
    std::size_t packed_bytes_max;
    std::size_t unpacked_bytes_max;
};
asio::awaitable<Result<void>> receive_file(RequestBody& body, const std::filesystem::path& path,
                                           const FileLimits& limits, Budget& budget, Lane lane);

// Packing makes nothing much larger.
constexpr std::size_t packed_bytes_max(std::size_t unpacked) {
    return unpacked + unpacked / 256 + limits::kib;
}

// A reply in memory, packed so.
Reply reply_with(std::string_view plain, Packing packing);
// One that `stream` makes, packed so, of that many bytes before.
Reply reply_with(std::unique_ptr<ReplyBody> stream, std::uint64_t unpacked_bytes, Packing packing);

}  // namespace ankiwire::server
