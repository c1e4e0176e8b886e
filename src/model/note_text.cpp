#include "model/note_text.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "model/html_entities.hpp"
#include "model/html_strip.hpp"
#include "model/utf8.hpp"

namespace ankiwire {
namespace {

constexpr char field_separator = '\x1f';
constexpr std::string_view nbsp = "\u00a0";

bool contains(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

bool is_plain(std::string_view field) { return !contains(field, '<') && !contains(field, '&'); }

// The field at `idx`; nothing if there are not so many.
std::optional<std::string_view> field_at(std::string_view fields, std::size_t idx) {
    for (; idx > 0; --idx) {
        const std::size_t end = fields.find(field_separator);
        if (end == std::string_view::npos) return std::nullopt;
        fields.remove_prefix(end + 1);
    }
    return fields.substr(0, fields.find(field_separator));
}

}  // namespace

std::string strip_html_preserving_media_filenames(std::string_view html) {
    if (is_plain(html)) return std::string(html);
    std::string text(html);
    if (contains(text, '<')) text = remove_tags(replace_media_tags(text));
    if (!contains(text, '&')) return text;
    std::optional<std::string> decoded = decode_html_entities(text);
    return decoded ? replace_all(*decoded, nbsp, " ") : text;
}

std::uint32_t field_checksum(std::string_view stripped) {
    // Looked up once: that takes longer than the hash of a field.
    static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    CHECK(sha1 != nullptr);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    CHECK(EVP_Digest(stripped.data(), stripped.size(), digest.data(), nullptr, sha1, nullptr) == 1);
    return std::uint32_t{digest[0]} << 24 | std::uint32_t{digest[1]} << 16 |
           std::uint32_t{digest[2]} << 8 | std::uint32_t{digest[3]};
}

std::string sanitize_fields(std::string_view fields) {
    std::string sane(fields);
    std::erase_if(sane, [](char c) {
        return is_ascii_control(c) && c != '\n' && c != '\t' && c != field_separator;
    });
    return sane;
}

std::size_t field_count(std::string_view fields) {
    return static_cast<std::size_t>(std::ranges::count(fields, field_separator)) + 1;
}

SortFieldAndChecksum sort_field_and_checksum(std::string_view fields, std::size_t sort_field_idx) {
    const std::string_view first = fields.substr(0, fields.find(field_separator));
    if (sort_field_idx == 0) {
        std::string text = strip_html_preserving_media_filenames(first);
        const std::uint32_t checksum = field_checksum(text);
        return {std::move(text), checksum};
    }
    const std::uint32_t checksum =
        is_plain(first) ? field_checksum(first)
                        : field_checksum(strip_html_preserving_media_filenames(first));
    const std::string_view sort_field = field_at(fields, sort_field_idx).value_or("");
    return {strip_html_preserving_media_filenames(sort_field), checksum};
}

}  // namespace ankiwire
