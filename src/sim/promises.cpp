#include "sim/promises.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/hex.hpp"
#include "collection/versions.hpp"
#include "files/files.hpp"
#include "media/media_store.hpp"
#include "media/sha1.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;

constexpr TimestampSecs some_day{1'800'000'000};

// A folder that is like `source`, as far as that exists.
void copy_folder(const fs::path& source, const fs::path& target) {
    fs::remove_all(target);
    fs::create_directories(target);
    if (fs::exists(source)) {
        fs::copy(source, target, fs::copy_options::recursive);
    }
}

Media changed(Media media, const MediaChanges& changes) {
    for (const auto& [name, content] : changes) {
        if (content) {
            media[name] = *content;
        } else {
            media.erase(name);
        }
    }
    return media;
}

std::map<std::string, std::string> sums_of(const Media& media) {
    std::map<std::string, std::string> sums;
    for (const auto& [name, content] : media) {
        sums[name] = hex_of(media::sha1_of(content));
    }
    return sums;
}

// All that is live, after the repairs of an opening.
Result<Media> read_media(const fs::path& account_folder) {
    TRY_ASSIGN(auto store, media::MediaStore::open(account_folder, some_day));
    TRY_ASSIGN(const auto changes, store.changes_after({0}));
    Media media;
    for (const auto& change : changes) {
        if (change.sha1_hex.empty()) {
            continue;
        }
        TRY_ASSIGN(const auto files, store.open_files(std::array{change.name}));
        const auto& file = files.at(0);
        TRY_ASSIGN(const auto sha1, media::sha1_of(file.file));
        if (hex_of(sha1) != change.sha1_hex) {
            return fail(ErrorKind::damaged, change.name + " has another checksum than its row");
        }
        auto& bytes = media[change.name];
        bytes.resize(file.bytes);
        TRY(files::read_at(file.file, 0, bytes.data(), bytes.size()));
    }
    TRY(store.close());
    return media;
}

}  // namespace

Promises::Promises(Contents start, fs::path scratch)
    : scratch_(std::move(scratch)),
      collections_{{.contents = std::move(start), .replaced = {}}},
      media_(1) {}

const Promises::Possible* Promises::find(const Contents& contents) const {
    const auto found = std::ranges::find_if(collections_, [&](const Possible& possible) {
        return difference(possible.contents, contents).empty();
    });
    return found == collections_.end() ? nullptr : &*found;
}

void Promises::add(Possible possible) {
    const auto same = std::ranges::find_if(collections_, [&](const Possible& other) {
        return difference(other.contents, possible.contents).empty();
    });
    if (same == collections_.end()) {
        collections_.push_back(std::move(possible));
    } else if (possible.replaced) {
        same->replaced.reset();  // nobody will know which of the two it was
    }
}

void Promises::may_sync(const Contents& contents) {
    collections_before_ = collections_;
    const bool is_known = collections_.size() == 1;
    add({.contents = contents, .replaced = is_known ? collections_[0].replaced : std::nullopt});
}

void Promises::may_upload(const Contents& contents) {
    collections_before_ = collections_;
    const auto& before = collections_before_[0];
    // An account without cards has nothing that is worth keeping.
    const bool is_kept = collections_before_.size() == 1 && !before.contents.cards.empty();
    add({.contents = contents,
         .replaced = is_kept ? std::optional(before.contents) : std::nullopt});
}

void Promises::is_done(const Contents& contents) {
    const auto* done = find(contents);
    CHECK(done != nullptr);
    collections_ = {*done};
}

void Promises::is_refused() { collections_ = collections_before_; }

void Promises::may_change_media(const MediaChanges& changes) {
    media_before_ = media_;
    for (const auto& media : media_before_) {
        if (auto next = changed(media, changes); std::ranges::find(media_, next) == media_.end()) {
            media_.push_back(std::move(next));
        }
    }
}

void Promises::media_is_done(const MediaChanges& changes) {
    const auto before = std::exchange(media_, {});
    for (const auto& media : before) {
        if (auto next = changed(media, changes); std::ranges::find(media_, next) == media_.end()) {
            media_.push_back(std::move(next));
        }
    }
}

void Promises::media_are_refused() { media_ = media_before_; }

bool Promises::has_media(const std::map<std::string, std::string>& sums) const {
    return sums_of(media_.back()) == sums;
}

bool Promises::had_media(const std::map<std::string, std::string>& sums) const {
    return std::ranges::find(media_, sums, sums_of) != media_.end() ||
           std::ranges::find(media_before_, sums, sums_of) != media_before_.end();
}

bool Promises::is_possible(const Contents& contents) const { return find(contents) != nullptr; }

std::string Promises::check(const fs::path& account_folder) {
    auto found = check_collection(account_folder);
    return found.empty() ? check_media(account_folder) : found;
}

std::string Promises::check_collection(const fs::path& folder) {
    const auto file = read_collection(folder / "collection.anki2", scratch_ / "collection");
    if (!file) {
        return "the collection cannot be read: " + file.error().context;
    }
    const auto* found = find(file->contents);
    if (found == nullptr) {
        return "the server has lost or invented something (here: what it should have):\n" +
               difference(collections_.back().contents, file->contents);
    }
    collections_.resize(static_cast<std::size_t>(found - collections_.data()) + 1);
    const auto& replaced = collections_.back().replaced;
    return replaced ? check_version(folder, *replaced) : std::string();
}

std::string Promises::check_version(const fs::path& folder, const Contents& replaced) const {
    const auto list = collection::list_versions(folder);
    if (!list) {
        return "versions: " + list.error().context;
    }
    for (auto version = list->versions.rbegin(); version != list->versions.rend(); ++version) {
        const auto path = scratch_ / "version";
        fs::remove(path);
        if (!collection::unpack_version(folder, version->kept_at, path)) {
            return "a version cannot be unpacked";
        }
        const auto file = read_collection(path, scratch_ / "unpacked");
        if (file && difference(file->contents, replaced).empty()) {
            return {};
        }
    }
    return "what the last upload replaced is in none of the versions";
}

std::string Promises::check_media(const fs::path& folder) {
    const auto copy = scratch_ / "account";
    copy_folder(folder, copy);
    const auto media = read_media(copy);
    if (!media) {
        return "media: " + media.error().context;
    }
    const auto found = std::ranges::find(media_, *media);
    if (found == media_.end()) {
        return fmt::format("media: the server has {} files, and not those that it should have",
                           media->size());
    }
    media_.erase(found + 1, media_.end());
    return {};
}

}  // namespace ankiwire::sim
