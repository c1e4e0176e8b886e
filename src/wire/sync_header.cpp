#include "wire/sync_header.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ankiwire::wire {
namespace {

constexpr std::int32_t version_spoken = 11;

bool is_visible_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

Error malformed(std::string_view what) {
    return fail(ErrorKind::malformed, "anki-sync header: " + std::string(what));
}

// The member's text. Escapes must not smuggle in what the header itself may not have: the texts
// reach logs.
Result<std::string> read_text(const json::Object& header, std::string_view name) {
    TRY_ASSIGN(const auto value, header.member(name));
    TRY_ASSIGN(const auto text, value.string());
    if (!is_visible_ascii(text)) {
        return malformed("not visible ASCII");
    }
    return std::string(text);
}

}  // namespace

Result<SyncHeader> parse_sync_header(std::string_view header) {
    if (header.size() > limits::sync_header_bytes_max) {
        return malformed("too long");
    }
    if (!is_visible_ascii(header)) {  // R-TRANS-04
        return malformed("not visible ASCII");
    }
    TRY_ASSIGN(const auto document, json::Document::parse(header));
    TRY_ASSIGN(const auto root, document.root().object());  // R-TRANS-03
    SyncHeader parsed;
    TRY_ASSIGN(const auto version, root.member("v"));
    TRY_ASSIGN(parsed.version, version.int32());
    TRY_ASSIGN(auto host_key, read_text(root, "k"));
    parsed.host_key = HostKey(std::move(host_key));
    TRY_ASSIGN(parsed.client, read_text(root, "c"));
    TRY_ASSIGN(parsed.session_key.text, read_text(root, "s"));
    if (parsed.version != version_spoken) {
        return fail(ErrorKind::unsupported_version,
                    "anki-sync header: version " + std::to_string(parsed.version));
    }
    return parsed;
}

std::string encode_sync_header(const SyncHeader& header) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    writer.key("v").integer(header.version);
    writer.key("k").string(header.host_key.reveal());
    writer.key("c").string(header.client);
    writer.key("s").string(header.session_key.text);
    writer.end_object();
    return out;
}

}  // namespace ankiwire::wire
