#include "collection/versions.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <system_error>

#include "files/files.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::collection {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t format_newest = 1;
constexpr int pack_level = 3;
constexpr std::int64_t hour_ms = 60 * 60 * 1000;
constexpr std::int64_t day_ms = 24 * hour_ms;

fs::path folder_of(const fs::path& account_folder) { return account_folder / "versions"; }

fs::path packed_path(const fs::path& account_folder, TimestampMs kept_at) {
    return folder_of(account_folder) / (std::to_string(kept_at.value) + ".anki2.zst");
}

fs::path description_path(const fs::path& account_folder, TimestampMs kept_at) {
    return folder_of(account_folder) / (std::to_string(kept_at.value) + ".json");
}

// Calls fn(piece) for the file's bytes in order.
template <class Fn>
Result<void> for_each_piece(const fs::path& path, Fn&& fn) {
    TRY_ASSIGN(const auto input, files::open_for_reading(path));
    std::string buffer(std::size_t{64} * 1024, '\0');
    for (std::uint64_t offset = 0;;) {
        TRY_ASSIGN(const auto got, files::read_at(input, offset, buffer.data(), buffer.size()));
        if (got == 0) {
            return {};
        }
        offset += got;
        TRY(fn(std::string_view(buffer).substr(0, got)));
    }
}

Result<void> pack(const fs::path& source, const fs::path& target) {
    TRY_ASSIGN(const auto output, files::create(target));
    const ByteSink sink = [&](std::string_view piece) { return files::write_all(output, piece); };
    zstd::Encoder encoder(pack_level);
    TRY(for_each_piece(source, [&](std::string_view piece) { return encoder.push(piece, sink); }));
    TRY(encoder.finish(sink));
    return files::sync_to_disk(output);
}

std::string describe(const Version& version) {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    out.key("format").integer(format_newest);
    out.key("kept_at_ms").integer(version.kept_at.value);
    out.key("reason").string(version.reason);
    out.key("client").string(version.client);
    write_counts(out, "contents", version.contents);
    write_counts(out, "lost", version.lost);
    out.key("packed_bytes").integer(static_cast<std::int64_t>(version.packed_bytes));
    out.end_object();
    return text;
}

Result<std::int64_t> integer(const json::Object& object, std::string_view name) {
    TRY_ASSIGN(const auto member, object.member(name));
    return member.int64();
}

Result<std::string> text(const json::Object& object, std::string_view name) {
    TRY_ASSIGN(const auto member, object.member(name));
    TRY_ASSIGN(const auto value, member.string());
    return std::string(value);
}

Result<ContentCounts> counts(const json::Object& object, std::string_view name) {
    TRY_ASSIGN(const auto member, object.member(name));
    TRY_ASSIGN(const auto fields, member.object());
    ContentCounts result;
    TRY_ASSIGN(result.notes, integer(fields, "notes"));
    TRY_ASSIGN(result.cards, integer(fields, "cards"));
    TRY_ASSIGN(result.reviews, integer(fields, "reviews"));
    return result;
}

Result<Version> parse_description(const fs::path& path) {
    std::stringstream stored;
    stored << std::ifstream(path).rdbuf();
    TRY_ASSIGN(const auto document, json::Document::parse(stored.str()));
    TRY_ASSIGN(const auto object, document.root().object());
    TRY_ASSIGN(const auto format, integer(object, "format"));
    if (format > format_newest) {
        return fail(ErrorKind::unsupported_version, "a version kept by a newer ankiwire");
    }
    Version version;
    TRY_ASSIGN(version.kept_at.value, integer(object, "kept_at_ms"));
    TRY_ASSIGN(version.reason, text(object, "reason"));
    TRY_ASSIGN(version.client, text(object, "client"));
    TRY_ASSIGN(version.contents, counts(object, "contents"));
    TRY_ASSIGN(version.lost, counts(object, "lost"));
    TRY_ASSIGN(const auto packed_bytes, integer(object, "packed_bytes"));
    version.packed_bytes = static_cast<std::uint64_t>(packed_bytes);
    return version;
}

// Names of the folder's files with this ending.
std::vector<fs::path> files_ending(const fs::path& folder, std::string_view ending) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().native().ends_with(ending)) {
            found.push_back(entry->path());
        }
    }
    return found;
}

void remove_strays(const fs::path& account_folder) {
    const auto folder = folder_of(account_folder);
    for (const auto& path : files_ending(folder, ".new")) {
        ::unlink(path.c_str());
    }
    constexpr std::string_view packed_ending = ".anki2.zst";
    for (const auto& path : files_ending(folder, packed_ending)) {
        auto description = path.native();
        description.replace(description.size() - packed_ending.size(), packed_ending.size(),
                            ".json");
        if (::access(description.c_str(), F_OK) != 0) {
            ::unlink(path.c_str());
        }
    }
}

