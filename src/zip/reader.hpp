// Reads zip archives as Anki's clients make them, from a file: stored or deflated, not encrypted,
// in one part, without zip64. Invariants: memory is a constant, whatever the archive claims; no
// byte is read outside of the file; an entry's content is checked against its size and CRC-32.
// Errors are malformed (it is no such archive) and storage (reading failed).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_sink.hpp"
#include "base/result.hpp"
#include "files/files.hpp"

namespace ankiwire::zip {

struct Entry {
    std::string name;  // as it is written there
    std::uint64_t bytes = 0;
    std::uint64_t packed_bytes = 0;
    std::uint64_t header_offset = 0;
    std::uint32_t crc = 0;
    bool deflated = false;
};

class Reader {
public:
    // `file` outlives the reader. Reads the list of entries; malformed if there are more than
    // `entries_max`.
    static Result<Reader> open(const files::FileDescriptor& file, std::size_t entries_max);

    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    // nullptr: there is none of that name. Of several the last one counts.
    [[nodiscard]] const Entry* find(std::string_view name) const;

    // Passes the content of `entry` to `sink`. Only success says that it was whole.
    Result<void> read(const Entry& entry, const ByteSink& sink) const;

private:
    Reader(const files::FileDescriptor& file, std::uint64_t bytes) : file_(&file), bytes_(bytes) {}
    Result<void> read_list(std::size_t entries_max);
    [[nodiscard]] Result<std::uint64_t> content_offset(const Entry& entry) const;
    Result<void> read_stored(const Entry& entry, std::uint64_t offset, const ByteSink& sink) const;
    Result<void> inflate(const Entry& entry, std::uint64_t offset, const ByteSink& sink) const;
    // `size` bytes from `offset`; malformed beyond the end.
    Result<std::string> read_exactly(std::uint64_t offset, std::size_t size) const;

    const files::FileDescriptor* file_;
    std::uint64_t bytes_;  // of the whole file
    std::vector<Entry> entries_;
};

}  // namespace ankiwire::zip
