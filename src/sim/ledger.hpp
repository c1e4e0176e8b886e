// Who has edited what, and whether an edit that is gone was lost by a rule. These are all the rules
// by which one may be:
//  - whoever edits an object replaces what they had of it;
//  - a deletion wins over every edit of the object;
//  - of two edits that knew nothing of each other the newer one wins, as a whole, or one of both if
//    they are of one date; what a device has sent in a sync whose end was not answered it sends
//    again (objects are sent back to it, too), and that wins over an edit of that second;
//  - a copy behind whose name the server has put a `+` is as new as that;
//  - an upload replaces all that the server has, and a download all that the device has;
//  - an edit of a notetype, deck or deck config that is dated before what it was made of is
//  ignored.
// The config, which goes as a whole with the newer side, is not looked at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/contents.hpp"

namespace ankiwire::sim {

class Ledger {
public:
    explicit Ledger(const Contents& start);

    // What its user did to a device's collection.
    void edited(int device, const Contents& before, const Contents& after);
    // The end of its sync was not answered: it sends again what it has.
    void unanswered(int device);
    // That has replaced what a device had, by a download; or what all have, by an upload.
    void replaced(std::optional<int> device, const Contents& contents);

    // What is lost or invented, in words, if that is what all have in the end; or nothing. `late`
    // are ids of the last rule, `won_ties` says how often an object has become a second newer.
    [[nodiscard]] std::string check(const Contents& end, const std::set<std::int64_t>& late,
                                    const std::map<std::int64_t, int>& won_ties) const;

private:
    static constexpr int none = -1;
    struct Version {
        std::string text;
        TimestampSecs date;
        int device;
        int parent;              // the index of the version that it was made of
        bool excused = false;    // a full sync may have replaced it
        bool is_resent = false;  // its device may not know that the server has it
    };
    struct Object {
        std::vector<Version> versions;
        bool was_deleted = false;
    };

    static int find(const Object& object, const Fact& fact);
    // Whether `version` is `of` or was made of it.
    static bool is_made_of(const Object& object, int version, int of);
    // What is in the end, and when it was made, also if a tie has made it newer.
    struct End {
        int version;
        TimestampSecs date;
        int won_ties;
    };
    static bool was_beaten(const Object& object, int version, const End& end);
    static bool may_be(const Object& object, const End& end);

    std::map<std::string, Object> objects_;
};

}  // namespace ankiwire::sim
