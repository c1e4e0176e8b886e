#include "load/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wire/encode.hpp"
#include "wire/sync_header.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::load {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
constexpr std::size_t reply_bytes_max = std::size_t{1} << 30;

ByteSink append_to(std::string& bytes) {
    return [&bytes](std::string_view piece) -> Result<void> {
        bytes += piece;
        return {};
    };
}

std::string in_chunks(std::string_view body) {
    std::string bytes;
    for (; !body.empty(); body.remove_prefix(std::min(chunk_bytes, body.size()))) {
        const auto chunk = body.substr(0, chunk_bytes);
        bytes += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
    }
    return bytes + "0\r\n\r\n";
}

Result<ReplyHead> send_and_receive(Connection& connection, const Request& request,
                                   const ByteSink& sink) {
    TRY(connection.send(request.bytes));
    TRY_ASSIGN(auto head, connection.receive(sink));
    if (head.status != request.status || (head.status == 200 && head.original_size.empty())) {
        return fail(ErrorKind::internal,
                    fmt::format("{} answered with {}",
                                request.bytes.substr(0, request.bytes.find(" HTTP")), head.status));
    }
    return head;
}

Request host_key(const User& user, std::string password) {
    return request({user.name, ""},
                   {wire::Method::host_key,
                    wire::encode_host_key_request({user.name, Password(std::move(password))}),
                    fmt::format(R"({{"key":"{}")", user.host_key)});
}

}  // namespace

Request request(const User& user, const Call& call) {
    const auto header = wire::encode_sync_header({.version = 11,
                                                  .host_key = HostKey(user.host_key),
                                                  .client = "26.09.3,bench,linux",
                                                  .session_key = {user.name}});
    const auto folder = call.method >= wire::Method::begin ? "msync" : "sync";
    return {fmt::format("POST /{}/{} HTTP/1.1\r\nhost: 127.0.0.1\r\nanki-sync: {}\r\n"
                        "content-type: application/octet-stream\r\n"
                        "transfer-encoding: chunked\r\n\r\n{}",
                        folder, wire::method_name(call.method), header,
                        in_chunks(zstd::pack(call.body))),
            call.expects};
}

Request log_in(const User& user) { return host_key(user, "pass"); }

Request guess(const User& user) {
    auto made = host_key(user, "guess");
    made.status = 403;
    return made;
}

Call meta() {
    return {wire::Method::meta, wire::encode_meta_request({11, "anki,26.09.3 (bench),linux"}),
            R"({"mod":)"};
}

Call start(Usn usn, bool newer) {
    return {wire::Method::start,
            fmt::format(R"({{"minUsn":{},"lnewer":{},"graves":null}})", usn.value, newer), "{"};
}

Call no_changes() {
    return {wire::Method::apply_changes, R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})",
            R"({"models":)"};
}

Request download_request(const User& user) {
    return request(user, {wire::Method::download, "{}", ""});
}

Call finish() { return {wire::Method::finish, "{}", "1"}; }

RevlogEntry review(std::int64_t id, CardId card, Usn usn) {
    return {.id = {id},
            .card_id = card,
            .usn = usn,
            .ease = 3,
            .interval = 12,
            .last_interval = 5,
            .factor = 2500,
            .taken_ms = 5000,
            .type = 1};
}

Result<std::string> ask(Connection& connection, const Request& request) {
    std::string packed;
    TRY_ASSIGN(const auto head, send_and_receive(connection, request, append_to(packed)));
    TRY_ASSIGN(auto reply, zstd::unpack(packed, reply_bytes_max));
    if (!reply.starts_with(request.expects) || head.original_size != std::to_string(reply.size())) {
        return fail(
            ErrorKind::internal,
            fmt::format("{} answered {}, of {} bytes, {} as it says, where {} was expected",
                        request.bytes.substr(0, request.bytes.find(" HTTP")), reply.substr(0, 200),
                        reply.size(), head.original_size, request.expects));
    }
    return reply;
}

// Written to once: the kernel gives memory when it is written to, which takes time.
Packed::Packed(std::size_t plain_bytes) : bytes(plain_bytes / 2, '\0') { bytes.clear(); }

Result<void> fetch(Connection& connection, const Request& request, Packed& reply) {
    TRY_ASSIGN(auto head, send_and_receive(connection, request, append_to(reply.bytes)));
    reply.original_size = std::move(head.original_size);
    return {};
}

Result<void> check_size(const Packed& reply, std::size_t plain_bytes) {
    zstd::Decoder decoder(reply_bytes_max);
    TRY(decoder.push(reply.bytes, [](std::string_view) -> Result<void> { return {}; }));
    TRY(decoder.finish());
    if (decoder.unpacked_bytes() != plain_bytes ||
        reply.original_size != std::to_string(plain_bytes)) {
        return fail(ErrorKind::internal,
                    fmt::format("{} bytes came, {} as the reply says, where {} were expected",
                                decoder.unpacked_bytes(), reply.original_size, plain_bytes));
    }
    return {};
}

}  // namespace ankiwire::load
