#include "wire/media_json.hpp"

#include "base/limits.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ankiwire::wire {
namespace {

// The member `name` of the body, read by fn(json::Value).
template <class Fn>
auto read_member(std::string_view body, std::string_view name, Fn&& fn)
    -> decltype(fn(std::declval<json::Value>())) {
    TRY_ASSIGN(const auto document, json::Document::parse(body));
    TRY_ASSIGN(const auto root, document.root().object());
    TRY_ASSIGN(const auto value, root.member(name));
    return fn(value);
}

// What fn(writer) writes, wrapped.
template <class Fn>
std::string wrapped(Fn&& fn) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("data");
    fn(writer);
    writer.key("err").string("").end_object();
    return out;
}

}  // namespace

Result<BeginRequest> decode_begin_request(std::string_view json) {
    return read_member(json, "v", [](json::Value value) -> Result<BeginRequest> {
        TRY_ASSIGN(const auto client, value.string());
        if (client.empty()) {
            return fail(ErrorKind::malformed, "begin: v: empty");
        }
        return BeginRequest{.client = std::string(client)};
    });
}

Result<MediaUsn> decode_media_changes_request(std::string_view json) {
    return read_member(json, "lastUsn", [](json::Value value) -> Result<MediaUsn> {
        TRY_ASSIGN(const auto usn, value.int32());
        return MediaUsn{usn};
    });
}

Result<std::vector<std::string>> decode_download_files_request(std::string_view json) {
    using Names = std::vector<std::string>;
    return read_member(json, "files", [](json::Value value) -> Result<Names> {
        TRY_ASSIGN(const auto list, value.array());
        if (list.size() > limits::media_zip_files_max) {
            return fail(ErrorKind::malformed, "files: too many");
        }
        Names names;
        TRY(list.for_each([&](json::Value item) -> Result<void> {
            TRY_ASSIGN(const auto name, item.string());
            names.emplace_back(name);
            return {};
        }));
        return names;
    });
}

Result<std::int64_t> decode_media_sanity_request(std::string_view json) {
    return read_member(json, "local", [](json::Value value) { return value.int64(); });
}

std::string encode_begin_response(const BeginResponse& response) {
    return wrapped([&](json::Writer& writer) {
        writer.begin_object();
        writer.key("usn").integer(response.usn.value);
        writer.key("sk").string(response.session_key.reveal());
        writer.end_object();
    });
}

std::string encode_media_changes_response(std::span<const MediaChange> changes) {
    return wrapped([&](json::Writer& writer) {
        writer.begin_array();
        for (const auto& change : changes) {
            writer.begin_array();
            writer.string(change.name).integer(change.usn.value).string(change.sha1_hex);
            writer.end_array();
        }
        writer.end_array();
    });
}

std::string encode_upload_changes_response(const UploadChangesResponse& response) {
    return wrapped([&](json::Writer& writer) {
        writer.begin_array();
        writer.integer(static_cast<std::int64_t>(response.processed));
        writer.integer(response.usn.value);
        writer.end_array();
    });
}

std::string encode_media_sanity_response(bool ok) {
    return wrapped([&](json::Writer& writer) { writer.string(ok ? "OK" : "mediaSanity"); });
}

std::string encode_download_meta(std::span<const std::string> names) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    for (std::size_t i = 0; i < names.size(); ++i) {
        writer.key(std::to_string(i)).string(names[i]);
    }
    writer.end_object();
    return out;
}

}  // namespace ankiwire::wire
