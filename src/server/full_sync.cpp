#include "server/full_sync.hpp"

#include <spdlog/spdlog.h>

#include <system_error>

#include "base/clock.hpp"
#include "collection/full_sync.hpp"
#include "files/files.hpp"
#include "server/body.hpp"
#include "server/temp_file.hpp"

namespace ankiwire::server {
namespace {

constexpr int replace_attempts_max = 3;
constexpr std::size_t read_bytes = 256 * limits::kib;

// A finished snapshot on its way out: read, packed and removed on a lane of its own.
class PackedFile final : public ReplyBody {
public:
    PackedFile(TempFile temp, files::FileDescriptor file, Budget::Share transfer,
               std::shared_ptr<AccountActor> actor, std::string client, Packing packing, Lane lane)
        : actor_(std::move(actor)),
          client_(std::move(client)),
          transfer_(std::move(transfer)),
          temp_(std::move(temp)),
          file_(std::move(file)),
          lane_(std::move(lane)),
          packer_(packing) {}

    asio::awaitable<Result<std::string>> next() override {
        auto job = [this] { return read_and_pack(); };
        auto piece = co_await run_on(lane_, std::move(job));
        if (piece && piece->empty()) {  // the peer has taken all that came before
            co_await note_success();
        }
        co_return piece;
    }

private:
    asio::awaitable<void> note_success() {
        auto record = [this](AccountActor::Parts& parts) {
            parts.record(client_, SyncOutcome::downloaded, system_now());
            return true;
        };
        co_await actor_->run(std::move(record));
    }

    Result<std::string> read_and_pack() {
        std::string packed;
        const auto sink = [&packed](std::string_view piece) -> Result<void> {
            packed += piece;
            return {};
        };
        while (packed.empty() && !ended_) {
            plain_.resize(read_bytes);
            TRY_ASSIGN(const auto size,
                       files::read_at(file_, offset_, plain_.data(), plain_.size()));
            if (size > 0) {
                offset_ += size;
                TRY(packer_.push({plain_.data(), size}, sink));
                continue;
            }
            TRY(packer_.finish(sink));
            ended_ = true;
            temp_.remove();
        }
        return packed;
    }

