#include "collection/lost_usns.hpp"

#include <algorithm>
#include <string>

#include "files/files.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace ankiwire::collection {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t format_newest = 1;

Result<std::string> text_of(const files::FileDescriptor& file) {
    TRY_ASSIGN(const auto size, files::size_of(file));
    std::string text(size, '\0');
    TRY_ASSIGN(const auto got, files::read_at(file, 0, text.data(), text.size()));
    text.resize(got);
    return text;
}

Result<std::int64_t> integer(const json::Object& object, std::string_view name) {
    TRY_ASSIGN(const auto member, object.member(name));
    return member.int64();
}

}  // namespace

Result<LostUsns> LostUsns::read(const fs::path& account_folder, TimestampMs schema_modified) {
    LostUsns lost;
    const auto file = files::open_for_reading(account_folder / lost_usns_name);
    if (!file) {
        return file.error().kind == ErrorKind::not_found ? Result(lost) : file.error();
    }
    auto parsed = [&]() -> Result<void> {
        TRY_ASSIGN(const auto text, text_of(*file));
        TRY_ASSIGN(const auto document, json::Document::parse(text));
        TRY_ASSIGN(const auto object, document.root().object());
        TRY_ASSIGN(const auto format, integer(object, "format"));
        if (format > format_newest) {
            return fail(ErrorKind::storage, "made by a newer ankiwire");
        }
        TRY_ASSIGN(const auto schema, integer(object, "schema_modified"));
        if (schema != schema_modified.value) {
            return {};
        }
        TRY_ASSIGN(const auto member, object.member("lost_usns"));
        TRY_ASSIGN(const auto ranges, member.array());
        return ranges.for_each([&](const json::Value& value) -> Result<void> {
            TRY_ASSIGN(const auto range, value.object());
            TRY_ASSIGN(const auto first, range.member("first"));
            TRY_ASSIGN(const auto last, range.member("last"));
            Range read;
            TRY_ASSIGN(read.first.value, first.int32());
            TRY_ASSIGN(read.last.value, last.int32());
            lost.ranges_.push_back(read);
            return {};
        });
    }();
    if (!parsed) {
        return fail(ErrorKind::storage,
                    std::string(lost_usns_name) + ": " + parsed.error().context);
    }
    return lost;
}

Result<void> LostUsns::write(const fs::path& account_folder, TimestampMs schema_modified) const {
    std::string text;
    json::Writer out(text);
    out.begin_object();
    out.key("format").integer(format_newest);
    out.key("schema_modified").integer(schema_modified.value);
    out.key("lost_usns").begin_array();
    for (const auto& [first, last] : ranges_) {
        out.begin_object();
        out.key("first").integer(first.value);
        out.key("last").integer(last.value);
        out.end_object();
    }
    out.end_array();
    out.end_object();

    const auto path = account_folder / lost_usns_name;
    const fs::path draft = path.native() + ".new";
    TRY(files::remove(draft));
    TRY_ASSIGN(const auto file, files::create(draft));
    TRY(files::write_all(file, text));
    TRY(files::sync_to_disk(file));
    TRY(files::rename(draft, path));
    return files::sync_to_disk(account_folder);
}

Result<void> LostUsns::remove(const fs::path& account_folder) {
    return files::remove(account_folder / lost_usns_name);
}

void LostUsns::add(Usn first, Usn last) { ranges_.push_back({first, last}); }

bool LostUsns::contains(Usn usn) const {
    return std::ranges::any_of(
        ranges_, [&](const Range& range) { return range.first <= usn && usn <= range.last; });
}

}  // namespace ankiwire::collection
