// What a server has promised to its devices, and whether a folder keeps it:
//  - what a `finish`, an upload or a batch of media was answered for is there, whole;
//  - what was not answered for is there whole, or not at all;
//  - each live row of media has its file, and the file the row's checksum;
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

    // A sync, or an upload, that would leave this is on its way; and is answered.
    void may_sync(const Contents& contents);
    void may_upload(const Contents& contents);
    void is_done(const Contents& contents);
    // It was refused, by a server whose disk is well: nothing has come of it.
    void is_refused();

    void may_change_media(const MediaChanges& changes);
    void media_is_done(const MediaChanges& changes);
    void media_are_refused();

    // The folder of the account, which stays as it is. What broke a promise, in words; or nothing:
    // then what was on its way later than what is there must not be there any more.
    [[nodiscard]] std::string check(const std::filesystem::path& account_folder);
    // Whether the account's media may have these SHA-1 sums, or might before the last batch.
    [[nodiscard]] bool had_media(const std::map<std::string, std::string>& sums) const;
    // Whether they have them, as check() has found them.
    [[nodiscard]] bool has_media(const std::map<std::string, std::string>& sums) const;
    // Whether that may be what the server has.
    [[nodiscard]] bool is_possible(const Contents& contents) const;

private:
    // What the collection may be, the oldest first: more than one as long as nobody knows what came
    // through. What was seen and not answered for may still go with the power.
    struct Possible {
        Contents contents;
        std::optional<Contents> replaced;  // by the upload that left this
    };
    void add(Possible possible);
    [[nodiscard]] const Possible* find(const Contents& contents) const;
    [[nodiscard]] std::string check_collection(const std::filesystem::path& folder);
    [[nodiscard]] std::string check_version(const std::filesystem::path& folder,
                                            const Contents& replaced) const;
    [[nodiscard]] std::string check_media(const std::filesystem::path& folder);

    std::filesystem::path scratch_;
    std::vector<Possible> collections_;
    std::vector<Possible> collections_before_;  // the call that is on its way
    std::vector<Media> media_;
    std::vector<Media> media_before_;
};

}  // namespace ankiwire::sim