    std::shared_ptr<AccountActor> actor_;  // has the budget of which this is a share
    std::string client_;
    Budget::Share transfer_;
    TempFile temp_;
    files::FileDescriptor file_;
    std::uint64_t offset_ = 0;
    Lane lane_;
    Packer packer_;
    std::string plain_;
    bool ended_ = false;
};

}  // namespace

asio::awaitable<Result<void>> FullSync::upload(std::shared_ptr<AccountActor> actor,
                                               std::string client, RequestBody& body) {
    Budget::Share transfer(actor->transfers());
    CO_TRY(transfer.grow(1));
    TempFile file(actor->user().folder, "upload");
    auto result = co_await receive_and_replace(actor, std::move(client), file.path(), body);
    auto remove = [&file] { return file.remove(), true; };
    co_await run_on(lanes_.transfers, std::move(remove));
    co_return result;
}

asio::awaitable<Result<void>> FullSync::receive_and_replace(std::shared_ptr<AccountActor> actor,
                                                            std::string client,
                                                            const std::filesystem::path& file,
                                                            RequestBody& body) {
    // Not on the workers: a piece of zeros unpacks to hundreds of megabytes.
    const auto lane = lanes_.transfers;
    const FileLimits most{limits_.packed_bytes_max, limits_.unpacked_bytes_max};
    if (const auto received = co_await receive_file(body, file, most, actor->bodies(), lane);
        !received) {
        const auto& error = received.error();
        const bool cut = error.kind == ErrorKind::malformed;
        co_return fail(cut ? ErrorKind::corrupt_upload : error.kind, error.context);
    }
    auto validate = [&file]() -> Result<void> {
        TRY(collection::validate_upload(file, to_secs(system_now())));
        return {};
    };
    CO_TRY(co_await run_on(lanes_.transfers, std::move(validate)));

    for (int attempt = 0; attempt < replace_attempts_max; ++attempt) {
        CO_TRY_ASSIGN(const bool replaced, co_await replace(actor, client, file));
        if (replaced) {
            co_return Result<void>();
        }
    }
    co_return fail(ErrorKind::busy, "the collection kept changing during an upload");
}

// False: the collection has changed since it was kept.
asio::awaitable<Result<bool>> FullSync::replace(std::shared_ptr<AccountActor> actor,
                                                std::string client,
                                                const std::filesystem::path& upload) {
    TempFile old(actor->user().folder, "replaced");
    auto copy = [&old](AccountActor::Parts& parts) {
        return parts.account.copy_committed(old.path(), system_now());
    };
    CO_TRY_ASSIGN(const auto copied, co_await actor->run_copy(std::move(copy)));

    auto keep = [&]() -> Result<void> {
        auto kept = copied.empty ? Result<void>()
                                 : keep_replaced(actor->user().folder, old.path(), upload, "upload",
                                                 client, system_now());
        old.remove();
        return kept;
    };
    CO_TRY(co_await actor->run_on_files(std::move(keep)));
    auto install = [&](AccountActor::Parts& parts) {
        const auto now = system_now();
        auto installed = parts.account.install_upload(upload, copied, now);
        if (installed && *installed) {
            parts.record(client, SyncOutcome::uploaded, now);
        }
        return installed;
    };
    CO_TRY_ASSIGN(const bool installed, co_await actor->run(std::move(install)));
    if (!installed) {
        co_return false;
    }
    auto evict = [&] {
        return collection::evict_versions(actor->user().folder, limits_.retention, system_now());
    };
    if (const auto evicted = co_await actor->run_on_files(std::move(evict)); !evicted) {
        spdlog::warn("old versions could not be removed: {}", evicted.error().context);
    }
    co_return true;
}

asio::awaitable<Result<Reply>> FullSync::download(std::shared_ptr<AccountActor> actor,
                                                  std::string client, Packing packing) {
    Budget::Share transfer(actor->transfers());
    CO_TRY(transfer.grow(1));
    TempFile file(actor->user().folder, "download");
    auto copy = [&file](AccountActor::Parts& parts) {
        return parts.account.copy_for_download(file.path(), system_now());
    };
    CO_TRY(co_await actor->run_copy(std::move(copy)));

    auto finish = [&file, packing]() -> Result<std::uint64_t> {
        TRY_ASSIGN(const auto bytes, collection::finish_snapshot(file.path()));
        return packing == Packing::none ? collection::downgrade_snapshot(file.path()) : bytes;
    };
    CO_TRY_ASSIGN(const auto bytes, co_await run_on(lanes_.transfers, std::move(finish)));
    if (bytes > limits::response_bytes_max) {
        co_return fail(ErrorKind::too_large, "the collection is larger than a client can take");
    }
    CO_TRY_ASSIGN(auto descriptor, files::open_for_reading(file.path()));
    auto stream =
        std::make_unique<PackedFile>(std::move(file), std::move(descriptor), std::move(transfer),
                                     actor, std::move(client), packing, lanes_.downloads);
    co_return reply_with(std::move(stream), bytes, packing);
}

Result<void> keep_replaced(const std::filesystem::path& account_folder,
                           const std::filesystem::path& snapshot,
                           const std::filesystem::path& replacement, std::string reason,
                           std::string client, TimestampMs now) {
    TRY(collection::finish_snapshot(snapshot));
    collection::Version version{.kept_at = now,
                                .reason = std::move(reason),
                                .client = std::move(client),
                                .contents = {},
                                .lost = {}};
    TRY_ASSIGN(version.contents, collection::count_contents(snapshot));
    TRY_ASSIGN(version.lost, collection::lost_contents(snapshot, replacement));
    TRY(collection::keep_version(account_folder, snapshot, std::move(version)));
    return {};
}

}  // namespace ankiwire::server