// For each rung of the ladder one version stays: the newest of its period.
std::set<TimestampMs> kept_by_ladder(const std::vector<Version>& versions, TimestampMs now) {
    std::set<TimestampMs> kept;
    std::map<std::int64_t, TimestampMs> newest_of_day;
    std::map<std::int64_t, TimestampMs> newest_of_week;
    for (const auto& version : versions) {  // oldest first: later ones overwrite
        const auto age = now.value - version.kept_at.value;
        if (age < hour_ms) {
            kept.insert(version.kept_at);
        }
        if (age < 14 * day_ms) {
            newest_of_day[version.kept_at.value / day_ms] = version.kept_at;
        }
        if (age < 90 * day_ms) {
            newest_of_week[version.kept_at.value / (7 * day_ms)] = version.kept_at;
        }
    }
    for (const auto& [period, kept_at] : newest_of_day) {
        kept.insert(kept_at);
    }
    for (const auto& [period, kept_at] : newest_of_week) {
        kept.insert(kept_at);
    }
    return kept;
}

// Neither the ladder nor the quota takes these: the newest, and the one with the most reviews while
// it is young.
std::set<TimestampMs> untouchable(const std::vector<Version>& versions, TimestampMs now) {
    std::set<TimestampMs> kept;
    if (versions.empty()) {
        return kept;
    }
    kept.insert(versions.back().kept_at);
    const auto richest = std::ranges::max_element(
        versions, {}, [](const Version& version) { return version.contents.reviews; });
    if (now.value - richest->kept_at.value < 30 * day_ms) {
        kept.insert(richest->kept_at);
    }
    return kept;
}

}  // namespace

void write_counts(json::Writer& out, std::string_view name, const ContentCounts& counts) {
    out.key(name).begin_object();
    out.key("notes").integer(counts.notes);
    out.key("cards").integer(counts.cards);
    out.key("reviews").integer(counts.reviews);
    out.end_object();
}

Result<VersionList> list_versions(const fs::path& account_folder) {
    VersionList list;
    for (const auto& path : files_ending(folder_of(account_folder), ".json")) {
        auto version = parse_description(path);
        if (!version) {
            ++list.unreadable;
        } else if (::access(packed_path(account_folder, version->kept_at).c_str(), F_OK) == 0) {
            list.versions.push_back(std::move(version).value());
        }
    }
    std::ranges::sort(list.versions, {}, &Version::kept_at);
    return list;
}

Result<Version> keep_version(const fs::path& account_folder, const fs::path& snapshot,
                             Version description) {
    TRY(files::make_folders(folder_of(account_folder)));
    remove_strays(account_folder);
    while (::access(description_path(account_folder, description.kept_at).c_str(), F_OK) == 0) {
        ++description.kept_at.value;  // the time is the name
    }

    const auto packed = packed_path(account_folder, description.kept_at);
    const auto described = description_path(account_folder, description.kept_at);
    const fs::path packed_draft = packed.native() + ".new";
    const fs::path described_draft = described.native() + ".new";
    auto done = [&]() -> Result<void> {
        TRY(pack(snapshot, packed_draft));
        TRY_ASSIGN(description.packed_bytes, files::size_of(packed_draft));
        TRY_ASSIGN(const auto output, files::create(described_draft));
        TRY(files::write_all(output, describe(description)));
        TRY(files::sync_to_disk(output));
        TRY(files::rename(packed_draft, packed));
        TRY(files::rename(described_draft, described));
        return files::sync_to_disk(folder_of(account_folder));
    }();
    if (!done) {
        remove_strays(account_folder);
        return std::move(done).error();
    }
    return description;
}

Result<void> unpack_version(const fs::path& account_folder, TimestampMs kept_at,
                            const fs::path& target) {
    const auto packed = packed_path(account_folder, kept_at);
    if (::access(packed.c_str(), F_OK) != 0) {
        return fail(ErrorKind::not_found, "there is no version of that time");
    }
    TRY_ASSIGN(const auto output, files::create(target));
    const ByteSink sink = [&](std::string_view piece) { return files::write_all(output, piece); };
    zstd::Decoder decoder(SIZE_MAX);  // our own file
    TRY(for_each_piece(packed, [&](std::string_view piece) { return decoder.push(piece, sink); }));
    TRY(decoder.finish());
    return files::sync_to_disk(output);
}

std::vector<Version> versions_to_evict(std::vector<Version> versions, const Retention& retention,
                                       TimestampMs now) {
    std::ranges::sort(versions, {}, &Version::kept_at);
    const auto protected_ones = untouchable(versions, now);
    const auto on_ladder = kept_by_ladder(versions, now);
    std::vector<Version> evicted;
    std::vector<Version> staying;
    for (const auto& version : versions) {
        const bool stays =
            protected_ones.contains(version.kept_at) || on_ladder.contains(version.kept_at);
        (stays ? staying : evicted).push_back(version);
    }

    std::uint64_t bytes = 0;
    for (const auto& version : staying) {
        bytes += version.packed_bytes;
    }
    for (const auto& version : staying) {
        if (bytes <= retention.bytes_max) {
            break;
        }
        if (!protected_ones.contains(version.kept_at)) {
            bytes -= version.packed_bytes;
            evicted.push_back(version);
        }
    }
    return evicted;
}

Result<void> evict_versions(const fs::path& account_folder, const Retention& retention,
                            TimestampMs now) {
    TRY_ASSIGN(auto list, list_versions(account_folder));
    for (const auto& version : versions_to_evict(std::move(list.versions), retention, now)) {
        // The description first: without it the packed file is no version any more.
        ::unlink(description_path(account_folder, version.kept_at).c_str());
        ::unlink(packed_path(account_folder, version.kept_at).c_str());
    }
    return {};
}

}  // namespace ankiwire::collection
