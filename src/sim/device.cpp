#include "sim/device.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "sim/clock.hpp"
#include "sim/names.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::sim {
namespace {

constexpr std::size_t rows_of_a_chunk = 250;

std::size_t size(const Chunk& chunk) {
    return chunk.revlog.size() + chunk.cards.size() + chunk.notes.size();
}

template <class Map>
void mark_sent_in(Map& map, Usn usn) {
    for (auto& [id, object] : map) {
        if (object.usn == usn_pending) {
            object.usn = usn;
        }
    }
}

template <class Map>
void mark_old(Map& map) {
    for (auto& [id, object] : map) {
        object.usn = {};
    }
}

template <class Map, class List>
void list_pending(const Map& map, List& list, Usn usn) {
    for (const auto& [id, object] : map) {
        if (object.usn == usn_pending) {
            list.push_back(object);
            list.back().usn = usn;
        }
    }
}

// A row of the server's loses only to a newer one that the server has not seen.
template <class Row, class Map>
void take_rows(const std::vector<Row>& rows, Map& map, Usn usn) {
    for (auto row : rows) {
        const auto own = map.find(row.id);
        if (own == map.end() || own->second.usn != usn_pending || own->second.mtime < row.mtime) {
            row.usn = usn;
            map[row.id] = std::move(row);
        }
    }
}

// The newest row of each table in turns, so that there may be two rows too many.
Chunk first_mixed(Chunk left) {
    Chunk chunk;
    const auto move_last = [](auto& from, auto& to) {
        if (!from.empty()) {
            to.push_back(std::move(from.back()));
            from.pop_back();
        }
    };
    while (size(chunk) < rows_of_a_chunk && size(left) > 0) {
        move_last(left.revlog, chunk.revlog);
        move_last(left.cards, chunk.cards);
        move_last(left.notes, chunk.notes);
    }
    chunk.done = size(chunk) < rows_of_a_chunk;
    return chunk;
}

Chunk first_by_table(Chunk left) {
    auto room = rows_of_a_chunk;
    const auto cut = [&](auto& rows) {
        rows.resize(std::min(rows.size(), room));
        room -= rows.size();
    };
    cut(left.revlog);
    cut(left.cards);
    cut(left.notes);
    left.done = room > 0;
    return left;
}

}  // namespace

Device::Device(const Kind& kind, CollectionFile start) : kind_(kind) {
    replace_with(std::move(start));
}

TimestampMs Device::clock() const { return {Clock::now_ms() + kind_.clock_ms}; }

bool Device::has_signed(const Fact& copy) const {
    const auto sign = now_.signs.find(copy.id);
    return sign != now_.signs.end() && sign->second == copy.date && copy.name.ends_with('+');
}

void Device::begin_sync() {
    give_up();
    draft_ = now_;
    stage_ = Stage::meta;
    must_choose_ = false;
}

void Device::give_up() {
    draft_.reset();
    stage_.reset();
}

Outgoing Device::next_request() const {
    using wire::Method;
    switch (*stage_) {
        case Stage::meta:
            return {Method::meta,
                    wire::encode_meta_request({.version = 11, .client = "anki,26.09.3,linux"})};
        case Stage::start:
            return {Method::start, wire::encode_start_request({.client_usn = draft_->stamps.usn,
                                                               .client_is_newer = is_newer_,
                                                               .graves = {}})};
        case Stage::graves:
            return {Method::apply_graves, wire::encode_apply_graves_request(now_.graves)};
        case Stage::changes:
            return {Method::apply_changes, wire::encode_apply_changes_request(pending_changes())};
        case Stage::chunk:
            return {Method::chunk, {}};
        case Stage::apply_chunk:
            return {Method::apply_chunk, wire::encode_apply_chunk_request(pending_rows())};
        case Stage::sanity:
            return {Method::sanity_check, wire::encode_sanity_check_request({.client = counts()})};
        case Stage::finish:
            return {Method::finish, {}};
    }
    CHECK(false);
}

Progress Device::take(const std::optional<std::string>& reply) {
    const auto fail = [&] {
        give_up();
        return Progress::failed;
    };
    if (!reply) {
        return fail();
    }
    switch (*stage_) {
        case Stage::meta:
            return take_meta(*reply);
        case Stage::start: {
            const auto graves = wire::decode_graves_response(*reply);
            CHECK(graves);
            take_graves(*graves);
            const auto& own = draft_->graves;
            const bool has_own = !own.cards.empty() || !own.notes.empty() || !own.decks.empty();
            stage_ = has_own ? Stage::graves : Stage::changes;
            break;
        }
        case Stage::graves:
            draft_->graves = {};
            stage_ = Stage::changes;
            break;
        case Stage::changes: {
            const auto changes = wire::decode_changes_response(*reply);
            CHECK(changes);
            take_changes(*changes);
            stage_ = Stage::chunk;
            break;
        }
        case Stage::chunk: {
            const auto chunk = wire::decode_chunk_response(*reply);
            CHECK(chunk);
            take_chunk(*chunk);
            stage_ = chunk->done ? Stage::apply_chunk : Stage::chunk;
            break;
        }
        case Stage::apply_chunk: {
            const bool done = pending_rows().done;
            mark_sent();
            stage_ = done ? Stage::sanity : Stage::apply_chunk;
            break;
        }
        case Stage::sanity: {
            const auto check = wire::decode_sanity_check_response(*reply);
            CHECK(check);
            if (!check->ok) {
                now_.stamps.schema_modified.value += 1;  // as clients do: a full sync is next
                return fail();
            }
            stage_ = Stage::finish;
            break;
        }
        case Stage::finish: {
            const auto modified = wire::decode_finish_response(*reply);
            CHECK(modified);
            draft_->stamps.modified = *modified;
            draft_->stamps.usn = {server_usn_.value + 1};
            now_ = std::move(*draft_);
            give_up();
            return Progress::ended;
        }
    }
    return Progress::running;
}

