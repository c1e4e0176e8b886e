#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "files/temp_folder.hpp"
#include "zip/format.hpp"
#include "zip/reader.hpp"
#include "zip/stored_archive.hpp"

namespace ankiwire::zip {
namespace {

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& entries) {
    StoredArchive archive;
    for (const auto& [name, content] : entries) {
        archive.add(name, content.size());
    }
    std::string bytes;
    for (const auto& [name, content] : entries) {
        bytes += archive.next_header(crc32(content)) + content;
    }
    bytes += archive.end();
    EXPECT_EQ(bytes.size(), archive.bytes());
    return bytes;
}

// The same with one deflated entry.
std::string deflated_archive(const std::string& name, const std::string& content) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string packed(deflateBound(&stream, content.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);

    auto bytes = archive_of({{name, packed}});
    const auto list = bytes.size() - end_bytes - central_bytes - name.size();
    const auto patch = [&bytes](std::size_t at, std::uint32_t value) {
        std::string number;
        append_u32(number, value);
        bytes.replace(at, 4, number);
    };
    bytes[list + 10] = static_cast<char>(method_deflated);
    patch(list + 16, crc32(content));
    patch(list + 24, static_cast<std::uint32_t>(content.size()));
    return bytes;
}

class ZipTest : public testing::Test {
protected:
    Result<Reader> open(const std::string& bytes, std::size_t entries_max = 3) {
        const auto path = folder_.path() / "archive";
        std::ofstream(path, std::ios::binary) << bytes;
        auto file = files::open_for_reading(path);
        EXPECT_TRUE(file);
        file_ = std::move(file).value();
        return Reader::open(file_, entries_max);
    }
    static Result<std::string> content_of(const Reader& reader, std::string_view name) {
        const auto* entry = reader.find(name);
        if (entry == nullptr) {
            return fail(ErrorKind::not_found, {});
        }
        std::string content;
        TRY(reader.read(*entry, [&](std::string_view piece) -> Result<void> {
            content += piece;
            return {};
        }));
        return content;
    }
    static bool is_malformed(const auto& result) {
        return !result && result.error().kind == ErrorKind::malformed;
    }

    const files::TempFolder folder_;
    files::FileDescriptor file_;
};

TEST_F(ZipTest, reads_what_was_written) {
    const std::string long_text(200'000, 'x');
    const auto reader = open(archive_of({{"0", "first"}, {"1", long_text}, {"_meta", ""}}));
    ASSERT_TRUE(reader) << reader.error().context;
    EXPECT_EQ(reader->entries().size(), 3U);
    EXPECT_EQ(*content_of(*reader, "0"), "first");
    EXPECT_EQ(*content_of(*reader, "1"), long_text);
    EXPECT_EQ(*content_of(*reader, "_meta"), "");
    EXPECT_EQ(reader->find("2"), nullptr);
}

TEST_F(ZipTest, reads_deflated_entries) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        text += std::to_string(i);
    }
    const auto bytes = deflated_archive("a", text);
    ASSERT_LT(bytes.size(), text.size());
    auto reader = open(bytes);
    ASSERT_TRUE(reader);
    EXPECT_EQ(*content_of(*reader, "a"), text);

    auto damaged = bytes;
    damaged[1000] = static_cast<char>(damaged[1000] ^ 1);
    reader = open(damaged);
    ASSERT_TRUE(reader);
    EXPECT_TRUE(is_malformed(content_of(*reader, "a")));
}

TEST_F(ZipTest, of_entries_of_one_name_the_last_counts) {
    const auto reader = open(archive_of({{"a", "one"}, {"a", "two"}}));
    ASSERT_TRUE(reader);
    EXPECT_EQ(*content_of(*reader, "a"), "two");
}

TEST_F(ZipTest, a_comment_may_follow) {
    auto bytes = archive_of({{"a", "one"}});
    bytes[bytes.size() - 2] = 5;
    const auto reader = open(bytes + "PK\5\6x");
    ASSERT_TRUE(reader);
    EXPECT_EQ(*content_of(*reader, "a"), "one");
    EXPECT_TRUE(is_malformed(open(bytes + "PK\5\6")));
}

TEST_F(ZipTest, refuses_more_entries_than_are_allowed) {
    const auto bytes = archive_of({{"a", ""}, {"b", ""}, {"c", ""}});
    EXPECT_TRUE(open(bytes, 3));
    EXPECT_TRUE(is_malformed(open(bytes, 2)));
}

// Each truncation, and each byte changed in turn: an answer or malformed, and never a content that
// differs from the one that was written.
TEST_F(ZipTest, never_takes_a_damaged_content_for_a_good_one) {
    const auto good = archive_of({{"a", "content of a"}, {"b", "content of b"}});
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_TRUE(is_malformed(open(good.substr(0, size)))) << size;
    }
    int readable = 0;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int change : {1, 0x80, 0xff}) {
            auto bytes = good;
            bytes[at] = static_cast<char>(bytes[at] ^ change);
            const auto reader = open(bytes);
            if (!reader) {
                EXPECT_EQ(reader.error().kind, ErrorKind::malformed);
                continue;
            }
            for (const auto& entry : reader->entries()) {
                const auto content = content_of(*reader, entry.name);
                if (content) {
                    ++readable;
                    EXPECT_TRUE(*content == "content of a" || *content == "content of b") << at;
                }
            }
        }
    }
    EXPECT_GT(readable, 100);  // what is changed in fields that do not matter
}

}  // namespace
}  // namespace ankiwire::zip
