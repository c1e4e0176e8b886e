#include "zstd/stream.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.hpp"

namespace ankiwire::zstd {
namespace {

constexpr std::size_t limit = limits::small_body_bytes_max;

ByteSink append_to(std::string& out) {
    return [&out](std::string_view piece) -> Result<void> {
        out += piece;
        return {};
    };
}

std::string pack_in_pieces(const std::vector<std::string>& pieces) {
    std::string packed;
    Encoder encoder;
    for (const auto& piece : pieces) {
        EXPECT_TRUE(encoder.push(piece, append_to(packed)));
    }
    EXPECT_TRUE(encoder.finish(append_to(packed)));
    return packed;
}

Result<std::string> unpack_in_steps(std::string_view packed, std::size_t step) {
    std::string plain;
    Decoder decoder(limit);
    for (std::size_t at = 0; at < packed.size(); at += step) {
        TRY(decoder.push(packed.substr(at, step), append_to(plain)));
    }
    TRY(decoder.finish());
    return plain;
}

ErrorKind kind_of_unpack(std::string_view packed) {
    const auto whole = unpack(packed, limit);
    const auto in_steps = unpack_in_steps(packed, 1);
    EXPECT_FALSE(whole);
    EXPECT_FALSE(in_steps);
    if (whole || in_steps) {
        return ErrorKind::internal;
    }
    EXPECT_EQ(whole.error().kind, in_steps.error().kind);
    return whole.error().kind;
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) {
        text.push_back(static_cast<char>(value));
    }
    return text;
}

// A frame of no content whose header asks for a window of 2^log bytes.
std::string frame_with_window(int log) {
    return bytes({0x28, 0xb5, 0x2f, 0xfd, 0x00, (log - 10) << 3, 0x01, 0x00, 0x00});
}

long peak_memory_kib() {
    rusage usage{};
    EXPECT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

TEST(Zstd, unpacks_what_it_packed_whatever_the_pieces) {
    EXPECT_TRUE(rc::check([](const std::vector<std::string>& pieces) {
        std::string plain;
        for (const auto& piece : pieces) {
            plain += piece;
        }
        const auto step = *rc::gen::inRange<std::size_t>(1, 40);
        for (const auto& packed : {pack(plain), pack_in_pieces(pieces)}) {
            const auto unpacked = unpack_in_steps(packed, step);
            RC_ASSERT(unpacked.has_value());
            RC_ASSERT(*unpacked == plain);
        }
    }));
}

TEST(Zstd, unpacks_a_body_that_fills_many_buffers) {
    std::string plain;
    for (std::uint64_t i = 0; plain.size() < 3 * limits::mib; ++i) {
        plain += std::to_string(i * i);
    }
    for (const auto& packed : {pack(plain), pack_in_pieces({plain, plain})}) {
        const auto unpacked = unpack(packed, 2 * plain.size());
        ASSERT_TRUE(unpacked);
        EXPECT_EQ(unpacked->substr(0, plain.size()), plain);
    }
}

TEST(Zstd, takes_an_input_of_no_bytes_as_an_empty_body) {  // R-TRANS-05
    const auto unpacked = unpack("", limit);
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(*unpacked, "");
}

TEST(Zstd, unpacks_an_empty_frame) {
    const auto unpacked = unpack(pack(""), limit);
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(*unpacked, "");
}

TEST(Zstd, takes_a_body_of_exactly_the_limit_and_no_byte_more) {  // R-LIM-01
    const auto at_limit = unpack(pack(std::string(limit, 'x')), limit);
    ASSERT_TRUE(at_limit);
    EXPECT_EQ(at_limit->size(), limit);
    EXPECT_EQ(kind_of_unpack(pack(std::string(limit + 1, 'x'))), ErrorKind::too_large);
}

TEST(Zstd, stops_a_bomb_before_the_sink_sees_more_than_the_limit) {  // R-LIM-01
    std::string packed;
    Encoder encoder;
    const std::string zeros(limits::mib, '\0');
    for (int i = 0; i < 1024; ++i) {
        ASSERT_TRUE(encoder.push(zeros, append_to(packed)));
    }
    ASSERT_TRUE(encoder.finish(append_to(packed)));
    ASSERT_LT(packed.size(), limits::mib);

    std::string plain;
    Decoder decoder(limit);
    const auto result = decoder.push(packed, append_to(plain));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, ErrorKind::too_large);
    EXPECT_LE(plain.size(), limit);
    EXPECT_LT(decoder.unpacked_bytes(), limit + limits::mib);
}

TEST(Zstd, needs_no_more_memory_for_a_longer_stream) {
    const std::string zeros(limits::mib, '\0');
    std::size_t received = 0;
    Decoder decoder(limits::upload_packed_bytes_default * limits::upload_unpacked_factor);
    const ByteSink count = [&received](std::string_view piece) -> Result<void> {
        received += piece.size();
        return {};
    };
    const ByteSink unpack_piece = [&](std::string_view piece) {
        return decoder.push(piece, count);
    };
    Encoder encoder;
    const long before = peak_memory_kib();
    for (int i = 0; i < 256; ++i) {
        ASSERT_TRUE(encoder.push(zeros, unpack_piece));
    }
    ASSERT_TRUE(encoder.finish(unpack_piece));
    ASSERT_TRUE(decoder.finish());
    EXPECT_EQ(received, 256 * limits::mib);
    EXPECT_LT(peak_memory_kib() - before, 32 * 1024);
}

TEST(Zstd, refuses_a_frame_that_is_cut_anywhere) {  // R-TRANS-06
    const auto packed = pack("a body of some bytes, and some bytes more");
    for (std::size_t size = 1; size < packed.size(); ++size) {
        EXPECT_EQ(kind_of_unpack(packed.substr(0, size)), ErrorKind::malformed) << size;
    }
}

TEST(Zstd, refuses_bytes_after_the_frame) {  // R-TRANS-15
    EXPECT_EQ(kind_of_unpack(pack("one") + "x"), ErrorKind::malformed);
    EXPECT_EQ(kind_of_unpack(pack("one") + pack("two")), ErrorKind::malformed);
}

TEST(Zstd, refuses_a_skippable_frame) {
    const auto skippable = bytes({0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'});
    EXPECT_EQ(kind_of_unpack(skippable), ErrorKind::malformed);
    EXPECT_EQ(kind_of_unpack(skippable + pack("one")), ErrorKind::malformed);
}

TEST(Zstd, refuses_what_is_not_zstd) {  // R-TRANS-05
    EXPECT_EQ(kind_of_unpack("{}"), ErrorKind::malformed);
    EXPECT_EQ(kind_of_unpack(bytes({0x1f, 0x8b, 0x08, 0x00})), ErrorKind::malformed);
    auto damaged = pack(std::string(1000, 'x'));
    damaged[5] = static_cast<char>(damaged[5] ^ 0x7f);
    EXPECT_FALSE(unpack(damaged, limit));
}

TEST(Zstd, refuses_a_frame_that_holds_less_than_it_declares) {
    const auto empty_block = bytes({0x01, 0x00, 0x00});
    EXPECT_TRUE(unpack(bytes({0x28, 0xb5, 0x2f, 0xfd, 0x20, 0}) + empty_block, limit));
    EXPECT_EQ(kind_of_unpack(bytes({0x28, 0xb5, 0x2f, 0xfd, 0x20, 97}) + empty_block),
              ErrorKind::malformed);
}

TEST(Zstd, refuses_a_window_over_the_limit) {  // R-LIM-05, R-LIM-11
    EXPECT_TRUE(unpack(frame_with_window(limits::zstd_window_log_max), limit));
    EXPECT_EQ(kind_of_unpack(frame_with_window(limits::zstd_window_log_max + 1)),
              ErrorKind::too_large);
}

TEST(Zstd, refuses_a_window_over_the_limit_however_it_comes) {  // R-LIM-05
    // 1 GiB of window for one byte of content, which libzstd takes if it has all of it at once.
    const auto frame = bytes({0x28, 0xb5, 0x2f, 0xfd, 0x80, 0xa0, 1, 0, 0, 0, 0x09, 0, 0, 'x'});
    EXPECT_EQ(kind_of_unpack(frame), ErrorKind::too_large);
    Decoder decoder(limit);
    const ByteSink ignore = [](std::string_view) -> Result<void> { return {}; };
    EXPECT_TRUE(decoder.push(frame.substr(0, 5), ignore));
    const auto rest = decoder.push(frame.substr(5), ignore);
    ASSERT_FALSE(rest);
    EXPECT_EQ(rest.error().kind, ErrorKind::too_large);
}

TEST(Zstd, writes_streams_with_the_small_window) {
    const auto packed = pack_in_pieces({"some", "bytes"});
    ASSERT_GT(packed.size(), 6U);
    EXPECT_EQ(packed.substr(0, 6), frame_with_window(limits::zstd_window_log_out).substr(0, 6));
}

TEST(Zstd, passes_the_error_of_a_sink_on) {
    const ByteSink full = [](std::string_view) -> Result<void> {
        return fail(ErrorKind::storage, "disk full");
    };
    Decoder decoder(limit);
    const auto unpacked = decoder.push(pack("bytes"), full);
    ASSERT_FALSE(unpacked);
    EXPECT_EQ(unpacked.error().kind, ErrorKind::storage);
    Encoder encoder;
    const auto packed = encoder.finish(full);
    ASSERT_FALSE(packed);
    EXPECT_EQ(packed.error().kind, ErrorKind::storage);
}

}  // namespace
}  // namespace ankiwire::zstd
