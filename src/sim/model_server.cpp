#include "sim/model_server.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "model/unicase.hpp"
#include "sim/must.hpp"
#include "sim/names.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::sim {
namespace {

constexpr int ok = 200;
constexpr int conflict = 409;

template <class Map>
auto since(const Map& map, Usn usn) {
    std::vector<typename Map::mapped_type> list;
    for (const auto& [id, object] : map) {
        if (object.usn >= usn) {
            list.push_back(object);
        }
    }
    return list;
}

// Oldest usn first.
template <class Map>
auto rows_since(const Map& map, Usn usn) {
    auto rows = since(map, usn);
    std::ranges::sort(rows, {}, [](const auto& row) { return std::pair(row.usn, row.id); });
    return rows;
}

std::size_t text_bytes(const RevlogEntry& /*entry*/) { return 0; }
std::size_t text_bytes(const Card& card) { return card.data.size(); }
std::size_t text_bytes(const Note& note) {
    return note.guid.size() + note.tags.size() + note.fields.size();
}

// Of a chunk, so far.
struct Load {
    std::size_t rows = 0;
    std::size_t text_bytes = 0;
    [[nodiscard]] bool is_full() const {
        return rows >= limits::chunk_objects_max || text_bytes >= limits::chunk_text_bytes_max;
    }
};

// Moves as many as there is room for.
template <class Row>
void move_rows(std::vector<Row>& from, std::vector<Row>& to, Load& load) {
    while (to.size() < from.size() && !load.is_full()) {
        to.push_back(from[to.size()]);
        ++load.rows;
        load.text_bytes += text_bytes(to.back());
    }
    from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(to.size()));
}

}  // namespace

ModelServer::ModelServer(CollectionFile start, Inversion inversion)
    : tables_{.contents = std::move(start.contents), .graves = {}, .stamps = start.stamps},
      inversion_(inversion) {}

ModelServer::Reply ModelServer::answer(wire::Method method, const std::string& session_key,
                                       const std::string& json, TimestampMs now) {
    using wire::Method;
    if (method == Method::meta) {
        return {ok, meta(session_key, now)};
    }
    if (method == Method::start) {
        return start(session_key, json);
    }
    const bool is_running = session_ && session_->key == session_key;
    if (method == Method::abort) {
        if (is_running) {
            session_.reset();
        }
        return {ok, "null"};
    }
    if (!is_running) {
        return {conflict, {}};
    }
    switch (method) {
        case Method::apply_graves:
            apply_graves(must(wire::decode_apply_graves_request(json)));
            return {ok, "null"};
        case Method::apply_changes:
            return {ok,
                    apply_changes(must(wire::decode_apply_changes_request(json)), to_secs(now))};
        case Method::chunk:
            return {ok, chunk()};
        case Method::apply_chunk:
            apply_chunk(must(wire::decode_apply_chunk_request(json)));
            return {ok, "null"};
        case Method::sanity_check:
            return {ok, sanity_check(json, now)};
        case Method::finish:
            return {ok, finish(now)};
        default:
            CHECK(false);
    }
}

std::string ModelServer::meta(const std::string& key, TimestampMs now) {
    metas_[key] = tables_.stamps.schema_modified;
    return wire::encode_meta_response({.modified = tables_.stamps.modified,
                                       .schema_modified = tables_.stamps.schema_modified,
                                       .usn = tables_.stamps.usn,
                                       .server_time = to_secs(now),
                                       .message = {},
                                       .may_continue = true,
                                       .empty = tables_.contents.cards.empty(),
                                       .media_usn = {}});
}

ModelServer::Reply ModelServer::start(const std::string& key, const std::string& json) {
    const auto request = must(wire::decode_start_request(json));
    if (metas_.contains(key) && metas_.at(key) != tables_.stamps.schema_modified) {
        return {conflict, {}};
    }
    session_ = Session{.key = key,
                       .client_usn = request.client_usn,
                       .server_usn = tables_.stamps.usn,
                       .client_is_newer = request.client_is_newer,
                       .draft = tables_,
                       .rows = {}};
    Graves graves;
    for (const auto& [grave, usn] : tables_.graves) {
        if (usn < request.client_usn) {
            continue;
        }
        if (grave.first == GraveKind::card) {
            graves.cards.push_back({grave.second});
        } else if (grave.first == GraveKind::note) {
            graves.notes.push_back({grave.second});
        } else {
            graves.decks.push_back({grave.second});
        }
    }
    return {ok, wire::encode_graves_response(graves)};
}

