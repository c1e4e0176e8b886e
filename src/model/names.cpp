#include "model/names.hpp"

#include <utf8proc.h>

#include <algorithm>

#include "base/check.hpp"
#include "model/utf8.hpp"

namespace ankiwire {
namespace {

constexpr std::string_view human_separator = "::";
constexpr char stored_separator = '\x1f';
constexpr std::string_view ideographic_space = "\u3000";

// The property White_Space.
bool is_white_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

template <class IsTrimmed>
std::string_view trim(std::string_view text, IsTrimmed is_trimmed) {
    while (!text.empty()) {
        const CodePoint first = first_code_point(text);
        if (!is_trimmed(first.value)) break;
        text.remove_prefix(first.size);
    }
    while (!text.empty()) {
        const CodePoint last = last_code_point(text);
        if (!is_trimmed(last.value)) break;
        text.remove_suffix(last.size);
    }
    return text;
}

// The parts between `::`, each changed by `change`, joined by `to`.
template <class Change>
std::string map_parts(std::string_view text, std::string_view to, Change change) {
    std::string out;
    for (;;) {
        const std::size_t end = text.find(human_separator);
        out.append(change(text.substr(0, end)));
        if (end == std::string_view::npos) return out;
        out.append(to);
        text.remove_prefix(end + human_separator.size());
    }
}

std::string or_blank(std::string_view part) { return std::string(part.empty() ? "blank" : part); }

std::string deck_name_part(std::string_view human) {
    std::string part = to_nfc(human);
    std::erase_if(part, is_ascii_control);
    return or_blank(trim(part, [](char32_t c) { return is_white_space(c) || c == ':'; }));
}

std::string tag_part(std::string_view text) {
    std::string part = to_nfc(text);
    std::erase_if(part, [](char c) { return is_ascii_control(c) || c == ' '; });
    return or_blank(trim(replace_all(part, ideographic_space, ""), is_white_space));
}

// utf8proc_map() would do all of this, but it sorts marks in quadratic time.
std::vector<utf8proc_int32_t> decomposed(std::string_view text) {
    std::vector<utf8proc_int32_t> points;
    points.reserve(text.size());
    while (!text.empty()) {
        const CodePoint point = first_code_point(text);
        text.remove_prefix(point.size);
        utf8proc_int32_t parts[8];
        const utf8proc_ssize_t count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(point.value), parts,
                                    std::ssize(parts), UTF8PROC_DECOMPOSE, nullptr);
        CHECK(count >= 0 && count <= std::ssize(parts));
        points.insert(points.end(), parts, parts + count);
    }
    return points;
}

// Sorts each run of marks by combining class; equal ones keep their order.
void sort_marks(std::vector<utf8proc_int32_t>& points) {
    struct Mark {
        int combining_class;
        std::size_t pos;
        utf8proc_int32_t point;
        auto operator<=>(const Mark&) const = default;
    };
    std::vector<Mark> run;
    for (std::size_t pos = 0; pos <= points.size(); ++pos) {
        const int combining_class =
            pos == points.size() ? 0 : utf8proc_get_property(points[pos])->combining_class;
        if (combining_class != 0) {
            run.push_back({combining_class, pos, points[pos]});
        } else if (!run.empty()) {
            std::ranges::sort(run);
            auto sorted = points.begin() + static_cast<std::ptrdiff_t>(pos - run.size());
            for (const Mark& mark : run) *sorted++ = mark.point;
            run.clear();
        }
    }
}

}  // namespace

bool is_nfc(std::string_view text) { return to_nfc(text) == text; }

std::string to_nfc(std::string_view text) {
    if (std::ranges::all_of(text, is_ascii)) return std::string(text);
    std::vector<utf8proc_int32_t> points = decomposed(text);
    sort_marks(points);
    const utf8proc_ssize_t count = utf8proc_normalize_utf32(
        points.data(), std::ssize(points),
        static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    CHECK(count >= 0);
    points.resize(static_cast<std::size_t>(count));
    std::string composed;
    composed.reserve(text.size());
    for (const utf8proc_int32_t point : points) {
        append_code_point(composed, static_cast<char32_t>(point));
    }
    return composed;
}

std::string deck_name_from_human(std::string_view human) {
    return map_parts(human, {&stored_separator, 1}, deck_name_part);
}

std::string deck_name_to_human(std::string_view stored) {
    return replace_all(stored, {&stored_separator, 1}, human_separator);
}

std::string normalize_tag(std::string_view tag) {
    return map_parts(tag, human_separator, tag_part);
}

std::vector<std::string> split_tags(std::string_view tags) {
    std::vector<std::string> parts;
    const std::string spaced = replace_all(tags, ideographic_space, " ");
    for (std::string_view rest = spaced; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        if (end > 0) parts.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return parts;
}

std::string join_tags(const std::vector<std::string>& tags) {
    if (tags.empty()) return {};
    std::string joined = " ";
    for (const std::string& tag : tags) joined.append(tag).append(1, ' ');
    return joined;
}

}  // namespace ankiwire
