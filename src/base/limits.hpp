// Every limit, under the name that spec/08-limits.md gives it. Sizes are bytes, times are ms.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ankiwire::limits {

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;

// Unpacked bodies, by method.                                        R-LIM-01
inline constexpr std::size_t small_body_bytes_max = 64 * kib;
inline constexpr std::size_t start_body_bytes_max = 16 * mib;
inline constexpr std::size_t changes_body_bytes_max = 64 * mib;
// Of a form of older clients, besides `data`: heads, and parts that nothing reads.
inline constexpr std::size_t form_other_bytes_max = 16 * mib;
// Full uploads: packed by MAX_SYNC_PAYLOAD_MEGS, unpacked three times that. R-LIM-02
inline constexpr std::size_t upload_packed_bytes_default = 100 * mib;
inline constexpr std::size_t upload_unpacked_factor = 3;
// `anki-original-size` is a u32 in every client.                     R-LIM-03
inline constexpr std::uint64_t response_bytes_max = 0xffff'ffff;

inline constexpr std::size_t sync_header_bytes_max = 4 * kib;  // R-LIM-04
inline constexpr int zstd_window_log_max = 23;                 // R-LIM-05, of what we read
inline constexpr int zstd_window_log_out = 20;                 // R-LIM-05, of what we write

// In memory at once, received and not yet done with.                 R-LIM-06
inline constexpr std::size_t bodies_bytes_max = 256 * mib;
inline constexpr std::size_t account_bodies_bytes_max = 192 * mib;
// On the disk at once, of forms of older clients until they are read.  R-LIM-15
inline constexpr std::size_t stored_forms_bytes_max = 2048 * mib;
inline constexpr std::size_t json_depth_max = 126;       // R-LIM-12, of bodies and replies
inline constexpr std::size_t json_value_bytes = 96;      // what a value costs besides its text
inline constexpr std::size_t account_transfers_max = 4;  // R-LIM-07, uploads and downloads
inline constexpr std::size_t account_media_transfers_max = 8;  // R-LIM-07
inline constexpr int row_bytes_max = 64 * mib;                 // R-LIM-08, of an uploaded file

// Media files, their names, and the zips they travel in.
inline constexpr std::uint64_t media_file_bytes_max = 100 * mib;   // R-MEDIA-10
inline constexpr std::size_t media_name_bytes_max = 255;           // R-MEDIA-09
inline constexpr std::size_t media_zip_files_max = 25;             // R-MEDIA-30, R-MEDIA-16
inline constexpr std::size_t media_zip_meta_bytes_max = 50 * kib;  // R-MEDIA-30
inline constexpr std::uint64_t media_zip_bytes_max = 128 * mib;    // R-MEDIA-11
inline constexpr std::uint64_t media_reply_bytes_target = 2 * mib + mib / 2;  // R-MEDIA-31
inline constexpr std::size_t media_changes_max = 1000;                        // R-MEDIA-29
inline constexpr std::uint64_t media_staged_bytes_max = 64 * mib;             // R-MEDIA-22

inline constexpr std::size_t chunk_objects_max = 250;               // R-CHUNK-01
inline constexpr std::size_t chunk_text_bytes_max = 4 * mib;        // R-CHUNK-14
inline constexpr std::int64_t session_idle_ms_max = 5 * 60 * 1000;  // R-SESS-05
inline constexpr std::int64_t account_idle_ms_max = 10 * 1000;      // R-STORE-05

}  // namespace ankiwire::limits
