#include "server/media_sync.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "server/body.hpp"
#include "server/media_download.hpp"
#include "server/temp_file.hpp"
#include "wire/media_json.hpp"

namespace ankiwire::server {
namespace {

constexpr FileLimits upload_limits{
    .packed_bytes_max = packed_bytes_max(limits::media_zip_bytes_max),
    .unpacked_bytes_max = limits::media_zip_bytes_max};

// The methods whose reply is JSON; on the media lane.
Result<std::string> json_reply(wire::Method method, const HostKey& host_key, std::string_view json,
                               media::MediaStore& store) {
    switch (method) {
        case wire::Method::begin: {
            TRY(wire::decode_begin_request(json));
            TRY_ASSIGN(const auto usn, store.last_usn());
            return wire::encode_begin_response({host_key, usn});
        }
        case wire::Method::media_changes: {
            TRY_ASSIGN(const auto usn, wire::decode_media_changes_request(json));
            TRY_ASSIGN(const auto changes, store.changes_after(usn));
            return wire::encode_media_changes_response(changes);
        }
        case wire::Method::media_sanity: {
            TRY_ASSIGN(const auto client_count, wire::decode_media_sanity_request(json));
            TRY_ASSIGN(const auto count, store.file_count());
            return wire::encode_media_sanity_response(count == client_count);
        }
        default:
            return fail(ErrorKind::internal, "not a method of media sync");
    }
}

}  // namespace

asio::awaitable<Result<Reply>> MediaSync::answer(wire::Method method, const HostKey& host_key,
                                                 std::shared_ptr<AccountActor> actor,
                                                 RequestBody& body) {
    if (method == wire::Method::upload_changes) {
        co_return co_await upload(actor, body);
    }
    CO_TRY_ASSIGN(auto packed, co_await read_body(method, actor->bodies(), body));
    if (method == wire::Method::download_files) {
        auto decode = [&packed]() -> Result<std::vector<std::string>> {
            TRY_ASSIGN(const auto json, unpack(packed));
            return wire::decode_download_files_request(json);
        };
        CO_TRY_ASSIGN(auto names, co_await run_on(lanes_.media_files, std::move(decode)));
        co_return co_await download(actor, std::move(names), body.reply_packing());
    }
    auto job = [&](media::MediaStore& store) -> Result<Reply> {
        TRY_ASSIGN(const auto json, unpack(packed));
        TRY_ASSIGN(const auto reply, json_reply(method, host_key, json, store));
        return reply_with(reply, body.reply_packing());
    };
    co_return co_await actor->run_on_media(std::move(job));
}

asio::awaitable<Result<Reply>> MediaSync::begin_by_form(const HostKey& host_key,
                                                        std::shared_ptr<AccountActor> actor) {
    auto job = [&](media::MediaStore& store) -> Result<Reply> {
        TRY_ASSIGN(const auto usn, store.last_usn());
        return reply_with(wire::encode_begin_response({host_key, usn}), Packing::none);
    };
    co_return co_await actor->run_on_media(std::move(job));
}

asio::awaitable<Result<Reply>> MediaSync::upload(std::shared_ptr<AccountActor> actor,
                                                 RequestBody& body) {
    Budget::Share transfer(actor->media_transfers());
    CO_TRY(transfer.grow(1));
    TempFile file(media::staging_folder(actor->user().folder), "upload");
    auto reply = co_await receive_and_apply(actor, file.path(), body);
    auto remove = [&file] { return file.remove(), true; };
    co_await run_on(lanes_.media_files, std::move(remove));
    co_return reply;
}

asio::awaitable<Result<Reply>> MediaSync::receive_and_apply(std::shared_ptr<AccountActor> actor,
                                                            const std::filesystem::path& file,
                                                            RequestBody& body) {
    CO_TRY(co_await receive_file(body, file, upload_limits, actor->bodies(), lanes_.media_files));
    auto unpack_zip = [&file] { return media::StagedBatch::unpack(file); };
    CO_TRY_ASSIGN(auto batch, co_await run_on(lanes_.media_files, std::move(unpack_zip)));
    // The batch goes where the job is done: that removes files.
    auto apply = [batch = std::move(batch), packing = body.reply_packing()](
                     media::MediaStore& store) mutable -> Result<Reply> {
        TRY_ASSIGN(const auto applied, store.apply(batch, to_secs(system_now())));
        return reply_with(wire::encode_upload_changes_response({applied.processed, applied.usn}),
                          packing);
    };
    co_return co_await actor->run_on_media(std::move(apply));
}

asio::awaitable<Result<Reply>> MediaSync::download(std::shared_ptr<AccountActor> actor,
                                                   std::vector<std::string> names,
                                                   Packing packing) {
    Budget::Share transfer(actor->media_transfers());
    CO_TRY(transfer.grow(1));
    auto open = [&names](media::MediaStore& store) { return store.open_files(names); };
    CO_TRY_ASSIGN(auto files, co_await actor->run_on_media(std::move(open)));
    auto stream = std::make_unique<MediaDownload>(std::move(files), packing, std::move(transfer),
                                                  actor, lanes_.media_files);
    const auto bytes = stream->unpacked_bytes();
    co_return reply_with(std::move(stream), bytes, packing);
}

}  // namespace ankiwire::server
