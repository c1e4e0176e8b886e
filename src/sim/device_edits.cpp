// What the user of a device does.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/limits.hpp"
#include "sim/device.hpp"
#include "sim/names.hpp"

namespace ankiwire::sim {
namespace {

constexpr std::int64_t ids_of_a_device = 1'000'000'000'000'000;

template <class Map>
typename Map::mapped_type& any_of(Map& map, Dice& dice) {
    return std::next(map.begin(), static_cast<std::ptrdiff_t>(dice.below(map.size())))->second;
}

// Of a note: the first one, and empty ones.
std::string fields_of(const Notetype& notetype, const std::string& first) {
    return first + std::string(notetype.fields.size() - 1, '\x1f');
}

}  // namespace

std::int64_t Device::new_id(TimestampMs now) {
    last_id_ = std::max(last_id_ + 1, now.value);
    return kind_.number * ids_of_a_device + last_id_;
}

void Device::edit(Dice& dice, TimestampMs now) {
    using enum Edit;
    const auto what = dice.below(20);
    edit(what < 6    ? add_note
         : what < 9  ? edit_note
         : what < 10 ? delete_note
         : what < 14 ? review
         : what < 16 ? edit_object
         : what < 18 ? add_object
         : what < 19 ? delete_deck
                     : set_config,
         dice, now);
}

void Device::edit(Edit kind, Dice& dice, TimestampMs now) {
    give_up();  // a sync locks the collection; who edits has given it up
    ++edits_;
    if (now_.contents.notes.empty() && kind < Edit::restore_note) {
        kind = Edit::add_note;
    }
    switch (kind) {
        case Edit::add_note:
            add_note(dice, now);
            break;
        case Edit::edit_note:
            edit_note(dice, now);
            break;
        case Edit::delete_note:
            delete_note(dice);
            break;
        case Edit::review:
            review(dice, now);
            break;
        case Edit::edit_object:
            edit_object(dice, now);
            break;
        case Edit::add_object:
            add_object(dice, now);
            break;
        case Edit::delete_deck:
            delete_deck(dice, now);
            break;
        case Edit::set_config:
            set_config(dice);
            break;
        case Edit::restore_note:
            restore_note(now);
            break;
        case Edit::flag_card:
            flag_card(dice);
            break;
        case Edit::rename:
            rename(dice, now);
            break;
        case Edit::register_tag:
            register_tag(dice);
            break;
    }
    was_edited(now);
}

// Whatever it was before, as in clients; but a change in the same millisecond would not be seen.
void Device::was_edited(TimestampMs now) {
    auto& modified = now_.stamps.modified;
    modified = now == modified ? TimestampMs{now.value + 1} : now;
}

void Device::add_many(Many what, std::uint64_t count, Dice& dice, TimestampMs now) {
    give_up();
    for (std::uint64_t i = 0; i < count; ++i) {
        ++edits_;
        if (what == Many::reviews) {
            add_review({i + 1 == count ? INT64_MAX : new_id(now)}, {}, 0);
            continue;
        }
        auto& note = add_note(dice, now);
        if (what == Many::long_notes) {
            note.fields.insert(0, limits::chunk_text_bytes_max * 5 / 4 / count, 'x');
        }
    }
    was_edited(now);
}

void Device::miscount(Dice& dice, TimestampMs now) {
    constexpr std::array tables{&SanityCounts::cards,  &SanityCounts::notes,
                                &SanityCounts::revlog, &SanityCounts::notetypes,
                                &SanityCounts::decks,  &SanityCounts::deck_configs};
    give_up();
    miscount_ = {.table = tables.at(dice.below(tables.size())), .is_too_many = dice.one_in(2)};
    was_edited(now);
}

void Device::force_full_sync(TimestampMs now) {
    give_up();
    now_.stamps.schema_modified = now;
    now_.stamps.modified = now;
}

Note& Device::add_note(Dice& dice, TimestampMs now) {
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
        add_tag(contents.tags, "blue", usn_pending);
    }
    Card card;
    card.id = {new_id(now)};
    card.note_id = id;
    card.deck_id = any_of(contents.decks, dice).id;
    card.mtime = to_secs(now);
    card.usn = usn_pending;
    card.due = edits_;
    card.data = "{}";  // as clients write that there is none
    contents.cards[card.id] = card;
    return contents.notes[id];
}

void Device::edit_note(Dice& dice, TimestampMs now) {
    auto& note = any_of(now_.contents.notes, dice);
    const auto text = std::to_string(kind_.number) + "." + std::to_string(edits_);
    note.fields = fields_of(now_.contents.notetypes.at(note.notetype_id), "edited " + text);
    note.mtime = to_secs(now);
    note.usn = usn_pending;
}

void Device::delete_note(Dice& dice) {
    const auto note = any_of(now_.contents.notes, dice);
    const auto id = note.id;
    trash_.push_back({note, {}});
    now_.contents.notes.erase(id);
    now_.graves.notes.push_back(id);
    std::erase_if(now_.contents.cards, [&](const auto& entry) {
        const bool is_of_note = entry.second.note_id == id;
        if (is_of_note) {
            trash_.back().cards.push_back(entry.second);
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
    add_review({new_id(now)}, card.id, card.interval_days);
}

void Device::add_review(RevlogId id, CardId card, std::int32_t interval) {
    now_.contents.revlog[id] = {.id = id,
                                .card_id = card,
                                .usn = usn_pending,
                                .ease = 3,
                                .interval = interval,
                                .last_interval = interval - 1,
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

// Takes back the last deletion, of which the graves may have been sent.
void Device::restore_note(TimestampMs now) {
    if (trash_.empty()) {
        return;
    }
    auto [note, cards] = std::move(trash_.back());
    trash_.pop_back();
    const auto put_back = [&](auto& map, auto row) {
        row.mtime = to_secs(now);
        row.usn = usn_pending;
        map[row.id] = row;
    };
    if (now_.contents.notetypes.contains(note.notetype_id)) {  // else a download has replaced it
        put_back(now_.contents.notes, note);
        for (const auto& card : cards) {
            put_back(now_.contents.cards, card);
        }
    }
}

void Device::flag_card(Dice& dice) {  // which leaves its date (R-CHUNK-08)
    if (now_.contents.cards.empty()) {
        return;
    }
    auto& card = any_of(now_.contents.cards, dice);
    card.flags = static_cast<std::uint8_t>(1 + (card.flags + dice.below(3)) % 4);
    card.usn = usn_pending;
}

void Device::rename(Dice& dice, TimestampMs now) {
    constexpr std::array names{"A", "a", "B", "ß", "SS"};
    const auto change = [&](auto& map, auto& object) {
        object.name = free_name(map, object.id, names.at(dice.below(names.size())));
        object.mtime = to_secs(now);
        object.usn = usn_pending;
    };
    if (dice.one_in(2)) {
        change(now_.contents.notetypes, any_of(now_.contents.notetypes, dice));
    } else {
        change(now_.contents.decks, any_of(now_.contents.decks, dice));
    }
}

void Device::register_tag(Dice& dice) {
    constexpr std::array tags{"red", "RED", "Red", "ß", "ss", "blue"};
    add_tag(now_.contents.tags, tags.at(dice.below(tags.size())), usn_pending);
}

}  // namespace ankiwire::sim
