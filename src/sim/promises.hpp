// What a server has promised to its devices, and whether a folder keeps it:
//  - what a `finish`, an upload or a batch of media was answered for is there, whole;
//  - what was not answered for is there whole, or not at all;
//  - the schema stamp stays, so that no device is asked for a full sync without a reason, and
//    neither the usn nor the time of a change goes back;
//  - each live row of media has its file, each file a live row, and the row's checksum;
//  - what an upload replaced can be restored.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sim/contents.hpp"

namespace ankiwire::sim {

using Media = std::map<std::string, std::string>;                        // contents by name
using MediaChanges = std::map<std::string, std::optional<std::string>>;  // none: deleted

class Promises {
public:
    // What a new account has. `scratch` is a folder outside of what is checked.
    Promises(Contents start, std::filesystem::path scratch);

    // A sync, an upload or a batch of media is on its way: the collection it would leave, or its
    // changes. Returns a number for it, to tell what became of it.
    std::size_t may_sync(const Contents& contents);
    // `stamps`: that it brings.
    std::size_t may_upload(const Contents& contents, const Stamps& stamps);
    std::size_t may_change_media(const MediaChanges& changes);
    // A foreign hand takes a file away, unless the disk prevents it.
    void may_lose_media(const std::string& name);
    // It was answered; or refused, by a server whose disk is well: nothing has come of it.
    void is_done(std::size_t number);
    void is_refused(std::size_t number);
    // A device was told these by `meta`. In words, if they are a reason for a full sync that nobody
    // gave; or nothing.
    [[nodiscard]] std::string are_told(const Stamps& stamps);
    // All that was on its way has come to an end, in any order. Of what was not told of, nobody
    // knows.
    void all_have_ended();

    // This is what the server has; false if that cannot be. Nothing may be on its way.
    [[nodiscard]] bool is_there(const Contents& contents);

    // The folder of the account, which stays as it is. What broke a promise, in words; or nothing:
    // then what was on its way later than what is there must not be there any more.
    [[nodiscard]] std::string check(const std::filesystem::path& account_folder);
    // None, if that cannot be said.
    [[nodiscard]] std::optional<Media> media() const;
    // Whether the account's media may have these SHA-1 sums.
    [[nodiscard]] bool had_media(const std::map<std::string, std::string>& sums) const;
    // Whether they have them, as check() has found them.
    [[nodiscard]] bool has_media(const std::map<std::string, std::string>& sums) const;
    // Whether that may be what the server has.
    [[nodiscard]] bool is_possible(const Contents& contents) const;

    // Of what a backup holds that is made now: it has no row of a file that is missing.
    [[nodiscard]] Promises of_a_backup() const;

private:
    // What the collection may be: more than one as long as nobody knows what came through. What was
    // seen and not answered for may still go with the power.
    struct Possible {
        Contents contents;
        std::optional<Contents> replaced;  // by the upload that left this
        std::optional<Stamps> stamps;      // of the schema, and the least of the others; if known
        bool is_upload = false;            // that is on its way
    };
    enum class Outcome { unknown, done, refused };
    template <class T>
    struct OnItsWay {
        T change;
        Outcome outcome = Outcome::unknown;
        std::size_t number = 0;
    };

    std::size_t set_out(Possible possible);
    void note(std::size_t number, Outcome outcome);
    // What an upload on its way replaces, if it comes through and that can be said.
    [[nodiscard]] std::optional<Contents> replaced_by(const OnItsWay<Possible>& upload) const;
    // With what is on its way.
    [[nodiscard]] std::vector<Possible> possible_collections() const;
    [[nodiscard]] std::vector<Media> possible_media() const;
    [[nodiscard]] std::string check_collection(const std::filesystem::path& folder);
    [[nodiscard]] std::string check_version(const std::filesystem::path& folder,
                                            const Contents& replaced) const;
    [[nodiscard]] std::string check_media(const std::filesystem::path& folder);

    std::filesystem::path scratch_;
    std::vector<Possible> collections_;
    bool collections_are_in_order_ = true;  // the oldest first
    std::vector<OnItsWay<Possible>> new_collections_;
    std::vector<Media> media_;
    bool media_are_in_order_ = true;
    Media media_seen_;  // by check()
    std::vector<OnItsWay<MediaChanges>> media_batches_;
    std::size_t last_number_ = 0;
};

}  // namespace ankiwire::sim
