#include "sim/ledger.hpp"

#include <algorithm>

namespace ankiwire::sim {

Ledger::Ledger(const Contents& start) { edited(none, {}, start); }

void Ledger::edited(int device, const Contents& before, const Contents& after) {
    const auto old_facts = facts(before);
    const auto new_facts = facts(after);
    for (const auto& [key, fact] : new_facts) {
        const auto old = old_facts.find(key);
        const bool is_new = old == old_facts.end();
        if (is_new || old->second.text != fact.text || old->second.date != fact.date) {
            auto& object = objects_[key];
            object.is_row = key.starts_with("card ") || key.starts_with("note ");
            const int parent = is_new ? none : find(object, old->second.text);
            object.versions.push_back({fact.text, fact.date, device, parent});
        }
    }
    for (const auto& [key, fact] : old_facts) {
        if (!new_facts.contains(key)) {
            objects_[key].was_deleted = true;
        }
    }
}

void Ledger::replaced_by(const Contents& contents) {
    const auto left = facts(contents);
    for (auto& [key, object] : objects_) {
        const auto fact = left.find(key);
        const int kept = fact == left.end() ? none : find(object, fact->second.text);
        for (int i = 0; i < std::ssize(object.versions); ++i) {
            auto& version = object.versions[static_cast<std::size_t>(i)];
            version.excused = version.excused || !is_made_of(object, kept, i);
        }
    }
}

void Ledger::replaced_on(int device, const Contents& contents) {
    const auto left = facts(contents);
    for (auto& [key, object] : objects_) {
        const auto fact = left.find(key);
        const int kept = fact == left.end() ? none : find(object, fact->second.text);
        for (int i = 0; i < std::ssize(object.versions); ++i) {
            auto& version = object.versions[static_cast<std::size_t>(i)];
            version.excused =
                version.excused || (version.device == device && !is_made_of(object, kept, i));
        }
    }
}

// The newest one of that text.
int Ledger::find(const Object& object, const std::string& text) {
    for (int i = static_cast<int>(object.versions.size()) - 1; i >= 0; --i) {
        if (object.versions[static_cast<std::size_t>(i)].text == text) {
            return i;
        }
    }
    return none;
}

bool Ledger::is_made_of(const Object& object, int version, int of) {
    while (version != none && version != of) {
        version = object.versions[static_cast<std::size_t>(version)].parent;
    }
    return version == of;
}

// By one of those that the winner, of that date in the end, was made of.
bool Ledger::was_beaten(const Object& object, int version, int winner, TimestampSecs date) {
    const auto& own = object.versions[static_cast<std::size_t>(version)];
    // Each tie that the server wins makes its copy a second newer.
    const auto slack = std::ssize(object.versions);
    for (int other = winner; other != none;
         other = object.versions[static_cast<std::size_t>(other)].parent) {
        const auto& rival = object.versions[static_cast<std::size_t>(other)];
        const auto rival_date = std::max(rival.date, other == winner ? date : rival.date);
        const bool is_tie = rival.date == own.date && !object.is_row;
        const bool knows_nothing = !is_made_of(object, version, other);
        if (is_tie || (knows_nothing && rival_date.value + slack >= own.date.value)) {
            return true;
        }
    }
    return false;
}

bool Ledger::may_win(const Object& object, int winner, TimestampSecs date) {
    for (int i = 0; i < std::ssize(object.versions); ++i) {
        if (!object.versions[static_cast<std::size_t>(i)].excused &&
            !is_made_of(object, winner, i) && !was_beaten(object, i, winner, date)) {
            return false;
        }
    }
    return true;
}

std::string Ledger::check(const Contents& end, const std::set<std::int64_t>& late) const {
    const auto left = facts(end);
    std::set<std::string> late_keys;
    for (const auto id : late) {
        for (const char* kind : {"notetype ", "deck ", "options "}) {
            late_keys.insert(kind + std::to_string(id));
        }
    }
    std::string found;
    for (const auto& [key, object] : objects_) {
        const auto fact = left.find(key);
        if (fact == left.end()) {
            const bool is_excused = std::ranges::all_of(object.versions, &Version::excused);
            found += object.was_deleted || is_excused ? "" : key + " is lost\n";
            continue;
        }
        bool is_known = false;
        bool is_lawful = object.was_deleted || late_keys.contains(key);
        for (int i = 0; i < std::ssize(object.versions); ++i) {
            if (object.versions[static_cast<std::size_t>(i)].text == fact->second.text) {
                is_known = true;
                is_lawful = is_lawful || may_win(object, i, fact->second.date);
            }
        }
        found += is_known ? "" : key + " is what nobody made of it: " + fact->second.text + "\n";
        found += is_lawful ? "" : "an edit of " + key + " is lost\n";
    }
    for (const auto& [key, fact] : left) {
        found += objects_.contains(key) ? "" : key + " is invented\n";
    }
    return found;
}

}  // namespace ankiwire::sim
