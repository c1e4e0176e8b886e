#include "sim/promises.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
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
constexpr const char* missing = "the row is there, and no file";

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

// Of all files, none may be there without a row.
Result<void> look_for_strays(const fs::path& folder, const Media& media) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (!media.contains(entry.path().filename())) {
            return fail(ErrorKind::damaged, "no row knows the file " + entry.path().native());
        }
    }
    return {};
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
        const auto files = store.open_files(std::array{change.name});
        if (!files && files.error().kind == ErrorKind::session_conflict) {
            media[change.name] = missing;
            continue;
        }
        if (!files) {
            return files.error();
        }
        const auto& file = files->at(0);
        TRY_ASSIGN(const auto sha1, media::sha1_of(file.file));
        if (hex_of(sha1) != change.sha1_hex) {
            return fail(ErrorKind::damaged, change.name + " has another checksum than its row");
        }
        auto& bytes = media[change.name];
        bytes.resize(file.bytes);
        TRY(files::read_at(file.file, 0, bytes.data(), bytes.size()));
    }
    TRY(store.close());
    TRY(look_for_strays(account_folder / "media", media));
    return media;
}

template <class All>
auto find(All& all, const Contents& contents) {
    return std::ranges::find_if(
        all, [&](const auto& possible) { return difference(possible.contents, contents).empty(); });
}

// What both of two may have, if that can be said.
std::optional<Stamps> least_of(const std::optional<Stamps>& one,
                               const std::optional<Stamps>& other) {
    if (!one || !other || one->schema_modified != other->schema_modified) {
        return std::nullopt;
    }
    return Stamps{.modified = std::min(one->modified, other->modified),
                  .schema_modified = one->schema_modified,
                  .usn = std::min(one->usn, other->usn)};
}

// One that may leave the same as another: nobody will know which of the two it was.
template <class Possible>
void add(std::vector<Possible>& all, Possible possible) {
    const auto same = find(all, possible.contents);
    if (same == all.end()) {
        all.push_back(std::move(possible));
        return;
    }
    if (possible.replaced) {
        same->replaced.reset();
    }
    same->stamps = least_of(same->stamps, possible.stamps);
}

// Of what an upload replaces: all, unless there are no cards.
std::optional<Contents> worth_keeping(const Contents& replaced) {
    return replaced.cards.empty() ? std::nullopt : std::optional(replaced);
}

std::string check_stamps(const Stamps& due, const Stamps& there) {
    if (there.schema_modified != due.schema_modified) {
        return fmt::format(
            "the schema stamp is {} and not {}: each device is asked for a full sync",
            there.schema_modified.value, due.schema_modified.value);
    }
    return going_back(due, there);
}

void add_media(std::vector<Media>& all, Media media) {
    if (std::ranges::find(all, media) == all.end()) {
        all.push_back(std::move(media));
    }
}

}  // namespace

Promises::Promises(Contents start, fs::path scratch)
    : scratch_(std::move(scratch)),
      collections_{{.contents = std::move(start), .replaced = {}, .stamps = {}}},
      media_(1) {}

std::size_t Promises::set_out(Possible possible) {
    new_collections_.push_back({.change = std::move(possible), .number = ++last_number_});
    return last_number_;
}

std::size_t Promises::may_sync(const Contents& contents) {
    Possible possible{.contents = contents, .replaced = {}, .stamps = {}};
    if (collections_.size() == 1) {
        possible.replaced = collections_[0].replaced;
        possible.stamps = collections_[0].stamps;
    }
    if (possible.stamps) {
        ++possible.stamps->usn.value;
    }
    return set_out(std::move(possible));
}

std::size_t Promises::may_upload(const Contents& contents, const Stamps& stamps) {
    return set_out({.contents = contents,
                    .replaced = collections_.size() == 1 ? worth_keeping(collections_[0].contents)
                                                         : std::nullopt,
                    .stamps = stamps,
                    .is_upload = true});
}

std::size_t Promises::may_change_media(const MediaChanges& changes) {
    media_batches_.push_back({.change = changes, .number = ++last_number_});
    return last_number_;
}

std::optional<Media> Promises::media() const {
    return media_.size() == 1 ? std::optional(media_[0]) : std::nullopt;
}

void Promises::may_lose_media(const std::string& name) {
    for (auto media : std::vector(media_)) {
        media[name] = missing;
        add_media(media_, std::move(media));
    }
    media_are_in_order_ = false;
}

Promises Promises::of_a_backup() const {
    auto held = *this;
    for (auto& media : held.media_) {
        std::erase_if(media, [](const auto& file) { return file.second == missing; });
    }
    return held;
}

void Promises::note(std::size_t number, Outcome outcome) {
    const auto note_in = [&](auto& all) {
        for (auto& each : all) {
            each.outcome = each.number == number ? outcome : each.outcome;
        }
    };
    note_in(new_collections_);
    note_in(media_batches_);
}

void Promises::is_done(std::size_t number) { note(number, Outcome::done); }
void Promises::is_refused(std::size_t number) { note(number, Outcome::refused); }

