#include "zip/reader.hpp"

#define ZLIB_CONST  // its input is not written to
#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "zip/format.hpp"

namespace ankiwire::zip {
namespace {

constexpr std::size_t buffer_bytes = 64 * limits::kib;
constexpr std::size_t comment_bytes_max = 0xffff;
// Names of entries are short numbers; what else a list may hold is bounded by this.
constexpr std::size_t list_bytes_max = 64 * limits::kib;

Error malformed(const char* what) {
    return fail(ErrorKind::malformed, std::string("zip archive: ") + what);
}

// Where the record that ends the archive begins in `tail`; npos if there is none. A comment may
// follow it, of the length that it says.
std::size_t find_end_record(std::string_view tail) {
    if (tail.size() < end_bytes) {
        return std::string_view::npos;
    }
    for (auto at = tail.size() - end_bytes + 1; at-- > 0;) {
        if (u32_at(tail, at) == end_signature &&
            u16_at(tail, at + 20) == tail.size() - at - end_bytes) {
            return at;
        }
    }
    return std::string_view::npos;
}

// Hands on what passes through, and compares it with what an entry promises.
class CheckedSink {
public:
    CheckedSink(const Entry& entry, const ByteSink& sink) : entry_(entry), sink_(sink) {}

    Result<void> operator()(std::string_view piece) {
        bytes_ += piece.size();
        if (bytes_ > entry_.bytes) {
            return malformed("an entry is longer than it says");
        }
        crc_ = crc32_z(crc_, reinterpret_cast<const Bytef*>(piece.data()), piece.size());
        return sink_(piece);
    }
    [[nodiscard]] Result<void> finish() const {
        if (bytes_ != entry_.bytes) {
            return malformed("an entry is shorter than it says");
        }
        if (crc_ != entry_.crc) {
            return malformed("an entry has another checksum");
        }
        return {};
    }

private:
    const Entry& entry_;
    const ByteSink& sink_;
    std::uint64_t bytes_ = 0;
    uLong crc_ = 0;
};

class Inflater {
public:
    Inflater() { CHECK(inflateInit2(&stream_, -MAX_WBITS) == Z_OK); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    ~Inflater() { inflateEnd(&stream_); }

    // True: the end of the deflated data was met.
    Result<bool> push(std::string_view packed, CheckedSink& sink) {
        stream_.next_in = reinterpret_cast<const Bytef*>(packed.data());
        stream_.avail_in = static_cast<uInt>(packed.size());
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
            stream_.avail_out = static_cast<uInt>(output_.size());
            const int code = ::inflate(&stream_, Z_NO_FLUSH);
            if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
                return malformed("deflated data that are damaged");
            }
            TRY(sink({output_.data(), output_.size() - stream_.avail_out}));
            if (code == Z_STREAM_END) {
                return true;
            }
        } while (stream_.avail_out == 0);
        return false;
    }

private:
    z_stream stream_{};
    std::array<char, buffer_bytes> output_;
};

}  // namespace

Result<Reader> Reader::open(const files::FileDescriptor& file, std::size_t entries_max) {
    TRY_ASSIGN(const auto bytes, files::size_of(file));
    Reader reader(file, bytes);
    TRY(reader.read_list(entries_max));
    return reader;
}

Result<std::string> Reader::read_exactly(std::uint64_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    TRY_ASSIGN(const auto got, files::read_at(*file_, offset, bytes.data(), size));
    if (got != size) {
        return malformed("it is cut");
    }
    return bytes;
}

