// The works that a server is given, by name. Each makes its requests, and only then starts the
// clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "load/measure.hpp"
#include "load/requests.hpp"

namespace ankiwire::load {

struct Options {
    std::uint16_t port = 0;
    std::vector<User> users;
    std::size_t count = 1;  // of what each user does
    double seconds = 0;     // within which the users of a school begin
    std::string file;       // a collection to upload, or a copy of what is downloaded
    std::int64_t notetype = 0;
};

using Work = Result<Figures> (*)(const Options&);

// Syncs of users who are up to date, with ten reviews each; `count` of each user.
Result<Figures> small_syncs(const Options& options);
// A first normal sync: the `count` rows of each user's collection come out, one user after the
// other.
Result<Figures> chunk(const Options& options);
// `count` rows go in: 83 notes, cards and reviews in a chunk.
Result<Figures> apply_chunk(const Options& options);
// 5 000 decks, 200 notetypes, 20 000 tags.
Result<Figures> apply_changes(const Options& options);
Result<Figures> upload(const Options& options);
Result<Figures> download(const Options& options);
// The second user asks for meta, one after the other, while the first one uploads or downloads, or
// a password of theirs is guessed, `count` times.
Result<Figures> meta_during_upload(const Options& options);
Result<Figures> meta_during_download(const Options& options);
Result<Figures> meta_during_guesses(const Options& options);
// `count` files of 10 kB, 25 in a zip.
Result<Figures> media_up(const Options& options);
Result<Figures> media_down(const Options& options);
// `count` rows of the media list.
Result<Figures> media_changes(const Options& options);
// Each user logs in, `count` times.
Result<Figures> logins(const Options& options);
// `count` connections, each of which has asked for meta and stays open.
Result<Figures> connections(const Options& options);
// The users begin within `seconds`: `count` of them with a new device, which logs in and downloads;
// the others sync as small_syncs do, and their times count.
Result<Figures> school(const Options& options);

inline const std::map<std::string, Work> works = {
    {"small-syncs", small_syncs},
    {"chunk", chunk},
    {"apply-chunk", apply_chunk},
    {"apply-changes", apply_changes},
    {"upload", upload},
    {"download", download},
    {"meta-during-upload", meta_during_upload},
    {"meta-during-download", meta_during_download},
    {"meta-during-guesses", meta_during_guesses},
    {"media-up", media_up},
    {"media-down", media_down},
    {"media-changes", media_changes},
    {"logins", logins},
    {"connections", connections},
    {"school", school},
};

}  // namespace ankiwire::load
