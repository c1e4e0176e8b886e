#include "zip/gzip.hpp"

#include <gmock/gmock.h>

namespace ankiwire::zip {
namespace {

constexpr std::size_t mib = 1024 * 1024;

TEST(Gzip, comes_back) {
    for (const auto& plain : {std::string(), std::string("{}"), std::string(300'000, 'x')}) {
        const auto packed = gzip(plain);
        EXPECT_TRUE(packed.starts_with("\x1f\x8b"));
        const auto again = gunzip(packed, mib);
        ASSERT_TRUE(again) << again.error().context;
        EXPECT_EQ(*again, plain);
    }
}

TEST(Gzip, must_be_whole_and_no_more) {
    const auto packed = gzip("some text");
    EXPECT_FALSE(gunzip(packed.substr(0, packed.size() - 1), mib));
    EXPECT_FALSE(gunzip(packed + "x", mib));
    EXPECT_FALSE(gunzip("some text", mib));
    EXPECT_EQ(*gunzip("", mib), "");  // no body at all
}

TEST(Gzip, comes_in_any_pieces) {
    const auto packed = gzip("some text " + std::string(200'000, 'x'));
    for (const std::size_t size : {std::size_t{1}, std::size_t{7}, packed.size()}) {
        std::string plain;
        Gunzip stream(mib);
        for (std::size_t at = 0; at < packed.size(); at += size) {
            EXPECT_TRUE(stream.push(std::string_view(packed).substr(at, size),
                                    [&plain](std::string_view piece) -> Result<void> {
                                        plain += piece;
                                        return {};
                                    }));
        }
        EXPECT_TRUE(stream.finish());
        EXPECT_EQ(plain.size(), 200'010U);
        EXPECT_FALSE(stream.push("x", [](std::string_view) { return Result<void>(); }));
    }
}

TEST(Gzip, has_a_limit) {
    const auto unpacked = gunzip(gzip(std::string(200'000, 'x')), 100'000);
    ASSERT_FALSE(unpacked);
    EXPECT_EQ(unpacked.error().kind, ErrorKind::too_large);
}

}  // namespace
}  // namespace ankiwire::zip
