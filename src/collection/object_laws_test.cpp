// The laws of merging what is sent whole: notetypes, decks, deck configs, tags and the config.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "collection/law_fixture.hpp"
#include "model/names.hpp"
#include "model/unicase.hpp"

namespace ankiwire::collection {
namespace {

constexpr std::array<std::int64_t, 5> ids{5, 6, -1, INT64_MIN, INT64_MAX};
constexpr std::array<std::int64_t, 7> times{99, 100, 101, 0, -1, INT64_MIN, 1'700'000'000};
// Of which many are one when folded, or are it with a sign more.
const std::vector<std::string> names{"A",      "a", "A+", "ß", "SS",     "ss",     "ẞ+", "K",
                                     "\u212a", "σ", "ς",  "x", "a\x1fx", "A\x1fX", "y",  "z"};

template <class Object>
Object dated(Object object) {
    object.mtime.value = *rc::gen::elementOf(times);
    return object;
}

// Each id has one name, and each notetype the same shape in all messages.
UnchunkedChanges one_of_each_or_none() {
    UnchunkedChanges changes;
    for (std::size_t number = 0; number < ids.size(); ++number) {
        if (*rc::gen::arbitrary<bool>()) {
            auto notetype = dated(schema11::any_notetype());
            notetype.id = {ids.at(number)};
            notetype.name = nth("Notetype", number);
            notetype.fields = {schema11::any_field(), schema11::any_field()};
            notetype.templates = {schema11::any_template()};
            number_parts(notetype);
            changes.notetypes.push_back(notetype);
        }
        if (*rc::gen::arbitrary<bool>()) {
            auto deck = dated(schema11::any_deck());
            deck.id = {ids.at(number)};
            deck.name = nth("Deck", number);
            changes.decks.push_back(deck);
        }
        if (*rc::gen::arbitrary<bool>()) {
            changes.deck_configs.push_back(dated(any_deck_config({ids.at(number)})));
        }
    }
    return changes;
}

UnchunkedChanges some_objects() { return *rc::gen::resize(10, rc::gen::exec(one_of_each_or_none)); }

// Decks that are in each other's way.
std::vector<Deck> some_namesakes() {
    std::vector<Deck> decks;
    for (const auto id : ids) {
        if (*rc::gen::arbitrary<bool>()) {
            Deck deck;
            deck.id = {id};
            deck.name = *rc::gen::elementOf(names);
            decks.push_back(dated(deck));
            decks.back().kind.mutable_normal();
        }
    }
    return decks;
}

UnchunkedChanges of_decks(std::vector<Deck> decks) {
    UnchunkedChanges changes;
    changes.decks = std::move(decks);
    return changes;
}

std::vector<std::string> some_tags() {
    const auto part = rc::gen::element<std::string>("a", "A", "::", "ß", "ss", "K", "\u212a", " ",
                                                    "\u3000", "b", "é", "e\u0301", "\x1f");
    return *rc::gen::resize(8, rc::gen::container<std::vector<std::string>>(
                                   rc::gen::resize(5, schema11::joined(part))));
}

UnchunkedChanges of_tags(std::vector<std::string> tags) {
    UnchunkedChanges changes;
    changes.tags = std::move(tags);
    return changes;
}

std::map<std::string, Usn> by_key(const std::map<std::string, Usn>& tags) {
    std::map<std::string, Usn> keys;
    for (const auto& [tag, usn] : tags) {
        RC_ASSERT(keys.emplace(unicase_key(tag), usn).second);  // no two of one key
    }
    return keys;
}

// Of other devices, some of it seen by the client.
void begin_with_something(CollectionStore& store) {
    for (const auto usn : {seen, unseen}) {
        must(store.apply_changes(some_objects(), {usn, {0}, context.now}));
    }
}

template <class Object, class Map>
void merge_into(Map& map, const std::vector<Object>& objects) {
    for (auto object : objects) {
        const auto found = map.find(object.id);
        if (found == map.end() || found->second.mtime <= object.mtime) {
            object.usn = context.server_usn;
            map[object.id] = stored(object);
        }
    }
}

RC_GTEST_PROP(ObjectLaw, a_message_applied_twice_is_applied_once, ()) {
    Trial trial;
    begin_with_something(trial.store);
    auto changes = some_objects();
    changes.decks = some_namesakes();
    changes.tags = some_tags();
    changes.config = schema11::any_config();
    must(trial.store.apply_changes(changes, context));
    const auto once = trial.tables();
    must(trial.store.apply_changes(changes, context));
    RC_ASSERT(trial.tables() == once);
}

// R-CHANGES-04, R-CHANGES-05, R-CHANGES-08
RC_GTEST_PROP(ObjectLaw, an_object_wins_as_a_whole_unless_the_stored_one_is_newer, ()) {
    Trial trial;
    begin_with_something(trial.store);
    auto expected = trial.tables();
    const auto changes = some_objects();
    must(trial.store.apply_changes(changes, context));
    merge_into(expected.notetypes, changes.notetypes);
    merge_into(expected.decks, changes.decks);
    merge_into(expected.deck_configs, changes.deck_configs);
    RC_ASSERT(trial.tables() == expected);
}

RC_GTEST_PROP(ObjectLaw, one_message_or_many_is_the_same, ()) {
    const auto begin = some_objects();
    const auto changes = some_objects();
    const auto result = [&](auto&& apply) {
        Trial trial;
        must(trial.store.apply_changes(begin, {unseen, {0}, context.now}));
        apply(trial.store);
        return trial.tables();
    };
    RC_ASSERT(result([&](auto& store) { must(store.apply_changes(changes, context)); }) ==
              result([&](auto& store) {
                  UnchunkedChanges one;
                  one.deck_configs = changes.deck_configs;
                  must(store.apply_changes(one, context));
                  for (auto deck = changes.decks.rbegin(); deck != changes.decks.rend(); ++deck) {
                      must(store.apply_changes(of_decks({*deck}), context));
                  }
                  one = {};
                  for (const auto& notetype : changes.notetypes) {
                      one.notetypes = {notetype};
                      must(store.apply_changes(one, context));
                  }
              }));
}

RC_GTEST_PROP(ObjectLaw, the_order_of_messages_of_distinct_dates_is_irrelevant, ()) {
    const auto a = some_objects();
    auto b = some_objects();
    const auto are_distinct = [](const auto& first, const auto& second) {
        return std::ranges::none_of(first, [&](const auto& one) {
            return std::ranges::any_of(second, [&](const auto& other) {
                return one.id == other.id && one.mtime == other.mtime;
            });
        });
    };
    RC_PRE(are_distinct(a.notetypes, b.notetypes));
    RC_PRE(are_distinct(a.decks, b.decks));
    RC_PRE(are_distinct(a.deck_configs, b.deck_configs));
    const auto result = [](const UnchunkedChanges& first, const UnchunkedChanges& second) {
        Trial trial;
        must(trial.store.apply_changes(first, context));
        must(trial.store.apply_changes(second, context));
        return trial.tables();
    };
    RC_ASSERT(result(a, b) == result(b, a));
}

// What a client that keeps its own of equal date is sent, it takes; what it is not sent, the server
// takes of it.
RC_GTEST_PROP(ObjectLaw, no_tie_is_left_between_what_is_sent_both_ways, ()) {  // R-CHANGES-05
    Trial trial;
    begin_with_something(trial.store);
    const auto before = trial.tables();
    const auto changes = some_objects();
    must(trial.store.win_ties(changes, context));
    const auto sent = must(trial.store.changes_since(context.client_usn, false));
    must(trial.store.apply_changes(changes, context));
    const auto after = trial.tables();
    const auto check = [&](const auto& own, const auto& theirs, const auto& was, const auto& map) {
        for (const auto& object : own) {
            const auto reply = std::ranges::find_if(
                theirs, [&](const auto& other) { return other.id == object.id; });
            const auto& stored_one = map.at(object.id);
            if (reply == theirs.end()) {
                const auto found = was.find(object.id);
                const bool is_kept = found != was.end() && found->second.mtime > object.mtime;
                RC_ASSERT(stored_one.mtime == (is_kept ? found->second.mtime : object.mtime));
            } else {
                RC_ASSERT(reply->mtime != object.mtime);
                RC_ASSERT(stored_one.mtime == std::max(reply->mtime, object.mtime));
            }
        }
    };
    check(changes.notetypes, sent.notetypes, before.notetypes, after.notetypes);
    check(changes.decks, sent.decks, before.decks, after.decks);
    check(changes.deck_configs, sent.deck_configs, before.deck_configs, after.deck_configs);
}

RC_GTEST_PROP(ObjectLaw, names_stay_unique_and_only_grow_signs, ()) {  // R-CHANGES-07
    Trial trial;
    must(trial.store.apply_changes(of_decks(some_namesakes()), {unseen, {0}, context.now}));
    const auto before = trial.tables().decks;
    const auto decks = some_namesakes();
    must(trial.store.apply_changes(of_decks(decks), context));
    const auto after = trial.tables().decks;
    std::set<std::string> keys;
    for (const auto& [id, deck] : after) {
        RC_ASSERT(keys.insert(unicase_key(deck.name)).second);
    }
    for (const auto& deck : decks) {
        const auto& one = after.at(deck.id);
        const auto old = before.find(deck.id);
        if (old != before.end() && old->second.mtime > deck.mtime) {
            RC_ASSERT(one == old->second);  // an older one is ignored, its name with it
            continue;
        }
        RC_ASSERT(one.name.starts_with(deck.name));
        RC_ASSERT(one.name.find_first_not_of('+', deck.name.size()) == std::string::npos);
        RC_ASSERT(one.mtime == (one.name == deck.name ? deck.mtime : context.now));
    }
}

// R-CHANGES-14
RC_GTEST_PROP(ObjectLaw, names_that_are_unique_within_a_message_and_beside_it_come_as_sent, ()) {
    Trial trial;
    must(trial.store.apply_changes(of_decks(some_namesakes()), {unseen, {0}, context.now}));
    const auto before = trial.tables().decks;
    auto decks = some_namesakes();
    std::set<std::string> keys;
    for (const auto& [id, deck] : before) {
        if (std::ranges::none_of(decks, [own = id](const auto& sent) { return sent.id == own; })) {
            keys.insert(unicase_key(deck.name));
        }
    }
    std::erase_if(decks, [&](auto& deck) {
        deck.mtime = context.now;
        return !keys.insert(unicase_key(deck.name)).second;
    });
    // One that is left out stays, with its name.
    RC_PRE(std::ranges::all_of(before, [&](const auto& entry) {
        return std::ranges::any_of(decks,
                                   [&](const auto& sent) { return sent.id == entry.first; }) ||
               std::ranges::none_of(decks, [&](const auto& sent) {
                   return unicase_compare(sent.name, entry.second.name) == 0;
               });
    }));
    must(trial.store.apply_changes(of_decks(decks), context));
    const auto after = trial.tables().decks;
    for (const auto& deck : decks) {
        RC_ASSERT(after.at(deck.id).name == deck.name);
    }
}

RC_GTEST_PROP(ObjectLaw, a_deck_that_comes_back_has_no_grave, ()) {  // R-GRAVES-04
    Trial trial;
    const auto changes = some_objects();
    Graves graves;
    for (const auto id : ids) {
        graves.decks.push_back({id});
        graves.cards.push_back({id});
        graves.notes.push_back({id});
    }
    must(trial.store.apply_graves(graves, unseen));
    must(trial.store.apply_changes(changes, context));
    const auto after = trial.tables();
    RC_ASSERT(after.graves.size() == 3 * ids.size() - changes.decks.size());
    for (const auto& deck : changes.decks) {
        RC_ASSERT(!after.graves.contains({Kind::deck, deck.id.value}));
    }
}

// R-CHANGES-09
RC_GTEST_PROP(ObjectLaw, tags_are_those_of_both_sides_and_a_registered_one_stays, ()) {
    Trial trial;
    must(trial.store.apply_changes(of_tags(some_tags()), {unseen, {0}, context.now}));
    const auto before = trial.tables().tags;
    const auto sent = some_tags();
    must(trial.store.apply_changes(of_tags(sent), context));
    const auto after = trial.tables().tags;
    for (const auto& [tag, usn] : before) {
        RC_ASSERT(after.at(tag) == usn);
    }
    auto expected = by_key(before);
    for (const auto& tag : sent) {
        expected.try_emplace(unicase_key(normalize_tag(tag)), context.server_usn);
    }
    RC_ASSERT(by_key(after) == expected);
}

RC_GTEST_PROP(ObjectLaw, the_order_of_tags_is_a_matter_of_spelling_alone, ()) {
    const auto result = [](const std::vector<std::string>& tags) {
        Trial trial;
        must(trial.store.apply_changes(of_tags(tags), context));
        return by_key(trial.tables().tags);
    };
    auto tags = some_tags();
    const auto keys = result(tags);
    std::ranges::reverse(tags);
    RC_ASSERT(result(tags) == keys);
}

// R-CHANGES-03
RC_GTEST_PROP(ObjectLaw, a_config_replaces_all_of_another_and_none_replaces_nothing, ()) {
    Trial trial;
    UnchunkedChanges changes;
    changes.config = schema11::any_config();
    must(trial.store.apply_changes(changes, context));
    std::map<std::string, std::string> expected;
    for (const auto& entry : *changes.config) {
        expected[entry.key] = entry.json;
    }
    RC_ASSERT(trial.tables().config == expected);
    changes = some_objects();
    must(trial.store.apply_changes(changes, context));
    RC_ASSERT(trial.tables().config == expected);
}

// R-CHUNK-06, R-CHANGES-01
RC_GTEST_PROP(ObjectLaw, what_a_sync_stores_is_new_to_each_other_device_and_nothing_else_is, ()) {
    Trial trial;
    begin_with_something(trial.store);
    auto changes = some_objects();
    changes.tags = some_tags();
    must(trial.store.apply_changes(changes, context));
    const auto tables = trial.tables();
    const auto check = [&](const auto& sent, const auto& map) {
        for (const auto& [id, object] : map) {
            RC_ASSERT(object.usn <= context.server_usn);
            RC_ASSERT(
                object.usn != context.server_usn ||
                std::ranges::any_of(sent, [own = id](const auto& one) { return one.id == own; }));
        }
    };
    check(changes.notetypes, tables.notetypes);
    check(changes.decks, tables.decks);
    check(changes.deck_configs, tables.deck_configs);
    const auto next = must(trial.store.changes_since(later.client_usn, false));
    RC_ASSERT(next.notetypes.empty());
    RC_ASSERT(next.decks.empty());
    RC_ASSERT(next.deck_configs.empty());
    RC_ASSERT(next.tags.empty());
}

}  // namespace
}  // namespace ankiwire::collection
