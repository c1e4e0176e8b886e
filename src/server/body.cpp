#include "server/body.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "files/files.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::server {

std::size_t unpacked_bytes_max(wire::Method method) {
    switch (method) {
        case wire::Method::start:
        case wire::Method::apply_graves:
            return limits::start_body_bytes_max;
        case wire::Method::apply_changes:
        case wire::Method::apply_chunk:
            return limits::changes_body_bytes_max;
        default:  // upload and uploadChanges have limits of their own
            return limits::small_body_bytes_max;
    }
}

asio::awaitable<Result<HeldBody>> hold_body(RequestBody& body, std::size_t bytes_max,
                                            Budget& budget) {
    HeldBody held{{}, Budget::Share(budget)};
    while (true) {
        CO_TRY_ASSIGN(const auto piece, co_await body.next());
        if (piece.empty()) {
            co_return held;
        }
        if (held.bytes.size() + piece.size() > bytes_max) {
            co_return fail(ErrorKind::too_large, "the body is too large");
        }
        CO_TRY(held.share.grow(piece.size()));
        held.bytes += piece;
    }
}

asio::awaitable<Result<PackedBody>> read_body(wire::Method method, Budget& budget,
                                              RequestBody& body) {
    const auto unpacked_max = unpacked_bytes_max(method);
    CO_TRY_ASSIGN(auto held, co_await hold_body(body, packed_bytes_max(unpacked_max), budget));
    co_return PackedBody{std::move(held), body.packing(), unpacked_max};
}

Result<std::string> unpack(PackedBody& body) {
    std::string plain;
    Unpacker unpacker(body.packing, body.unpacked_max);
    auto& share = body.held.share;
    const auto append = [&](std::string_view piece) -> Result<void> {
        TRY(share.grow(piece.size()));
        plain += piece;
        return {};
    };
    TRY(unpacker.push(body.held.bytes, append));
    TRY(unpacker.finish());
    // Parsed it takes more than its text: a megabyte of `[],[],…` would become a hundred.
    const auto values = static_cast<std::size_t>(std::ranges::count(plain, ','));
    TRY(share.grow(values * limits::json_value_bytes));
    return plain;
}

asio::awaitable<Result<void>> receive_file(RequestBody& body, const std::filesystem::path& path,
                                           const FileLimits& limits, Budget& budget, Lane lane) {
    auto create = [&path]() -> Result<files::FileDescriptor> {
        TRY(files::make_folders(path.parent_path()));
        return files::create(path);
    };
    CO_TRY_ASSIGN(const auto out, co_await run_on(lane, std::move(create)));
    Unpacker unpacker(body.packing(), limits.unpacked_bytes_max);
    Budget::Share memory(budget);
    std::size_t accounted = 0;
    const auto sink = [&out](std::string_view bytes) { return files::write_all(out, bytes); };

    for (std::size_t packed_bytes = 0;;) {
        CO_TRY_ASSIGN(const auto piece, co_await body.next());
        packed_bytes += piece.size();
        if (packed_bytes > limits.packed_bytes_max) {
            co_return fail(ErrorKind::too_large, "the packed body is too large");
        }
        if (piece.empty()) {
            co_return unpacker.finish();
        }
        auto unpack_piece = [&unpacker, &sink, piece] { return unpacker.push(piece, sink); };
        CO_TRY(co_await run_on(lane, std::move(unpack_piece)));
        if (const auto needed = unpacker.memory_bytes(); needed > accounted) {
            CO_TRY(memory.grow(needed - accounted));
            accounted = needed;
        }
    }
}

namespace {

Reply reply_of(std::uint64_t unpacked_bytes, Packing packing) {
    Reply reply;
    reply.content_type = "application/octet-stream";
    if (packing == Packing::zstd) {  // R-TRANS-08
        reply.headers.emplace_back("anki-original-size", std::to_string(unpacked_bytes));
    }
    return reply;
}

}  // namespace

Reply reply_with(std::string_view plain, Packing packing) {
    auto reply = reply_of(plain.size(), packing);
    reply.body = packing == Packing::zstd ? zstd::pack(plain) : std::string(plain);
    return reply;
}

Reply reply_with(std::unique_ptr<ReplyBody> stream, std::uint64_t unpacked_bytes, Packing packing) {
    auto reply = reply_of(unpacked_bytes, packing);
    reply.stream = std::move(stream);
    return reply;
}

}  // namespace ankiwire::server
