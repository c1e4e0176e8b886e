#include "sim/device.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::sim {
namespace {

constexpr std::size_t rows_of_a_chunk = 250;
constexpr std::int64_t ids_of_a_device = 1'000'000'000'000'000;

template <class Map>
typename Map::mapped_type& any_of(Map& map, Dice& dice) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(dice.below(map.size())))->second;
}

// Of a note: the first one, and empty ones.
std::string fields_of(const Notetype& notetype, const std::string& first) {
    return first + std::string(notetype.fields.size() - 1, '\x1f');
}

template <class Map>
void mark_sent_in(Map& map, Usn usn) {
    for (auto& [id, object] : map) {
        if (object.usn == usn_pending) {
            object.usn = usn;
        }
    }
}

template <class Map, class List>
void list_pending(const Map& map, List& list, std::size_t most, Usn usn) {
    for (const auto& [id, object] : map) {
        if (object.usn == usn_pending && list.size() < most) {
            list.push_back(object);
            list.back().usn = usn;
        }
    }
}

template <class Object, class Map>
void take_objects(const std::vector<Object>& objects, Map& map, bool takes_ties, Usn usn) {
    for (auto object : objects) {
        const auto own = map.find(object.id);
        if (own == map.end() || own->second.mtime < object.mtime ||
            (takes_ties && own->second.mtime == object.mtime)) {
            object.usn = usn;
            map[object.id] = std::move(object);
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

}  // namespace

Device::Device(const Kind& kind, CollectionFile start) : kind_(kind) {
    replace_with(std::move(start));
}

std::int64_t Device::new_id(TimestampMs now) {
    last_id_ = std::max(last_id_ + 1, now.value);
    return kind_.number * ids_of_a_device + last_id_;
}

void Device::edit(Dice& dice, TimestampMs now) {
    give_up();  // a sync locks the collection; who edits has given it up
    ++edits_;
    const auto what = dice.below(20);
    if (what < 6 || now_.contents.notes.empty()) {
        add_note(dice, now);
    } else if (what < 9) {
        edit_note(dice, now);
    } else if (what < 10) {
        delete_note(dice);
    } else if (what < 14) {
        review(dice, now);
    } else if (what < 16) {
        edit_object(dice, now);
    } else if (what < 18) {
        add_object(dice, now);
    } else if (what < 19) {
        delete_deck(dice, now);
    } else {
        set_config(dice);
    }
    now_.stamps.modified = std::max(now, TimestampMs{now_.stamps.modified.value + 1});
}

void Device::force_full_sync(TimestampMs now) {
    give_up();
    now_.stamps.schema_modified = now;
    now_.stamps.modified = now;
}

void Device::add_note(Dice& dice, TimestampMs now) {
    auto& contents = now_.contents;
    const NoteId id{new_id(now)};
    const auto text = std::to_string(kind_.number) + "." + std::to_string(edits_);
    const auto& notetype = any_of(contents.notetypes, dice);
    contents.notes[id] = {.id = id,
                          .guid = "guid " + text,
                          .notetype_id = notetype.id,
                          .mtime = to_secs(now),
                          .usn = usn_pending,
                          .tags = dice.one_in(3) ? " blue " : "",
                          .fields = fields_of(notetype, "front " + text)};
    if (!contents.notes[id].tags.empty()) {
        contents.tags.try_emplace("blue", usn_pending);
    }
    Card card;
    card.id = {new_id(now)};
    card.note_id = id;
    card.deck_id = any_of(contents.decks, dice).id;
    card.mtime = to_secs(now);
    card.usn = usn_pending;
    card.due = edits_;
    contents.cards[card.id] = card;
}

void Device::edit_note(Dice& dice, TimestampMs now) {
    auto& note = any_of(now_.contents.notes, dice);
    const auto text = std::to_string(kind_.number) + "." + std::to_string(edits_);
    note.fields = fields_of(now_.contents.notetypes.at(note.notetype_id), "edited " + text);
    note.mtime = to_secs(now);
    note.usn = usn_pending;
}

void Device::delete_note(Dice& dice) {
    const auto id = any_of(now_.contents.notes, dice).id;
    now_.contents.notes.erase(id);
    now_.graves.notes.push_back(id);
    std::erase_if(now_.contents.cards, [&](const auto& entry) {
        const bool is_of_note = entry.second.note_id == id;
        if (is_of_note) {
            now_.graves.cards.push_back(entry.first);
        }
        return is_of_note;
    });
}

void Device::review(Dice& dice, TimestampMs now) {
    if (now_.contents.cards.empty()) {
        return;
    }
    auto& card = any_of(now_.contents.cards, dice);
    card.type = 2;
    card.queue = 2;
    card.interval_days += 1;
    card.reps += 1;
    card.factor = 2500;
    card.flags = static_cast<std::uint8_t>(dice.below(5));
    card.mtime = to_secs(now);
    card.usn = usn_pending;
    const RevlogId id{new_id(now)};
    now_.contents.revlog[id] = {.id = id,
                                .card_id = card.id,
                                .usn = usn_pending,
                                .ease = 3,
                                .interval = card.interval_days,
                                .last_interval = card.interval_days - 1,
                                .factor = 2500,
                                .taken_ms = 4000,
                                .type = 1};
}

void Device::edit_object(Dice& dice, TimestampMs now) {
    const auto change = [&](auto& object) {
        object.mtime = to_secs(now);
        object.usn = usn_pending;
    };
    const auto text = std::to_string(kind_.number) + "." + std::to_string(edits_);
    if (const auto what = dice.below(3); what == 0) {
        auto& notetype = any_of(now_.contents.notetypes, dice);
        notetype.config.set_css("/* " + text + " */");
        change(notetype);
    } else if (what == 1) {
        auto& deck = any_of(now_.contents.decks, dice);
        deck.common.set_study_collapsed(dice.one_in(2));
        if (deck.id.value != 1) {
            deck.name = "Deck " + text;
        }
        change(deck);
    } else {
        auto& config = any_of(now_.contents.deck_configs, dice);
        config.config.set_new_per_day(static_cast<std::uint32_t>(edits_));
        change(config);
    }
}

void Device::add_object(Dice& dice, TimestampMs now) {
    const auto text = std::to_string(kind_.number) + "." + std::to_string(edits_);
    const auto copy = [&](auto& map, auto object, const char* name) {
        object.id = {new_id(now)};
        object.name = name + text;
        object.mtime = to_secs(now);
        object.usn = usn_pending;
        map[object.id] = object;
    };
    auto& contents = now_.contents;
    if (const auto what = dice.below(4); what == 0) {
        copy(contents.notetypes, any_of(contents.notetypes, dice), "Notetype ");
    } else if (what == 1) {
        copy(contents.deck_configs, any_of(contents.deck_configs, dice), "Options ");
    } else {
        copy(contents.decks, any_of(contents.decks, dice), "Deck ");
    }
}

void Device::delete_deck(Dice& dice, TimestampMs now) {
    auto& contents = now_.contents;
    const auto id = any_of(contents.decks, dice).id;
    if (id.value == 1) {
        return;
    }
    contents.decks.erase(id);
    now_.graves.decks.push_back(id);
    for (auto& [card_id, card] : contents.cards) {
        if (card.deck_id == id) {
            card.deck_id = {1};
            card.mtime = to_secs(now);
            card.usn = usn_pending;
        }
    }
}

void Device::set_config(Dice& dice) {
    now_.contents.config[dice.one_in(2) ? "shared" : "own " + std::to_string(kind_.number)] =
        std::to_string(edits_);
}

void Device::begin_sync() {
    give_up();
    draft_ = now_;
    stage_ = Stage::meta;
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
    const auto all = std::numeric_limits<std::size_t>::max();
    UnchunkedChanges changes;
    list_pending(contents.notetypes, changes.notetypes, all, server_usn_);
    list_pending(contents.decks, changes.decks, all, server_usn_);
    list_pending(contents.deck_configs, changes.deck_configs, all, server_usn_);
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

void Device::take_changes(const UnchunkedChanges& changes) {
    auto& contents = draft_->contents;
    mark_sent_in(contents.notetypes, server_usn_);
    mark_sent_in(contents.decks, server_usn_);
    mark_sent_in(contents.deck_configs, server_usn_);
    for (auto& [tag, usn] : contents.tags) {
        usn = usn == usn_pending ? server_usn_ : usn;
    }
    take_objects(changes.notetypes, contents.notetypes, kind_.takes_ties, server_usn_);
    take_objects(changes.decks, contents.decks, kind_.takes_ties, server_usn_);
    take_objects(changes.deck_configs, contents.deck_configs, kind_.takes_ties, server_usn_);
    for (const auto& tag : changes.tags) {
        contents.tags.try_emplace(tag, server_usn_);
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
    Chunk chunk;
    const auto& contents = draft_->contents;
    const auto left = [&] {
        return rows_of_a_chunk - chunk.revlog.size() - chunk.cards.size() - chunk.notes.size();
    };
    list_pending(contents.revlog, chunk.revlog, left(), server_usn_);
    list_pending(contents.cards, chunk.cards, chunk.cards.size() + left(), server_usn_);
    list_pending(contents.notes, chunk.notes, chunk.notes.size() + left(), server_usn_);
    chunk.done = left() > 0;
    return chunk;
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
    const auto& contents = draft_->contents;
    const auto size = [](const auto& map) { return static_cast<std::uint32_t>(map.size()); };
    return {.due = {},
            .cards = size(contents.cards),
            .notes = size(contents.notes),
            .revlog = size(contents.revlog),
            .graves = 0,
            .notetypes = size(contents.notetypes),
            .decks = size(contents.decks),
            .deck_configs = size(contents.deck_configs)};
}

void Device::replace_with(CollectionFile downloaded) {
    give_up();
    now_ = {.contents = std::move(downloaded.contents), .graves = {}, .stamps = downloaded.stamps};
}

CollectionFile Device::ready_for_upload(TimestampMs now) const {
    CollectionFile file{
        .contents = now_.contents,
        .stamps = {.modified = now, .schema_modified = now, .usn = {now_.stamps.usn.value + 1}}};
    auto& contents = file.contents;
    mark_sent_in(contents.notes, {});
    mark_sent_in(contents.cards, {});
    mark_sent_in(contents.revlog, {});
    mark_sent_in(contents.notetypes, {});
    mark_sent_in(contents.decks, {});
    mark_sent_in(contents.deck_configs, {});
    for (auto& [tag, usn] : contents.tags) {
        usn = {};
    }
    return file;
}

}  // namespace ankiwire::sim