void ModelServer::apply_graves(const Graves& graves) {
    auto& draft = session_->draft;
    const auto bury = [&](auto& map, const auto& ids, GraveKind kind) {
        for (const auto id : ids) {
            if (!is(Inversion::graves_are_ignored)) {
                map.erase(id);
            }
            auto& usn =
                draft.graves.try_emplace({kind, id.value}, session_->server_usn).first->second;
            if (!is(Inversion::a_repeated_grave_stays_old)) {
                usn = session_->server_usn;
            }
        }
    };
    bury(draft.contents.cards, graves.cards, GraveKind::card);
    bury(draft.contents.notes, graves.notes, GraveKind::note);
    bury(draft.contents.decks, graves.decks, GraveKind::deck);
}

// What is to be sent, and as old as the client's, is dated a second later.
template <class Object>
void ModelServer::win_ties(std::map<decltype(Object::id), Object>& map,
                           const std::vector<Object>& sent) {
    for (const auto& object : sent) {
        const auto own = map.find(object.id);
        if (own != map.end() && own->second.usn >= session_->client_usn &&
            own->second.mtime == object.mtime && !is(Inversion::a_sent_tie_keeps_its_date)) {
            own->second.mtime.value += is(Inversion::ties_of_objects_are_the_clients) ? -1 : 1;
            own->second.usn = session_->server_usn;
            ++won_ties_[object.id.value];
        }
    }
}

template <class Object>
void ModelServer::merge(std::map<decltype(Object::id), Object>& map, std::vector<Object> sent,
                        TimestampSecs now) {
    constexpr bool has_unique_name = !std::is_same_v<Object, DeckConfig>;
    std::erase_if(sent, [&](const Object& object) {
        const auto own = map.find(object.id);
        if (own == map.end()) {
            return false;
        }
        const bool is_older = is(Inversion::older_objects_win) ? object.mtime > own->second.mtime
                                                               : object.mtime < own->second.mtime;
        const bool is_seen = own->second.usn < session_->client_usn;
        if (is_older && is_seen) {
            late_.insert(object.id.value);
        }
        return is_older;
    });
    if (has_unique_name && !is(Inversion::old_names_are_kept)) {
        for (const auto& object : sent) {
            if (const auto own = map.find(object.id);
                own != map.end() && own->second.name != object.name) {
                own->second.name = std::to_string(object.id.value);  // nobody else's
            }
        }
    }
    for (auto& object : sent) {
        object.usn = session_->server_usn;
        if (has_unique_name && !is(Inversion::names_may_be_equal)) {
            const auto name = free_name(map, object.id, object.name);
            object.mtime = name == object.name ? object.mtime : now;
            object.name = name;
        }
        map[object.id] = object;
    }
}

// One that is there keeps its spelling. None of these has parents.
void ModelServer::merge_tag(const std::string& tag) {
    auto& tags = session_->draft.contents.tags;
    if (is(Inversion::tags_are_respelled)) {
        std::erase_if(tags, [&](const auto& entry) {
            return entry.first != tag && unicase_compare(entry.first, tag) == 0;
        });
    }
    add_tag(tags, tag, session_->server_usn);
}

std::string ModelServer::apply_changes(UnchunkedChanges changes, TimestampSecs now) {
    auto& contents = session_->draft.contents;
    win_ties(contents.notetypes, changes.notetypes);
    win_ties(contents.decks, changes.decks);
    win_ties(contents.deck_configs, changes.deck_configs);

    UnchunkedChanges reply;
    reply.notetypes = since(contents.notetypes, session_->client_usn);
    reply.decks = since(contents.decks, session_->client_usn);
    reply.deck_configs = since(contents.deck_configs, session_->client_usn);
    for (const auto& [tag, usn] : contents.tags) {
        if (usn >= session_->client_usn) {
            reply.tags.push_back(tag);
        }
    }
    if (session_->client_is_newer == is(Inversion::the_older_config_wins)) {
        reply.config.emplace();
        for (const auto& [key, json] : contents.config) {
            reply.config->push_back({key, json});
        }
    }

    for (const auto& deck : changes.decks) {
        const auto own = contents.decks.find(deck.id);
        if (own == contents.decks.end() && !is(Inversion::what_comes_back_keeps_its_grave)) {
            session_->draft.graves.erase({GraveKind::deck, deck.id.value});
        }
    }
    merge(contents.notetypes, std::move(changes.notetypes), now);
    merge(contents.decks, std::move(changes.decks), now);
    merge(contents.deck_configs, std::move(changes.deck_configs), now);
    for (const auto& tag : changes.tags) {
        merge_tag(tag);
    }
    if (changes.config) {
        if (!is(Inversion::config_is_merged)) {
            contents.config.clear();
        }
        for (const auto& [key, json] : *changes.config) {
            contents.config[key] = json;
        }
    }
    return wire::encode_changes_response(reply);
}

