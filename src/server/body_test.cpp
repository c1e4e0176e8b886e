#include "server/body.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "files/files.hpp"
#include "files/temp_folder.hpp"

namespace ankiwire::server {
namespace {

class OnePiece : public RequestBody {
public:
    explicit OnePiece(std::string bytes) : bytes_(std::move(bytes)) {}
    asio::awaitable<Result<std::string_view>> next() override {
        const std::string_view piece = ended_ ? std::string_view() : bytes_;
        ended_ = true;
        co_return piece;
    }

private:
    std::string bytes_;
    bool ended_ = false;
};

// A frame of one byte whose header asks for a window of 2^log bytes.
std::string frame_with_window(int log) {
    std::string frame("\x28\xb5\x2f\xfd\0\0\x09\0\0x", 10);
    frame[5] = static_cast<char>((log - 10) << 3);
    return frame;
}

Result<void> receive(const std::string& packed, Budget& budget) {
    const files::TempFolder folder;
    const auto path = folder.path() / "file";
    const FileLimits limits{.packed_bytes_max = 1000, .unpacked_bytes_max = 1000};
    OnePiece body(packed);
    asio::thread_pool lane(1);
    auto received = asio::co_spawn(
        lane, receive_file(body, path, limits, budget, lane.get_executor()), asio::use_future);
    auto result = received.get();
    EXPECT_TRUE(!result || files::size_of(path).value() == 1);
    return result;
}

// R-LIM-06: what clients send takes 2 MiB, and shall not count as the 8 MiB that it might.
TEST(ReceiveFile, takes_from_the_budget_what_the_frame_asks_for) {
    Budget budget(4 * limits::mib, "too much");
    const auto small = receive(frame_with_window(21), budget);
    EXPECT_TRUE(small) << small.error().context;
    EXPECT_EQ(budget.used(), 0U);
    const auto large = receive(frame_with_window(23), budget);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().kind, ErrorKind::busy);
    EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace ankiwire::server
