#include "zip/stored_archive.hpp"

#include <zlib.h>

#include "base/check.hpp"
#include "zip/format.hpp"

namespace ankiwire::zip {
namespace {

constexpr std::uint16_t version_needed = 10;
constexpr std::uint16_t flag_utf8 = 0x800;
constexpr std::uint16_t date_1980_01_01 = 0x21;  // no entry has a time of its own

// The part that the local and the central record of an entry share.
void append_common(std::string& out, std::uint32_t crc, std::uint32_t bytes,
                   std::string_view name) {
    append_u16(out, version_needed);
    append_u16(out, flag_utf8);
    append_u16(out, method_stored);
    append_u16(out, 0);
    append_u16(out, date_1980_01_01);
    append_u32(out, crc);
    append_u32(out, bytes);
    append_u32(out, bytes);
    append_u16(out, static_cast<std::uint16_t>(name.size()));
    append_u16(out, 0);  // no extra field
}

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
    return static_cast<std::uint32_t>(
        crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

void StoredArchive::add(std::string name, std::uint64_t bytes) {
    CHECK(bytes < in_zip64 && name.size() <= 0xffff);
    entries_.push_back({.name = std::move(name), .bytes = static_cast<std::uint32_t>(bytes)});
}

std::uint64_t StoredArchive::bytes() const {
    std::uint64_t total = end_bytes;
    for (const auto& entry : entries_) {
        total += local_bytes + central_bytes + 2 * entry.name.size() + entry.bytes;
    }
    return total;
}

std::string StoredArchive::next_header(std::uint32_t crc) {
    CHECK(written_ < entries_.size() && bytes() < in_zip64);
    auto& entry = entries_[written_++];
    entry.crc = crc;
    entry.offset = offset_;
    std::string header;
    append_u32(header, local_signature);
    append_common(header, crc, entry.bytes, entry.name);
    header += entry.name;
    offset_ += static_cast<std::uint32_t>(header.size()) + entry.bytes;
    return header;
}

std::string StoredArchive::end() const {
    CHECK(written_ == entries_.size());
    std::string out;
    for (const auto& entry : entries_) {
        append_u32(out, central_signature);
        append_u16(out, version_needed);  // made by
        append_common(out, entry.crc, entry.bytes, entry.name);
        append_u16(out, 0);  // no comment
        append_u16(out, 0);  // first part
        append_u16(out, 0);  // internal attributes
        append_u32(out, 0);  // external attributes
        append_u32(out, entry.offset);
        out += entry.name;
    }
    const auto list_bytes = static_cast<std::uint32_t>(out.size());
    const auto count = static_cast<std::uint16_t>(entries_.size());
    append_u32(out, end_signature);
    append_u16(out, 0);
    append_u16(out, 0);
    append_u16(out, count);
    append_u16(out, count);
    append_u32(out, list_bytes);
    append_u32(out, offset_);
    append_u16(out, 0);  // no comment
    return out;
}

}  // namespace ankiwire::zip
