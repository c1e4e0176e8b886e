// The reply to downloadFiles on its way out: a zip of stored files, made piece by piece on the
// media lane. Invariant: memory is a constant, whatever the files' sizes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "media/media_store.hpp"
#include "server/account_actor.hpp"
#include "server/exchange.hpp"
#include "zip/stored_archive.hpp"

namespace ankiwire::server {

class MediaDownload final : public ReplyBody {
public:
    // Holds `transfer`, a share of a budget of the actor, until it goes.
    MediaDownload(std::vector<media::OpenFile> files, Packing packing, Budget::Share transfer,
                  std::shared_ptr<AccountActor> actor, Lane lane);

    [[nodiscard]] std::uint64_t unpacked_bytes() const { return archive_.bytes(); }
    asio::awaitable<Result<std::string>> next() override;

private:
    Result<std::string> make_piece();
    // Passes the next part of the zip to `sink`.
    Result<void> write_part(const ByteSink& sink);
    Result<void> begin_file(const media::OpenFile& file, const ByteSink& sink);
    Result<void> read_buffer(const media::OpenFile& file);

    std::shared_ptr<AccountActor> actor_;
    Budget::Share transfer_;
    std::vector<media::OpenFile> files_;
    Lane lane_;
    std::string meta_;
    zip::StoredArchive archive_;
    Packer packer_;
    std::string buffer_;        // what was read last
    std::size_t file_ = 0;      // the file that is written
    std::uint64_t offset_ = 0;  // in it
    bool ended_ = false;
};

}  // namespace ankiwire::server
