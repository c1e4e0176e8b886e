#include <fcntl.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "floor/floor.hpp"

namespace ankiwire::floors {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10U;

std::string content_of(const std::filesystem::path& path) {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return std::move(content).str();
}

void write_all(int file, const char* bytes, std::size_t size) {
    while (size > 0) {
        const auto written = ::write(file, bytes, size);
        CHECK(written > 0);
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
}

void check_database(const std::filesystem::path& path) {
    sqlite3* db = nullptr;
    CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    const auto by_size = [](void*, int a, const void*, int b, const void*) { return a - b; };
    CHECK(sqlite3_create_collation(db, "unicase", SQLITE_UTF8, nullptr, by_size) == SQLITE_OK);
    CHECK(sqlite3_exec(db, "pragma integrity_check", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(sqlite3_close(db) == SQLITE_OK);
}

}  // namespace

std::size_t upload(const std::filesystem::path& collection) {
    const auto plain = content_of(collection);
    std::string packed(ZSTD_compressBound(plain.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 1));
    const auto target = std::filesystem::path(collection) += ".uploaded";
    restart_clock();
    const int file = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(file >= 0);
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                       ZSTD_freeDCtx);
    std::vector<char> buffer(piece_bytes);
    ZSTD_inBuffer input{packed.data(), packed.size(), 0};
    bool full = false;  // there may be more of it
    while (input.pos < input.size || full) {
        ZSTD_outBuffer output{buffer.data(), buffer.size(), 0};
        CHECK(ZSTD_isError(ZSTD_decompressStream(context.get(), &output, &input)) == 0);
        write_all(file, buffer.data(), output.pos);
        full = output.pos == output.size;
    }
    check_database(target);
    CHECK(::fsync(file) == 0 && ::close(file) == 0);
    return 1;
}

std::size_t download(const std::filesystem::path& collection) {
    std::array<int, 2> ends{};
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    std::thread reader([end = ends[1]] {
        std::vector<char> ignored(piece_bytes);
        while (::read(end, ignored.data(), ignored.size()) > 0) {
        }
        ::close(end);
    });
    const int file = ::open(collection.c_str(), O_RDONLY | O_CLOEXEC);
    CHECK(file >= 0);
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                       ZSTD_freeCCtx);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
    std::vector<char> plain(piece_bytes);
    std::vector<char> packed(ZSTD_CStreamOutSize());
    for (bool ended = false; !ended;) {
        const auto size = ::read(file, plain.data(), plain.size());
        CHECK(size >= 0);
        ended = size == 0;
        ZSTD_inBuffer input{plain.data(), static_cast<std::size_t>(size), 0};
        std::size_t left = 0;
        do {
            ZSTD_outBuffer output{packed.data(), packed.size(), 0};
            left = ZSTD_compressStream2(context.get(), &output, &input,
                                        ended ? ZSTD_e_end : ZSTD_e_continue);
            CHECK(ZSTD_isError(left) == 0);
            write_all(ends[0], packed.data(), output.pos);
        } while (input.pos < input.size || (ended && left > 0));
    }
    ::close(ends[0]);
    reader.join();
    ::close(file);
    return 1;
}

}  // namespace ankiwire::floors