std::string ModelServer::chunk() {
    if (!session_->rows) {
        const auto& contents = session_->draft.contents;
        session_->rows = Chunk{.done = false,
                               .revlog = rows_since(contents.revlog, session_->client_usn),
                               .cards = rows_since(contents.cards, session_->client_usn),
                               .notes = rows_since(contents.notes, session_->client_usn)};
    }
    Chunk chunk;
    Load load;
    move_rows(session_->rows->revlog, chunk.revlog, load);
    move_rows(session_->rows->cards, chunk.cards, load);
    move_rows(session_->rows->notes, chunk.notes, load);
    chunk.done = !load.is_full();
    if (is(Inversion::a_full_chunk_loses_a_row) && !chunk.done && !chunk.revlog.empty()) {
        chunk.revlog.pop_back();
    }
    return wire::encode_chunk_response(chunk);
}

template <class Row>
void ModelServer::merge_row(std::map<decltype(Row::id), Row>& map, Row row, GraveKind kind) {
    if (!is(Inversion::what_comes_back_keeps_its_grave)) {
        session_->draft.graves.erase({kind, row.id.value});
    }
    const auto own = map.find(row.id);
    if (own != map.end()) {
        const bool is_conflict =
            own->second.usn >= session_->client_usn || is(Inversion::a_seen_row_wins_by_its_date);
        const bool is_tie = own->second.mtime == row.mtime;
        const bool is_newer = is(Inversion::older_rows_win) ? own->second.mtime < row.mtime
                                                            : own->second.mtime > row.mtime;
        if (is_conflict && (is_newer || (is_tie && is(Inversion::ties_of_rows_are_the_servers)))) {
            return;
        }
    }
    row.usn =
        is(Inversion::rows_keep_the_clients_usn) ? session_->client_usn : session_->server_usn;
    map[row.id] = row;
}

void ModelServer::apply_chunk(const Chunk& chunk) {
    auto& contents = session_->draft.contents;
    for (auto entry : chunk.revlog) {
        entry.usn = session_->server_usn;
        if (is(Inversion::reviews_are_replaced)) {
            contents.revlog[entry.id] = entry;
        }
        contents.revlog.try_emplace(entry.id, entry);
    }
    for (const auto& card : chunk.cards) {
        merge_row(contents.cards, card, GraveKind::card);
    }
    for (const auto& note : chunk.notes) {
        merge_row(contents.notes, note, GraveKind::note);
    }
}

std::string ModelServer::sanity_check(const std::string& json, TimestampMs now) {
    auto counts = std::get<SanityCounts>(must(wire::decode_sanity_check_request(json)).client);
    counts.due = {};
    counts.graves = 0;
    const auto own = counts_of(session_->draft.contents);
    const bool is_equal = counts == own || is(Inversion::counts_are_not_compared);
    if (!is_equal && is(Inversion::a_failed_check_is_committed)) {
        commit(now);
    }
    if (!is_equal) {
        session_.reset();
    }
    return wire::encode_sanity_check_response({.ok = is_equal, .client = counts, .server = own});
}

std::string ModelServer::finish(TimestampMs now) {
    commit(now);
    session_.reset();
    return wire::encode_finish_response(tables_.stamps.modified);
}

void ModelServer::commit(TimestampMs now) {
    auto& stamps = session_->draft.stamps;
    stamps.modified = std::max(now, TimestampMs{stamps.modified.value + 1});
    stamps.usn.value += is(Inversion::usn_stays) ? 0 : 1;
    tables_ = std::move(session_->draft);
}

void ModelServer::upload(CollectionFile file) {
    session_.reset();
    const auto before = std::exchange(
        tables_, {.contents = std::move(file.contents), .graves = {}, .stamps = file.stamps});
    if (is(Inversion::an_upload_leaves_the_usn)) {
        tables_.stamps.usn = before.stamps.usn;
    }
    if (is(Inversion::an_upload_leaves_the_graves)) {
        tables_.graves = before.graves;
    }
    if (is(Inversion::an_upload_leaves_notes)) {
        tables_.contents.notes.insert(before.contents.notes.begin(), before.contents.notes.end());
    }
    if (is(Inversion::what_was_uploaded_is_sent)) {
        for (auto& [id, note] : tables_.contents.notes) {
            note.usn = file.stamps.usn;
        }
    }
}

CollectionFile ModelServer::download(TimestampMs now) {
    if (!session_) {
        auto& stamps = tables_.stamps;
        stamps.modified = std::max(now, TimestampMs{stamps.modified.value + 1});
        stamps.usn.value += 1;
    }
    CollectionFile file{.contents = tables_.contents, .stamps = tables_.stamps};
    if (is(Inversion::a_download_has_no_reviews)) {
        file.contents.revlog.clear();
    }
    return file;
}

}  // namespace ankiwire::sim
