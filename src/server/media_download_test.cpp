#include "server/media_download.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "files/temp_folder.hpp"

namespace ankiwire::server {
namespace {

class MediaDownloadTest : public testing::Test {
protected:
    ~MediaDownloadTest() override { pool_.join(); }

    // Of one file of so many bytes.
    MediaDownload download_of(std::size_t bytes) {
        std::ofstream(path_, std::ios::binary) << std::string(bytes, 'x');
        auto file = files::open_for_reading(path_);
        EXPECT_TRUE(file);
        std::vector<media::OpenFile> files;
        files.push_back({"a.jpg", std::move(file).value(), bytes});
        return {std::move(files), Packing::none, Budget::Share(transfers_), nullptr,
                pool_.get_executor()};
    }
    // Nullopt: an error, after which the connection is broken off.
    std::optional<std::string> next(MediaDownload& download) {
        std::optional<std::string> piece;
        auto read = [&]() -> asio::awaitable<void> {
            auto made = co_await download.next();
            if (made) {
                piece = std::move(made).value();
            } else {
                EXPECT_EQ(made.error().kind, ErrorKind::storage);
            }
        };
        asio::co_spawn(pool_, read, asio::use_future).get();
        return piece;
    }

    files::TempFolder folder_;
    const std::filesystem::path path_ = folder_.path() / "a.jpg";
    Budget transfers_{1, "too many"};
    asio::thread_pool pool_{1};
};

TEST_F(MediaDownloadTest, has_as_many_bytes_as_it_says) {
    auto download = download_of(3 * body_piece_bytes_max);
    std::uint64_t bytes = 0;
    for (auto piece = next(download); piece && !piece->empty(); piece = next(download)) {
        bytes += piece->size();
    }
    EXPECT_EQ(bytes, download.unpacked_bytes());
}

TEST_F(MediaDownloadTest, breaks_off_at_a_file_that_has_become_shorter) {
    auto download = download_of(100);
    std::filesystem::resize_file(path_, 99);
    EXPECT_FALSE(next(download));
}

TEST_F(MediaDownloadTest, breaks_off_at_a_file_that_becomes_shorter_on_its_way) {
    auto download = download_of(3 * body_piece_bytes_max);
    EXPECT_TRUE(next(download));
    std::filesystem::resize_file(path_, 2 * body_piece_bytes_max);
    EXPECT_TRUE(next(download));
    EXPECT_FALSE(next(download));
}

}  // namespace
}  // namespace ankiwire::server
