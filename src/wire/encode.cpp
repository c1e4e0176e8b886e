#include "wire/encode.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "json/writer.hpp"
#include "schema11/deck_config_json.hpp"
#include "schema11/deck_json.hpp"
#include "schema11/notetype_json.hpp"

namespace ankiwire::wire {
namespace {

// Rows are most of what is ever sent, so they are appended without a Writer's bookkeeping.
// Appends each value and a comma.
template <class... Ints>
void append_integers(std::string& out, Ints... values) {
    constexpr std::size_t digits_max = std::numeric_limits<std::int64_t>::digits10 + 2;  // and '-'
    std::array<char, sizeof...(values) * (digits_max + 1)> text;
    char* end = text.data();
    ((end = std::to_chars(end, end + digits_max, values).ptr, *end++ = ','), ...);
    out.append(text.data(), end);
}

void append_string(std::string& out, std::string_view text) { json::Writer(out).string(text); }

void append_row(std::string& out, const RevlogEntry& entry) {
    out += '[';
    append_integers(out, entry.id.value, entry.card_id.value, entry.usn.value, entry.ease,
                    entry.interval, entry.last_interval, entry.factor, entry.taken_ms, entry.type);
    out.back() = ']';
}

void append_row(std::string& out, const Card& card) {
    out += '[';
    append_integers(out, card.id.value, card.note_id.value, card.deck_id.value, card.ord,
                    card.mtime.value, card.usn.value, card.type, card.queue, card.due,
                    card.interval_days, card.factor, card.reps, card.lapses, card.left,
                    card.original_due, card.original_deck_id.value, card.flags);
    append_string(out, card.data);
    out += ']';
}

void append_row(std::string& out, const Note& note) {
    out += '[';
    append_integers(out, note.id.value);
    append_string(out, note.guid);
    out += ',';
    append_integers(out, note.notetype_id.value, note.mtime.value, note.usn.value);
    append_string(out, note.tags);
    out += ',';
    append_string(out, note.fields);
    out += R"(,"","",0,""])";  // sort field, checksum, flags and data are never sent
}

template <class Row>
void append_rows(json::Writer& writer, std::string& out, std::string_view name,
                 const std::vector<Row>& rows) {
    if (rows.empty()) {
        return;
    }
    writer.key(name).begin_array();
    for (const auto& row : rows) {
        append_row(out, row);
        out += ',';
    }
    out.pop_back();
    writer.end_array();
}

void write_chunk(std::string& out, const Chunk& chunk) {
    json::Writer writer(out);
    writer.begin_object().key("done").boolean(chunk.done);
    append_rows(writer, out, "revlog", chunk.revlog);
    append_rows(writer, out, "cards", chunk.cards);
    append_rows(writer, out, "notes", chunk.notes);
    writer.end_object();
}

template <class Id>
void write_ids(json::Writer& writer, std::string_view name, const std::vector<Id>& ids) {
    writer.key(name).begin_array();
    for (const Id id : ids) {
        writer.integer(id.value);
    }
    writer.end_array();
}

void write_graves(json::Writer& writer, const Graves& graves) {
    writer.begin_object();
    write_ids(writer, "cards", graves.cards);
    write_ids(writer, "decks", graves.decks);
    write_ids(writer, "notes", graves.notes);
    writer.end_object();
}

template <class T>
void write_list(json::Writer& writer, const std::vector<T>& list,
                void (*encode)(const T&, json::Writer&)) {
    writer.begin_array();
    for (const auto& element : list) {
        encode(element, writer);
    }
    writer.end_array();
}

void write_tag(const std::string& tag, json::Writer& writer) { writer.string(tag); }

void write_changes(json::Writer& writer, const UnchunkedChanges& changes) {
    writer.begin_object();
    writer.key("models");
    write_list(writer, changes.notetypes, schema11::encode_notetype);
    writer.key("decks").begin_array();
    write_list(writer, changes.decks, schema11::encode_deck);
    write_list(writer, changes.deck_configs, schema11::encode_deck_config);
    writer.end_array();
    writer.key("tags");
    write_list(writer, changes.tags, write_tag);
    if (changes.config) {
        writer.key("conf").begin_object();
        for (const auto& entry : *changes.config) {
            writer.key(entry.key).raw(entry.json);
        }
        writer.end_object();
    }
    if (changes.created) {
        writer.key("crt").integer(changes.created->value);
    }
    writer.end_object();
}

void write_counts(json::Writer& writer, const SanityCounts& counts) {
    writer.begin_array().begin_array();
    for (const auto count : counts.due) {
        writer.integer(count);
    }
    writer.end_array();
    for (const auto count : {counts.cards, counts.notes, counts.revlog, counts.graves,
                             counts.notetypes, counts.decks, counts.deck_configs}) {
        writer.integer(count);
    }
    writer.end_array();
}

void write_client_counts(json::Writer& writer,
                         const std::variant<SanityCounts, std::string>& client) {
    if (const auto* text = std::get_if<std::string>(&client)) {
        writer.string(*text);
    } else {
        write_counts(writer, std::get<SanityCounts>(client));
    }
}

}  // namespace

std::string encode_host_key_response(const HostKeyResponse& response) {
    std::string out;
    json::Writer(out).begin_object().key("key").string(response.key.reveal()).end_object();
    return out;
}

std::string encode_meta_response(const MetaResponse& response) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    writer.key("mod").integer(response.modified.value);
    writer.key("scm").integer(response.schema_modified.value);
    writer.key("usn").integer(response.usn.value);
    writer.key("ts").integer(response.server_time.value);
    writer.key("msg").string(response.message);
    writer.key("cont").boolean(response.may_continue);
    writer.key("hostNum").integer(0);  // once named a host; clients insist on it
    writer.key("empty").boolean(response.empty);
    writer.key("media_usn").integer(response.media_usn.value);
    writer.end_object();
    return out;
}

