#include "server/media_download.hpp"

#include <algorithm>
#include <utility>

#include "server/async.hpp"
#include "wire/media_json.hpp"

namespace ankiwire::server {
namespace {

constexpr std::size_t read_bytes_max = body_piece_bytes_max;

}  // namespace

MediaDownload::MediaDownload(std::vector<media::OpenFile> files, Packing packing,
                             Budget::Share transfer, std::shared_ptr<AccountActor> actor, Lane lane)
    : actor_(std::move(actor)),
      transfer_(std::move(transfer)),
      files_(std::move(files)),
      lane_(std::move(lane)),
      packer_(packing) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < files_.size(); ++i) {
        names.push_back(files_[i].name);
        archive_.add(std::to_string(i), files_[i].bytes);
    }
    meta_ = wire::encode_download_meta(names);
    archive_.add("_meta", meta_.size());
}

asio::awaitable<Result<std::string>> MediaDownload::next() {
    auto job = [this] { return make_piece(); };
    co_return co_await run_on(lane_, std::move(job));
}

Result<std::string> MediaDownload::make_piece() {
    std::string packed;
    const ByteSink append = [&packed](std::string_view piece) -> Result<void> {
        packed += piece;
        return {};
    };
    const ByteSink pack = [this, &append](std::string_view plain) {
        return packer_.push(plain, append);
    };
    while (packed.size() < body_piece_bytes_max && !ended_) {
        if (file_ < files_.size()) {
            TRY(write_part(pack));
            continue;
        }
        TRY(pack(archive_.next_header(zip::crc32(meta_))));
        TRY(pack(meta_));
        TRY(pack(archive_.end()));
        TRY(packer_.finish(append));
        ended_ = true;
    }
    return packed;
}

Result<void> MediaDownload::write_part(const ByteSink& sink) {
    auto& file = files_[file_];
    if (offset_ == 0) {
        TRY(begin_file(file, sink));
    } else {
        TRY(read_buffer(file));
    }
    TRY(sink(buffer_));
    offset_ += buffer_.size();
    if (offset_ == file.bytes) {
        file.file = files::FileDescriptor();
        offset_ = 0;
        ++file_;
    }
    return {};
}

// The checksum comes before the content, so a file longer than the buffer is read twice.
Result<void> MediaDownload::begin_file(const media::OpenFile& file, const ByteSink& sink) {
    std::uint32_t crc = 0;
    for (offset_ = 0; offset_ < file.bytes; offset_ += buffer_.size()) {
        TRY(read_buffer(file));
        crc = zip::crc32(buffer_, crc);
    }
    offset_ = 0;
    if (buffer_.size() < file.bytes) {
        TRY(read_buffer(file));
    }
    return sink(archive_.next_header(crc));
}

Result<void> MediaDownload::read_buffer(const media::OpenFile& file) {
    const auto wanted = std::min<std::uint64_t>(file.bytes - offset_, read_bytes_max);
    buffer_.resize(wanted);
    TRY_ASSIGN(const auto got, files::read_at(file.file, offset_, buffer_.data(), wanted));
    if (got != wanted) {
        return fail(ErrorKind::storage, "a media file became shorter while it was read");
    }
    return {};
}

}  // namespace ankiwire::server