std::string Promises::are_told(const Stamps& stamps) {
    const auto has_that_schema = [&](const Possible& possible) {
        return !possible.stamps || possible.stamps->schema_modified == stamps.schema_modified;
    };
    if (std::ranges::none_of(collections_, has_that_schema) &&
        std::ranges::none_of(new_collections_, has_that_schema, &OnItsWay<Possible>::change)) {
        return fmt::format("the server tells of the schema stamp {}, which nobody gave",
                           stamps.schema_modified.value);
    }
    auto& known = collections_[0].stamps;
    const bool is_clear = new_collections_.empty() && collections_.size() == 1 && known;
    if (is_clear && known->schema_modified == stamps.schema_modified) {
        known->usn = std::max(known->usn, stamps.usn);
        known->modified = std::max(known->modified, stamps.modified);
    }
    return {};
}

// A sync that was answered for came before it: an upload ends all syncs.
std::optional<Contents> Promises::replaced_by(const OnItsWay<Possible>& upload) const {
    auto replaced = upload.change.replaced;
    for (const auto& other : new_collections_) {
        if (other.number == upload.number || other.outcome == Outcome::refused) {
            continue;
        }
        const bool is_clear = new_collections_.size() == 2 && !other.change.is_upload &&
                              other.outcome == Outcome::done;
        if (!is_clear) {
            return std::nullopt;
        }
        replaced = worth_keeping(other.change.contents);
    }
    return replaced;
}

std::vector<Promises::Possible> Promises::possible_collections() const {
    const bool is_any_done = std::ranges::any_of(
        new_collections_, [](const auto& each) { return each.outcome == Outcome::done; });
    auto all = is_any_done ? std::vector<Possible>() : collections_;
    for (const auto& each : new_collections_) {
        if (each.outcome == Outcome::refused) {
            continue;
        }
        auto possible = each.change;
        if (possible.is_upload) {
            possible.replaced = replaced_by(each);
        } else if (new_collections_.size() > 1) {
            possible.replaced.reset();
        }
        add(all, std::move(possible));
    }
    return all;
}

// Each order in which they may have come through, of those that did.
std::vector<Media> Promises::possible_media() const {
    std::vector<std::size_t> order(media_batches_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<Media> all;
    do {
        auto some = media_;
        for (const auto index : order) {
            const auto& [changes, outcome, number] = media_batches_[index];
            auto before = outcome == Outcome::done ? std::exchange(some, {}) : some;
            for (auto& media : before) {
                if (outcome != Outcome::refused) {
                    add_media(some, changed(std::move(media), changes));
                }
            }
        }
        for (auto& media : some) {
            add_media(all, std::move(media));
        }
    } while (std::ranges::next_permutation(order).found);
    return all;
}

void Promises::all_have_ended() {
    if (!new_collections_.empty()) {
        collections_ = possible_collections();
        collections_are_in_order_ =
            collections_.size() == 1 || (collections_are_in_order_ && new_collections_.size() == 1);
        new_collections_.clear();
    }
    if (!media_batches_.empty()) {
        media_ = possible_media();
        media_are_in_order_ =
            media_.size() == 1 || (media_are_in_order_ && media_batches_.size() == 1);
        media_batches_.clear();
    }
}

bool Promises::is_there(const Contents& contents) {
    CHECK(new_collections_.empty());
    const auto found = find(collections_, contents);
    if (found == collections_.end()) {
        return false;
    }
    collections_ = {*found};
    collections_are_in_order_ = true;
    return true;
}

bool Promises::has_media(const std::map<std::string, std::string>& sums) const {
    return sums_of(media_seen_) == sums;
}

bool Promises::had_media(const std::map<std::string, std::string>& sums) const {
    const auto all = possible_media();
    return std::ranges::find(all, sums, sums_of) != all.end() ||
           std::ranges::find(media_, sums, sums_of) != media_.end();
}

bool Promises::is_possible(const Contents& contents) const {
    const auto all = possible_collections();
    return find(all, contents) != all.end() || find(collections_, contents) != collections_.end();
}

std::string Promises::check(const fs::path& account_folder) {
    auto found = check_collection(account_folder);
    return found.empty() ? check_media(account_folder) : found;
}

std::string Promises::check_collection(const fs::path& folder) {
    const auto file = read_collection(folder / "collection.anki2", scratch_ / "collection");
    if (!file) {
        return "the collection cannot be read: " + file.error().context;
    }
    auto all = possible_collections();
    const auto found = find(all, file->contents);
    if (found == all.end()) {
        return "the server has lost or invented something (here: what it should have):\n" +
               difference(all.back().contents, file->contents);
    }
    if (found->stamps) {
        if (auto wrong = check_stamps(*found->stamps, file->stamps); !wrong.empty()) {
            return wrong;
        }
    }
    const auto replaced = found->replaced;
    if (new_collections_.empty() && collections_are_in_order_) {
        all.erase(found + 1, all.end());
        collections_ = std::move(all);
    }
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
    auto all = possible_media();
    const auto found = std::ranges::find(all, *media);
    if (found == all.end()) {
        return fmt::format("media: the server has {} files, and not those that it should have",
                           media->size());
    }
    media_seen_ = *media;
    if (media_batches_.empty() && media_are_in_order_) {
        all.erase(found + 1, all.end());
        media_ = std::move(all);
    }
    return {};
}

}  // namespace ankiwire::sim