std::string encode_graves_response(const Graves& graves) {
    std::string out;
    json::Writer writer(out);
    write_graves(writer, graves);
    return out;
}

std::string encode_changes_response(const UnchunkedChanges& changes) {
    std::string out;
    json::Writer writer(out);
    write_changes(writer, changes);
    return out;
}

std::string encode_chunk_response(const Chunk& chunk) {
    std::string out;
    write_chunk(out, chunk);
    return out;
}

std::string encode_sanity_check_response(const SanityCheckResponse& response) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("status").string(response.ok ? "ok" : "bad").key("c");
    write_client_counts(writer, response.client);
    writer.key("s");
    if (response.server) {
        write_counts(writer, *response.server);
    } else {
        writer.null();
    }
    writer.end_object();
    return out;
}

std::string encode_finish_response(TimestampMs modified) { return std::to_string(modified.value); }

std::string encode_host_key_request(const HostKeyRequest& request) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    writer.key("u").string(request.username);
    writer.key("p").string(request.password.reveal());
    writer.end_object();
    return out;
}

std::string encode_meta_request(const MetaRequest& request) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    writer.key("v").integer(request.version);
    writer.key("cv").string(request.client);
    writer.end_object();
    return out;
}

std::string encode_start_request(const StartRequest& request) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object();
    writer.key("minUsn").integer(request.client_usn.value);
    writer.key("lnewer").boolean(request.client_is_newer);
    writer.key("graves");
    if (request.graves) {
        write_graves(writer, *request.graves);
    } else {
        writer.null();
    }
    writer.end_object();
    return out;
}

std::string encode_apply_graves_request(const Graves& graves) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("chunk");
    write_graves(writer, graves);
    writer.end_object();
    return out;
}

std::string encode_apply_changes_request(const UnchunkedChanges& changes) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("changes");
    write_changes(writer, changes);
    writer.end_object();
    return out;
}

std::string encode_apply_chunk_request(const Chunk& chunk) {
    std::string out = R"({"chunk":)";
    write_chunk(out, chunk);
    out += '}';
    return out;
}

std::string encode_sanity_check_request(const SanityCheckRequest& request) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("client");
    write_client_counts(writer, request.client);
    writer.end_object();
    return out;
}

}  // namespace ankiwire::wire