Result<void> Reader::read_list(std::size_t entries_max) {
    const auto tail_bytes = std::min<std::uint64_t>(bytes_, end_bytes + comment_bytes_max);
    TRY_ASSIGN(const auto tail, read_exactly(bytes_ - tail_bytes, tail_bytes));
    const auto end_at = find_end_record(tail);
    if (end_at == std::string::npos) {
        return malformed("it has no end, or is none");
    }
    const std::string_view end(tail.data() + end_at, end_bytes);
    const auto disk = u16_at(end, 4);
    const auto count = u16_at(end, 10);
    const auto list_bytes = u32_at(end, 12);
    const auto list_offset = u32_at(end, 16);
    if (disk != 0 || u16_at(end, 6) != 0 || u16_at(end, 8) != count) {
        return malformed("it has several parts");
    }
    if (count > entries_max || list_bytes > list_bytes_max) {
        return malformed("too many entries");
    }
    TRY_ASSIGN(const auto list, read_exactly(list_offset, list_bytes));

    std::string_view rest = list;
    for (unsigned i = 0; i < count; ++i) {
        if (rest.size() < central_bytes || u32_at(rest, 0) != central_signature) {
            return malformed("its list of entries is damaged");
        }
        const std::size_t name_bytes = u16_at(rest, 28);
        const std::size_t record_bytes =
            central_bytes + name_bytes + u16_at(rest, 30) + u16_at(rest, 32);
        if (rest.size() < record_bytes) {
            return malformed("its list of entries is cut");
        }
        const auto method = u16_at(rest, 10);
        if ((u16_at(rest, 8) & flag_encrypted) != 0 ||
            (method != method_stored && method != method_deflated)) {
            return malformed("an entry is encrypted, or packed in an unusual way");
        }
        Entry entry{.name = std::string(rest.substr(central_bytes, name_bytes)),
                    .bytes = u32_at(rest, 24),
                    .packed_bytes = u32_at(rest, 20),
                    .header_offset = u32_at(rest, 42),
                    .crc = u32_at(rest, 16),
                    .deflated = method == method_deflated};
        if (entry.bytes == in_zip64 || entry.packed_bytes == in_zip64 ||
            entry.header_offset == in_zip64) {
            return malformed("an entry of zip64");
        }
        entries_.push_back(std::move(entry));
        rest.remove_prefix(record_bytes);
    }
    return {};
}

const Entry* Reader::find(std::string_view name) const {
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(),
                                    [&](const Entry& entry) { return entry.name == name; });
    return found == entries_.rend() ? nullptr : &*found;
}

Result<std::uint64_t> Reader::content_offset(const Entry& entry) const {
    TRY_ASSIGN(const auto header, read_exactly(entry.header_offset, local_bytes));
    if (u32_at(header, 0) != local_signature) {
        return malformed("an entry is not where it should be");
    }
    const auto offset = entry.header_offset + local_bytes + u16_at(header, 26) + u16_at(header, 28);
    if (offset + entry.packed_bytes > bytes_) {
        return malformed("an entry is cut");
    }
    return offset;
}

Result<void> Reader::read(const Entry& entry, const ByteSink& sink) const {
    TRY_ASSIGN(const auto offset, content_offset(entry));
    return entry.deflated ? inflate(entry, offset, sink) : read_stored(entry, offset, sink);
}

Result<void> Reader::read_stored(const Entry& entry, std::uint64_t offset,
                                 const ByteSink& sink) const {
    CheckedSink checked(entry, sink);
    for (std::uint64_t done = 0; done < entry.packed_bytes;) {
        const auto size = std::min<std::uint64_t>(entry.packed_bytes - done, buffer_bytes);
        TRY_ASSIGN(const auto piece, read_exactly(offset + done, size));
        TRY(checked(piece));
        done += size;
    }
    return checked.finish();
}

Result<void> Reader::inflate(const Entry& entry, std::uint64_t offset, const ByteSink& sink) const {
    CheckedSink checked(entry, sink);
    const auto inflater = std::make_unique<Inflater>();
    bool ended = false;
    for (std::uint64_t done = 0; done < entry.packed_bytes && !ended;) {
        const auto size = std::min<std::uint64_t>(entry.packed_bytes - done, buffer_bytes);
        TRY_ASSIGN(const auto piece, read_exactly(offset + done, size));
        TRY_ASSIGN(ended, inflater->push(piece, checked));
        done += size;
    }
    if (!ended) {
        return malformed("deflated data that are cut");
    }
    return checked.finish();
}

}  // namespace ankiwire::zip
