// Whatever is encoded decodes to itself, and so does the same JSON as another program writes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <concepts>
#include <map>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "schema11/object_generators.hpp"
#include "schema11/row_generators.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"
#include "wire/form.hpp"
#include "wire/media_json.hpp"
#include "wire/sync_header.hpp"

namespace ankiwire::wire {
namespace {

using schema11::any_number;
using schema11::any_of;
using schema11::any_text;

json::Document parsed(const std::string& text) {
    auto document = json::Document::parse(text);
    RC_ASSERT(document.has_value());
    return std::move(document).value();
}

// The same value with spaces, and the members of each object in the opposite order. In that way
// nothing changes but the order of unknown members, and of the config.
std::string reworded(json::Value value) {
    std::string text;
    if (value.is_object()) {
        (void)value.object().value().for_each(
            [&](std::string_view name, json::Value member) -> Result<void> {
                std::string key;
                json::Writer(key).string(name);
                text = " " + key + "\t: " + reworded(member) + (text.empty() ? "" : " ,") + text;
                return {};
            });
        return "{" + text + "}";
    }
    if (value.is_array()) {
        const auto elements = value.array().value();
        for (const auto element : elements) {
            text += (text.empty() ? "\n" : ",\r\n") + reworded(json::Value(element));
        }
        return "[" + text + " ]";
    }
    value.append_to(text);
    return text;
}

// For a hundred values.
template <class T, class Decoded>
bool survives(T (*any)(), std::string (*encode)(const T&), Decoded (*decode)(std::string_view)) {
    return rc::check([&] {
        const T value = any();
        const auto text = encode(value);
        const auto decoded = decode(text);
        RC_ASSERT(decoded.has_value());
        if constexpr (std::equality_comparable<T>) {
            RC_ASSERT(*decoded == value);
        }
        RC_ASSERT(encode(*decoded) == text);
        const auto other = decode(reworded(parsed(text).root()));
        RC_ASSERT(other.has_value());
        RC_ASSERT(schema11::sorted_text(encode(*other)) == schema11::sorted_text(text));
    });
}

SanityCounts any_counts() {
    const auto count = any_number<std::uint32_t>();
    return {.due = {*count, *count, *count},
            .cards = *count,
            .notes = *count,
            .revlog = *count,
            .graves = *count,
            .notetypes = *count,
            .decks = *count,
            .deck_configs = *count};
}

std::variant<SanityCounts, std::string> any_client_counts() {
    if (*rc::gen::arbitrary<bool>()) {
        return any_counts();
    }
    return *any_text();
}

UnchunkedChanges any_changes() {
    UnchunkedChanges changes;
    changes.notetypes = schema11::list_of(schema11::any_notetype);
    changes.decks = schema11::list_of(schema11::any_deck);
    changes.deck_configs = schema11::list_of(schema11::any_deck_config);
    changes.tags = *rc::gen::container<std::vector<std::string>>(any_text());
    if (*rc::gen::arbitrary<bool>()) {
        changes.config = schema11::any_config();
    }
    if (*rc::gen::arbitrary<bool>()) {
        changes.created = any_of<TimestampSecs>();
    }
    return changes;
}

UnchunkedChanges a_few_changes() { return *rc::gen::resize(8, rc::gen::exec(any_changes)); }

TEST(RoundTrip, host_key) {
    EXPECT_TRUE(survives(
        +[] { return HostKeyRequest{*any_text(), Password(*any_text())}; }, encode_host_key_request,
        decode_host_key_request));
    EXPECT_TRUE(survives(
        +[] { return HostKeyResponse{HostKey(*any_text())}; }, encode_host_key_response,
        decode_host_key_response));
}

TEST(RoundTrip, meta) {
    EXPECT_TRUE(survives(
        +[] { return MetaRequest{*any_number<std::int32_t>(), *any_text()}; }, encode_meta_request,
        decode_meta_request));
    EXPECT_TRUE(survives(
        +[] {
            return MetaResponse{.modified = any_of<TimestampMs>(),
                                .schema_modified = any_of<TimestampMs>(),
                                .usn = any_of<Usn>(),
                                .server_time = any_of<TimestampSecs>(),
                                .message = *any_text(),
                                .may_continue = *rc::gen::arbitrary<bool>(),
                                .empty = *rc::gen::arbitrary<bool>(),
                                .media_usn = any_of<MediaUsn>()};
        },
        encode_meta_response, decode_meta_response));
}

TEST(RoundTrip, start) {
    EXPECT_TRUE(survives(
        +[] {
            StartRequest request{any_of<Usn>(), *rc::gen::arbitrary<bool>(), {}};
            if (*rc::gen::arbitrary<bool>()) {
                request.graves = schema11::any_graves();
            }
            return request;
        },
        encode_start_request, decode_start_request));
}

TEST(RoundTrip, graves) {
    EXPECT_TRUE(
        survives(schema11::any_graves, encode_apply_graves_request, decode_apply_graves_request));
    EXPECT_TRUE(survives(schema11::any_graves, encode_graves_response, decode_graves_response));
}

TEST(RoundTrip, chunk) {
    EXPECT_TRUE(
        survives(schema11::any_chunk, encode_apply_chunk_request, decode_apply_chunk_request));
    EXPECT_TRUE(survives(schema11::any_chunk, encode_chunk_response, decode_chunk_response));
}

TEST(RoundTrip, sanity_check) {
    EXPECT_TRUE(survives(
        +[] { return SanityCheckRequest{any_client_counts()}; }, encode_sanity_check_request,
        decode_sanity_check_request));
    EXPECT_TRUE(survives(
        +[] {
            SanityCheckResponse response{
                .ok = *rc::gen::arbitrary<bool>(), .client = any_client_counts(), .server = {}};
            if (*rc::gen::arbitrary<bool>()) {
                response.server = any_counts();
            }
            return response;
        },
        encode_sanity_check_response, decode_sanity_check_response));
}

TEST(RoundTrip, finish) {
    EXPECT_TRUE(rc::check([] {
        const auto modified = any_of<TimestampMs>();
        const auto decoded = decode_finish_response(encode_finish_response(modified));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(*decoded == modified);
    }));
}

TEST(RoundTrip, changes) {
    EXPECT_TRUE(
        survives(a_few_changes, encode_apply_changes_request, decode_apply_changes_request));
    EXPECT_TRUE(survives(a_few_changes, encode_changes_response, decode_changes_response));
}

// Notetypes, decks and options arrive as what they are, not only as the same text.
TEST(RoundTrip, objects) {
    EXPECT_TRUE(rc::check([] {
        const auto sent = a_few_changes();
        const auto decoded = decode_changes_response(encode_changes_response(sent));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(decoded->tags == sent.tags);
        RC_ASSERT(decoded->created == sent.created);
        RC_ASSERT(decoded->config.has_value() == sent.config.has_value());
        const auto same = [](const auto& a, const auto& b, auto&& content) {
            RC_ASSERT(a.size() == b.size());
            for (std::size_t i = 0; i < a.size(); ++i) {
                RC_ASSERT(a[i].id == b[i].id);
                RC_ASSERT(a[i].name == b[i].name);
                RC_ASSERT(a[i].mtime == b[i].mtime);
                RC_ASSERT(a[i].usn == b[i].usn);
                RC_ASSERT(content(a[i]) == content(b[i]));
            }
        };
        same(decoded->notetypes, sent.notetypes, [](const Notetype& notetype) {
            auto text = schema11::content(notetype.config);
            for (const auto& field : notetype.fields) {
                text += "\n" + field.name + "\n" + schema11::content(field.config);
            }
            for (const auto& card : notetype.templates) {
                text += "\n" + card.name + "\n" + schema11::content(card.config);
            }
            return text;
        });
        same(decoded->decks, sent.decks, [](const Deck& deck) {
            return schema11::content(deck.common) + schema11::content(deck.kind);
        });
        same(decoded->deck_configs, sent.deck_configs,
             [](const DeckConfig& config) { return schema11::content(config.config); });
    }));
}

// --- media, of which each side has one direction alone -------------------------------------------

// `{"name": value}` as a client writes it.
template <class Put>
std::string object_of(std::string_view name, Put&& put) {
    std::string text;
    json::Writer writer(text);
    writer.begin_object().key("before").null().key(name);
    put(writer);
    writer.key("after").boolean(true).end_object();
    return reworded(parsed(text).root());
}

TEST(RoundTrip, requests_of_media) {
    EXPECT_TRUE(rc::check([] {
        const auto client = *rc::gen::nonEmpty(any_text());
        const auto begin = decode_begin_request(
            object_of("v", [&](json::Writer& writer) { writer.string(client); }));
        RC_ASSERT(begin.has_value());
        RC_ASSERT(begin->client == client);

        const auto usn = any_of<MediaUsn>();
        const auto changes = decode_media_changes_request(
            object_of("lastUsn", [&](json::Writer& writer) { writer.integer(usn.value); }));
        RC_ASSERT(changes.has_value());
        RC_ASSERT(*changes == usn);

        auto names = *rc::gen::container<std::vector<std::string>>(any_text());
        names.resize(std::min(names.size(), limits::media_zip_files_max));
        const auto files =
            decode_download_files_request(object_of("files", [&](json::Writer& writer) {
                writer.begin_array();
                for (const auto& name : names) {
                    writer.string(name);
                }
                writer.end_array();
            }));
        RC_ASSERT(files.has_value());
        RC_ASSERT(*files == names);

        const auto count = *any_number<std::int64_t>();
        const auto sanity = decode_media_sanity_request(
            object_of("local", [&](json::Writer& writer) { writer.integer(count); }));
        RC_ASSERT(sanity.has_value());
        RC_ASSERT(*sanity == count);
    }));
}

TEST(RoundTrip, replies_of_media) {
    EXPECT_TRUE(rc::check([] {
        const auto change = [] {
            return MediaChange{*any_text(), any_of<MediaUsn>(), *any_text()};
        };
        const auto sent = *rc::gen::container<std::vector<MediaChange>>(rc::gen::exec(change));
        const auto document = parsed(encode_media_changes_response(sent));
        const auto reply = document.root().object().value();
        RC_ASSERT(reply.member("err")->string().value().empty());
        std::vector<MediaChange> read;
        const auto changes = reply.member("data")->array().value();
        for (const auto element : changes) {
            const auto change_parts = json::Value(element).array().value();
            std::vector<json::Value> parts;
            for (const auto part : change_parts) {
                parts.emplace_back(part);
            }
            RC_ASSERT(parts.size() == 3U);
            read.push_back({std::string(parts[0].string().value()),
                            {parts[1].int32().value()},
                            std::string(parts[2].string().value())});
        }
        RC_ASSERT(read == sent);

        std::vector<std::string> names;
        for (const auto& one : sent) {
            names.push_back(one.name);
        }
        const auto meta = parsed(encode_download_meta(names));
        std::size_t number = 0;
        (void)meta.root().object().value().for_each(
            [&](std::string_view entry, json::Value name) -> Result<void> {
                RC_ASSERT(entry == std::to_string(number));
                RC_ASSERT(name.string().value() == names.at(number));
                ++number;
                return {};
            });
        RC_ASSERT(number == names.size());
    }));
}

// --- what names the request ----------------------------------------------------------------------

TEST(RoundTrip, header) {
    EXPECT_TRUE(rc::check([] {
        const auto visible = rc::gen::container<std::string>(rc::gen::inRange(' ', '\x7f'));
        const SyncHeader sent{11, HostKey(*visible), *visible, {*visible}};
        auto text = encode_sync_header(sent);
        if (*rc::gen::arbitrary<bool>()) {
            text = reworded(parsed(text).root());
            std::erase(text, '\t');
        }
        const auto header = parse_sync_header(text);
        RC_ASSERT(header.has_value());
        RC_ASSERT(header->host_key == sent.host_key);
        RC_ASSERT(header->client == sent.client);
        RC_ASSERT(header->session_key == sent.session_key);
        RC_ASSERT(encode_sync_header(*header) == encode_sync_header(sent));
    }));
}

// However its bytes are cut on their way.
TEST(RoundTrip, form) {
    EXPECT_TRUE(rc::check([] {
        const auto name = rc::gen::element<std::string>("c", "k", "s", "v", "unknown");
        const auto value = rc::gen::container<std::string>(rc::gen::inRange(' ', '\x7f'));
        const auto pairs = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
            rc::gen::pair(name, value));
        const std::map<std::string, std::string> values(pairs.begin(), pairs.end());
        const auto data = *rc::gen::arbitrary<std::string>();
        std::string body;
        const auto add = [&](const std::string& part, const std::string& content) {
            body += "--bound\r\nContent-Disposition: form-data; name=\"" + part + "\"\r\n\r\n" +
                    content + "\r\n";
        };
        for (const auto& [part, content] : values) {
            add(part, content);
        }
        add("data", data);
        body += "--bound--\r\n";

        auto reader = FormReader::make("multipart/form-data; boundary=bound");
        RC_ASSERT(reader.has_value());
        std::string read;
        const ByteSink sink = [&](std::string_view piece) -> Result<void> {
            read += piece;
            return {};
        };
        for (std::size_t at = 0; at < body.size();) {
            const auto size = *rc::gen::inRange<std::size_t>(1, 200);
            RC_ASSERT(reader->push(std::string_view(body).substr(at, size), sink).has_value());
            at += size;
        }
        RC_ASSERT(reader->finish(sink).has_value());
        RC_ASSERT(read == data);
        for (const auto& [part, content] : values) {
            const auto found = reader->values().find(part);
            RC_ASSERT((found == reader->values().end()) == (part == "unknown"));
            if (found != reader->values().end()) {
                RC_ASSERT(found->second == content);
            }
        }
    }));
}

}  // namespace
}  // namespace ankiwire::wire
