#include "wire/decode.hpp"

#include <array>
#include <unordered_map>

#include "json/reader.hpp"
#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/members.hpp"
#include "schema11/notetype_json.hpp"
#include "wire/row_reader.hpp"

namespace ankiwire::wire {
namespace {

using schema11::list_of;
using schema11::Members;
using schema11::text;

constexpr std::array<std::string_view, 9> revlog_columns = {
    "id", "cid", "usn", "ease", "ivl", "lastIvl", "factor", "time", "type"};
constexpr std::array<std::string_view, 18> card_columns = {
    "id",  "nid",    "did",  "ord",    "mod",  "usn",  "type", "queue", "due",
    "ivl", "factor", "reps", "lapses", "left", "odue", "odid", "flags", "data"};
constexpr std::array<std::string_view, 11> note_columns = {
    "id", "guid", "mid", "mod", "usn", "tags", "flds", "sfld", "csum", "flags", "data"};
constexpr std::array<std::string_view, 8> count_columns = {
    "due counts", "cards", "notes", "revlog", "graves", "models", "decks", "deck configs"};
constexpr std::array<std::string_view, 3> due_columns = {"new", "learning", "review"};

constexpr int revlog_type_max = 5;
constexpr int card_type_max = 3;
constexpr int queue_min = -3;
constexpr int queue_max = 4;

// The body as one value; what `decode` returns holds no view of the document.
template <class T>
Result<T> decode_body(std::string_view body, Result<T> (*decode)(json::Value)) {
    TRY_ASSIGN(const auto document, json::Document::parse(body));
    return decode(document.root());
}

// The body as an object whose member `name` is all that matters.
template <class T>
Result<T> decode_wrapped(std::string_view body, std::string_view name,
                         Result<T> (*decode)(json::Value)) {
    TRY_ASSIGN(const auto document, json::Document::parse(body));
    TRY_ASSIGN(const auto root, document.root().object());
    Members in(root);
    auto value = in.required(name, decode);
    TRY(in.status());
    return value;
}

// An absent or null list is an empty one.
template <class T>
std::vector<T> list_or_empty(Members& in, std::string_view name, Result<T> (*decode)(json::Value)) {
    return in.nullable(name, list_of(decode)).value_or(std::vector<T>{});
}

template <class Number, auto read = &json::Value::int64>
Result<Number> number(json::Value value) {
    TRY_ASSIGN(const auto integer, (value.*read)());
    return Number{integer};
}

template <class Id>
constexpr auto legacy_id = number<Id, &json::Value::int64_or_string>;

Result<Graves> decode_graves(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Graves graves;
    graves.cards = in.required("cards", list_of(number<CardId>));
    graves.decks = in.required("decks", list_of(number<DeckId>));
    graves.notes = in.required("notes", list_of(number<NoteId>));
    TRY(in.status());
    return graves;
}

// Of `start`: clients of old write ids as strings, or leave lists out.
Result<Graves> decode_legacy_graves(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Graves graves;
    graves.cards = list_or_empty(in, "cards", legacy_id<CardId>);
    graves.decks = list_or_empty(in, "decks", legacy_id<DeckId>);
    graves.notes = list_or_empty(in, "notes", legacy_id<NoteId>);
    TRY(in.status());
    return graves;
}

// Of a repeated key the last value counts.
Result<std::vector<ConfigEntry>> decode_config(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    std::vector<ConfigEntry> config;
    std::unordered_map<std::string_view, std::size_t> positions;
    const auto add = [&](std::string_view key, json::Value entry) -> Result<void> {
        const auto [position, is_new] = positions.try_emplace(key, config.size());
        if (is_new) {
            config.push_back({std::string(key), {}});
        }
        auto& json = config[position->second].json;
        json.clear();
        entry.append_to(json);
        return {};
    };
    static_cast<void>(object.for_each(add));  // it refuses nothing
    return config;
}

struct DecksAndConfigs {
    std::vector<Deck> decks;
    std::vector<DeckConfig> configs;
};

// [[deck, …], [deck config, …]]
Result<DecksAndConfigs> decode_decks_and_configs(json::Value value) {
    TRY_ASSIGN(const auto pair, value.array());
    if (pair.size() != 2) {
        return fail(ErrorKind::malformed, "not a pair");
    }
    DecksAndConfigs both;
    auto at = pair.begin();
    TRY_ASSIGN(both.decks, list_of(schema11::decode_deck)(json::Value(*at)));
    ++at;
    TRY_ASSIGN(both.configs, list_of(schema11::decode_deck_config)(json::Value(*at)));
    return both;
}

Result<UnchunkedChanges> decode_changes(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    UnchunkedChanges changes;
    changes.notetypes = in.required("models", list_of(schema11::decode_notetype));
    auto both = in.required("decks", decode_decks_and_configs);
    changes.decks = std::move(both.decks);
    changes.deck_configs = std::move(both.configs);
    changes.tags = in.required("tags", list_of(text));
    changes.config = in.nullable("conf", decode_config);
    changes.created = in.nullable("crt", number<TimestampSecs>);
    TRY(in.status());
    return changes;
}

Result<RevlogEntry> decode_revlog_entry(json::Value value) {
    RowReader row(value, revlog_columns, 1);
    RevlogEntry entry;
    entry.id.value = row.integer<std::int64_t>();
    entry.card_id.value = row.integer<std::int64_t>();
    entry.usn.value = row.integer<std::int32_t>();
    entry.ease = row.integer<std::uint8_t>();
    entry.interval = row.integer_or_float<std::int32_t>();
    entry.last_interval = row.integer_or_float<std::int32_t>();
    entry.factor = row.integer_or_float<std::uint32_t>();
    entry.taken_ms = row.integer_or_float<std::uint32_t>();
    // A type that is missing or that nobody knows counts as 0.
    if (const auto type = row.any()) {
        const auto number = type->uint8();
        entry.type = number && *number <= revlog_type_max ? *number : std::uint8_t{0};
    }
    TRY(row.finish());
    return entry;
}

Result<Card> decode_card(json::Value value) {
    RowReader row(value, card_columns);
    Card card;
    card.id.value = row.integer<std::int64_t>();
    card.note_id.value = row.integer<std::int64_t>();
    card.deck_id.value = row.integer<std::int64_t>();
    card.ord = row.integer<std::uint16_t>();
    card.mtime.value = row.integer_or_float<std::int64_t>();
    card.usn.value = row.integer<std::int32_t>();
    card.type = row.integer<std::uint8_t>(0, card_type_max);
    card.queue = row.integer<std::int8_t>(queue_min, queue_max);
    card.due = row.integer_or_float<std::int32_t>();
    card.interval_days = row.integer_or_float<std::int32_t>(0);
    card.factor = row.integer<std::uint16_t>();
    card.reps = row.integer<std::uint32_t>();
    card.lapses = row.integer<std::uint32_t>();
    card.left = row.integer<std::uint32_t>();
    card.original_due = row.integer_or_float<std::int32_t>();
    card.original_deck_id.value = row.integer<std::int64_t>();
    card.flags = row.integer<std::uint8_t>();
    card.data = row.text();
    TRY(row.finish());
    return card;
}

Result<Note> decode_note(json::Value value) {
    RowReader row(value, note_columns);
    Note note;
    note.id.value = row.integer<std::int64_t>();
    note.guid = row.text();
    note.notetype_id.value = row.integer<std::int64_t>();
    note.mtime.value = row.integer<std::int64_t>();
    note.usn.value = row.integer<std::int32_t>();
    note.tags = row.text();
    note.fields = row.text();
    // Sort field, checksum, flags and data: the receiver makes its own.
    row.text();
    row.text();
    row.integer<std::uint32_t>();
    row.text();
    TRY(row.finish());
    return note;
}

Result<Chunk> decode_chunk(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    Chunk chunk;
    chunk.done = in.optional("done", &json::Value::boolean);
    chunk.revlog = list_or_empty(in, "revlog", decode_revlog_entry);
    chunk.cards = list_or_empty(in, "cards", decode_card);
    chunk.notes = list_or_empty(in, "notes", decode_note);
    TRY(in.status());
    return chunk;
}

// [[new, learning, review], cards, notes, revlog, graves, notetypes, decks, deck configs]
Result<SanityCounts> decode_counts(json::Value value) {
    RowReader row(value, count_columns);
    SanityCounts counts;
    if (const auto due = row.any()) {
        RowReader due_row(*due, due_columns);
        for (auto& count : counts.due) {
            count = due_row.integer<std::uint32_t>();
        }
        TRY(due_row.finish());
    }
    for (auto* count : {&counts.cards, &counts.notes, &counts.revlog, &counts.graves,
                        &counts.notetypes, &counts.decks, &counts.deck_configs}) {
        *count = row.integer<std::uint32_t>();
    }
    TRY(row.finish());
    return counts;
}

// Old clients send a text where the counts belong, when a check of their own has failed.
using ClientCounts = std::variant<SanityCounts, std::string>;

Result<ClientCounts> decode_client_counts(json::Value value) {
    if (const auto failure = value.string()) {
        return ClientCounts(std::string(*failure));
    }
    TRY_ASSIGN(const auto counts, decode_counts(value));
    return ClientCounts(counts);
}

Result<HostKeyRequest> decode_credentials(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    HostKeyRequest request{in.required("u", text), Password(in.required("p", text))};
    TRY(in.status());
    return request;
}

Result<MetaRequest> decode_client_version(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    MetaRequest request{in.required("v", &json::Value::int32), in.required("cv", text)};
    TRY(in.status());
    return request;
}

Result<StartRequest> decode_start(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    StartRequest request;
    request.client_usn = in.required("minUsn", number<Usn, &json::Value::int32>);
    request.client_is_newer = in.required("lnewer", &json::Value::boolean);
    request.graves = in.nullable("graves", decode_legacy_graves);
    TRY(in.status());
    return request;
}

Result<MetaResponse> decode_meta(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    MetaResponse meta;
    meta.modified = in.required("mod", number<TimestampMs>);
    meta.schema_modified = in.required("scm", number<TimestampMs>);
    meta.usn = in.required("usn", number<Usn, &json::Value::int32>);
    meta.server_time = in.required("ts", number<TimestampSecs>);
    meta.message = in.required("msg", text);
    meta.may_continue = in.required("cont", &json::Value::boolean);
    meta.empty = in.optional("empty", &json::Value::boolean);
    meta.media_usn = in.required("media_usn", number<MediaUsn, &json::Value::int32>);
    TRY(in.status());
    return meta;
}

Result<bool> decode_status(json::Value value) {
    TRY_ASSIGN(const auto status, value.string());
    if (status != "ok" && status != "bad") {
        return fail(ErrorKind::malformed, "neither ok nor bad");
    }
    return status == "ok";
}

Result<SanityCheckResponse> decode_sanity_check(json::Value value) {
    TRY_ASSIGN(const auto object, value.object());
    Members in(object);
    SanityCheckResponse response;
    response.ok = in.required("status", decode_status);
    response.client = in.required("c", decode_client_counts);
    response.server = in.nullable("s", decode_counts);
    TRY(in.status());
    return response;
}

}  // namespace

Result<HostKeyRequest> decode_host_key_request(std::string_view json) {
    return decode_body(json, decode_credentials);
}

Result<MetaRequest> decode_meta_request(std::string_view json) {
    return decode_body(json, decode_client_version);
}

Result<StartRequest> decode_start_request(std::string_view json) {
    return decode_body(json, decode_start);
}

Result<Graves> decode_apply_graves_request(std::string_view json) {
    return decode_wrapped(json, "chunk", decode_graves);
}

Result<UnchunkedChanges> decode_apply_changes_request(std::string_view json) {
    return decode_wrapped(json, "changes", decode_changes);
}

Result<Chunk> decode_apply_chunk_request(std::string_view json) {
    return decode_wrapped(json, "chunk", decode_chunk);
}

Result<SanityCheckRequest> decode_sanity_check_request(std::string_view json) {
    TRY_ASSIGN(auto counts, decode_wrapped(json, "client", decode_client_counts));
    return SanityCheckRequest{std::move(counts)};
}

Result<void> decode_empty_request(std::string_view json) {
    if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return {};
    }
    TRY_ASSIGN(const auto document, json::Document::parse(json));
    TRY_ASSIGN(const auto root, document.root().object());
    return root.for_each([](std::string_view name, json::Value value) -> Result<void> {
        if (name == "_pad" && value.is_null()) {  // what the official clients send (R-TRANS-09)
            return {};
        }
        return fail(ErrorKind::malformed, "a member where none is meant");
    });
}

Result<HostKeyResponse> decode_host_key_response(std::string_view json) {
    TRY_ASSIGN(auto key, decode_wrapped(json, "key", text));
    return HostKeyResponse{HostKey(std::move(key))};
}

Result<MetaResponse> decode_meta_response(std::string_view json) {
    return decode_body(json, decode_meta);
}

Result<Graves> decode_graves_response(std::string_view json) {
    return decode_body(json, decode_graves);
}

Result<UnchunkedChanges> decode_changes_response(std::string_view json) {
    return decode_body(json, decode_changes);
}

Result<Chunk> decode_chunk_response(std::string_view json) {
    return decode_body(json, decode_chunk);
}

Result<SanityCheckResponse> decode_sanity_check_response(std::string_view json) {
    return decode_body(json, decode_sanity_check);
}

Result<TimestampMs> decode_finish_response(std::string_view json) {
    return decode_body(json, number<TimestampMs>);
}

}  // namespace ankiwire::wire
