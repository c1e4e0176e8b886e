// A zip archive of stored entries that is written front to back, and whose size is known before:
// the sizes of its entries are given first, their checksums as each is written.
// Source: PKWARE's APPNOTE 4.3; no zip64, so the whole must stay below 4 GiB.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ankiwire::zip {

std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

class StoredArchive {
public:
    // Before the first header is asked for.
    void add(std::string name, std::uint64_t bytes);
    // Of the whole archive.
    [[nodiscard]] std::uint64_t bytes() const;

    // What comes before the content of each entry in turn.
    std::string next_header(std::uint32_t crc);
    // What comes after the content of the last one.
    [[nodiscard]] std::string end() const;

private:
    struct Entry {
        std::string name;
        std::uint32_t bytes;
        std::uint32_t crc = 0;
        std::uint32_t offset = 0;
    };
    std::vector<Entry> entries_;
    std::size_t written_ = 0;
    std::uint32_t offset_ = 0;
};

}  // namespace ankiwire::zip