Progress Device::take_meta(const std::string& reply) {
    const auto meta = wire::decode_meta_response(reply);
    CHECK(meta);
    const auto stamps = draft_->stamps;
    if (meta->modified == stamps.modified) {
        give_up();
        return Progress::ended;
    }
    if (meta->schema_modified != stamps.schema_modified) {
        give_up();
        must_choose_ = true;
        return Progress::must_choose;
    }
    is_newer_ = stamps.modified > meta->modified;
    server_usn_ = meta->usn;
    stage_ = Stage::start;
    return Progress::running;
}

void Device::take_graves(const Graves& graves) {
    for (const auto id : graves.notes) {
        draft_->contents.notes.erase(id);
    }
    for (const auto id : graves.cards) {
        draft_->contents.cards.erase(id);
    }
    for (const auto id : graves.decks) {
        draft_->contents.decks.erase(id);
    }
}

UnchunkedChanges Device::pending_changes() const {
    const auto& contents = draft_->contents;
    UnchunkedChanges changes;
    list_pending(contents.notetypes, changes.notetypes, server_usn_);
    list_pending(contents.decks, changes.decks, server_usn_);
    list_pending(contents.deck_configs, changes.deck_configs, server_usn_);
    for (const auto& [tag, usn] : contents.tags) {
        if (usn == usn_pending) {
            changes.tags.push_back(tag);
        }
    }
    if (is_newer_) {
        changes.config.emplace();
        for (const auto& [key, json] : contents.config) {
            changes.config->push_back({key, json});
        }
        changes.created = TimestampSecs{1'500'000'000};
    }
    return changes;
}

template <class Object>
void Device::take_objects(const std::vector<Object>& objects,
                          std::map<decltype(Object::id), Object>& map) {
    for (auto object : objects) {
        const auto own = map.find(object.id);
        if (own == map.end() || own->second.mtime < object.mtime ||
            (kind_.takes_ties && own->second.mtime == object.mtime)) {
            if constexpr (!std::is_same_v<Object, DeckConfig>) {
                const auto name = free_name(map, object.id, object.name);
                if (name != object.name) {
                    object.name = name;
                    object.mtime = to_secs(clock());
                    draft_->signs[object.id.value] = object.mtime;
                }
            }
            object.usn = server_usn_;
            map[object.id] = std::move(object);
        }
    }
}

void Device::take_changes(const UnchunkedChanges& changes) {
    auto& contents = draft_->contents;
    mark_sent_in(contents.notetypes, server_usn_);
    mark_sent_in(contents.decks, server_usn_);
    mark_sent_in(contents.deck_configs, server_usn_);
    for (auto& [tag, usn] : contents.tags) {
        usn = usn == usn_pending ? server_usn_ : usn;
    }
    take_objects(changes.notetypes, contents.notetypes);
    take_objects(changes.decks, contents.decks);
    take_objects(changes.deck_configs, contents.deck_configs);
    for (const auto& tag : changes.tags) {
        add_tag(contents.tags, tag, server_usn_);
    }
    if (changes.config) {
        contents.config.clear();
        for (const auto& entry : *changes.config) {
            contents.config[entry.key] = entry.json;
        }
    }
}

void Device::take_chunk(const Chunk& chunk) {
    auto& contents = draft_->contents;
    for (auto entry : chunk.revlog) {
        entry.usn = server_usn_;
        contents.revlog.try_emplace(entry.id, entry);
    }
    take_rows(chunk.cards, contents.cards, server_usn_);
    take_rows(chunk.notes, contents.notes, server_usn_);
}

Chunk Device::pending_rows() const {
    const auto& contents = draft_->contents;
    Chunk left;
    list_pending(contents.revlog, left.revlog, server_usn_);
    list_pending(contents.cards, left.cards, server_usn_);
    list_pending(contents.notes, left.notes, server_usn_);
    return kind_.is_python ? first_by_table(std::move(left)) : first_mixed(std::move(left));
}

void Device::mark_sent() {
    const auto sent = pending_rows();
    for (const auto& entry : sent.revlog) {
        draft_->contents.revlog[entry.id].usn = server_usn_;
    }
    for (const auto& card : sent.cards) {
        draft_->contents.cards[card.id].usn = server_usn_;
    }
    for (const auto& note : sent.notes) {
        draft_->contents.notes[note.id].usn = server_usn_;
    }
}

SanityCounts Device::counts() const {
    auto counts = counts_of(draft_->contents);
    if (miscount_) {
        auto& count = counts.*miscount_->table;
        count += miscount_->is_too_many || count == 0 ? 1U : -1U;
    }
    return counts;
}

void Device::replace_with(CollectionFile downloaded) {
    give_up();
    must_choose_ = false;
    miscount_.reset();
    now_ = {.contents = std::move(downloaded.contents), .graves = {}, .stamps = downloaded.stamps};
}

CollectionFile Device::ready_for_upload(TimestampMs now) const {
    CollectionFile file{
        .contents = now_.contents,
        .stamps = {.modified = now, .schema_modified = now, .usn = {now_.stamps.usn.value + 1}}};
    auto& contents = file.contents;
    mark_old(contents.notes);
    mark_old(contents.cards);
    mark_old(contents.revlog);
    mark_old(contents.notetypes);
    mark_old(contents.decks);
    mark_old(contents.deck_configs);
    for (auto& [tag, usn] : contents.tags) {
        usn = {};
    }
    return file;
}

}  // namespace ankiwire::sim
