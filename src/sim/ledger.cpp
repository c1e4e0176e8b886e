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
            const int parent = is_new ? none : find(object, old->second);
            object.versions.push_back({fact.text, fact.date, device, parent});
        }
    }
    for (const auto& [key, fact] : old_facts) {
        if (!new_facts.contains(key)) {
            objects_[key].was_deleted = true;
        }
    }
}

void Ledger::unanswered(int device) {
    for (auto& [key, object] : objects_) {
        for (auto& version : object.versions) {
            version.is_resent = version.is_resent || version.device == device;
        }
    }
}

void Ledger::replaced(std::optional<int> device, const Contents& contents) {
    const auto left = facts(contents);
    for (auto& [key, object] : objects_) {
        const auto fact = left.find(key);
        const int kept = fact == left.end() ? none : find(object, fact->second);
        for (int i = 0; i < std::ssize(object.versions); ++i) {
            auto& version = object.versions[static_cast<std::size_t>(i)];
            const bool is_replaced = !device || version.device == *device;
            version.excused = version.excused || (is_replaced && !is_made_of(object, kept, i));
        }
    }
}

// The newest one of that text, and of that date if there is one: a tie may have changed it.
int Ledger::find(const Object& object, const Fact& fact) {
    int found = none;
    for (int i = 0; i < std::ssize(object.versions); ++i) {
        const auto& version = object.versions[static_cast<std::size_t>(i)];
        if (version.text == fact.text &&
            (found == none || version.date == fact.date ||
             object.versions[static_cast<std::size_t>(found)].date != fact.date)) {
            found = i;
        }
    }
    return found;
}

bool Ledger::is_made_of(const Object& object, int version, int of) {
    while (version != none && version != of) {
        version = object.versions[static_cast<std::size_t>(version)].parent;
    }
    return version == of;
}

// By one of those that the end was made of.
bool Ledger::was_beaten(const Object& object, int version, const End& end) {
    const auto& own = object.versions[static_cast<std::size_t>(version)];
    for (int other = end.version; other != none;
         other = object.versions[static_cast<std::size_t>(other)].parent) {
        const auto& rival = object.versions[static_cast<std::size_t>(other)];
        const auto date = other == end.version ? std::max(rival.date, end.date) : rival.date;
        const bool was_known = is_made_of(object, version, other);
        const bool may_win =
            !was_known || rival.is_resent || end.won_ties > 0 || rival.date > own.date;
        if (may_win && date.value + end.won_ties >= own.date.value) {
            return true;
        }
    }
    return false;
}

bool Ledger::may_be(const Object& object, const End& end) {
    for (int i = 0; i < std::ssize(object.versions); ++i) {
        if (!object.versions[static_cast<std::size_t>(i)].excused &&
            !is_made_of(object, end.version, i) && !was_beaten(object, i, end)) {
            return false;
        }
    }
    return true;
}

std::string Ledger::check(const Contents& end, const std::set<std::int64_t>& late,
                          const std::map<std::int64_t, int>& won_ties) const {
    const auto left = facts(end);
    std::string found;
    for (const auto& [key, object] : objects_) {
        const auto fact = left.find(key);
        if (fact == left.end()) {
            const bool is_excused = std::ranges::all_of(object.versions, &Version::excused);
            found += object.was_deleted || is_excused ? "" : key + " is lost\n";
            continue;
        }
        const auto ties = won_ties.find(fact->second.id);
        bool is_known = false;
        bool is_lawful = object.was_deleted || late.contains(fact->second.id);
        for (int i = 0; i < std::ssize(object.versions); ++i) {
            if (object.versions[static_cast<std::size_t>(i)].text == fact->second.text) {
                is_known = true;
                is_lawful = is_lawful ||
                            may_be(object, {.version = i,
                                            .date = fact->second.date,
                                            .won_ties = ties == won_ties.end() ? 0 : ties->second});
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
