#include "model/html_strip.hpp"

#include <utf8proc.h>

#include <array>
#include <cstddef>
#include <vector>

#include "model/utf8.hpp"

namespace ankiwire {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view long_s = "\u017f";

// Where `word` (lower case) ends if it stands at `pos`, in any case; npos if it does not. In the
// simple case folding of Unicode U+017F is an s, too; no word here has another such letter.
std::size_t end_of_word(std::string_view text, std::size_t pos, std::string_view word) {
    for (const char letter : word) {
        if (pos == text.size()) return npos;
        if (ascii_lower(text[pos]) == letter) {
            ++pos;
        } else if (letter == 's' && text.substr(pos, long_s.size()) == long_s) {
            pos += long_s.size();
        } else {
            return npos;
        }
    }
    return pos;
}

// What `\w` matches: Alphabetic, Mark, Decimal_Number, Connector_Punctuation and Join_Control.
bool is_word_character(char32_t c) {
    const auto within = [c](char32_t min, char32_t max) { return c >= min && c <= max; };
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_PC:
            return true;
        case UTF8PROC_CATEGORY_SO:  // the alphabetic ones: circled, squared, negative letters
            return within(0x24b6, 0x24e9) || within(0x1f130, 0x1f149) || within(0x1f150, 0x1f169) ||
                   within(0x1f170, 0x1f189);
        default:
            return c == 0x200c || c == 0x200d;
    }
}

bool word_character_before(std::string_view text, std::size_t pos) {
    return pos > 0 && is_word_character(last_code_point(text.substr(0, pos)).value);
}

bool word_character_at(std::string_view text, std::size_t pos) {
    return pos < text.size() && is_word_character(first_code_point(text.substr(pos)).value);
}

struct MediaTag {
    std::size_t start;         // of its `<`
    std::size_t inside;        // after its name
    std::size_t value = npos;  // of its attribute, after the `=`; npos: it has none
};

std::vector<MediaTag> find_media_tags(std::string_view html) {
    std::vector<MediaTag> tags;
    for (std::size_t start = html.find('<'); start != npos; start = html.find('<', start + 1)) {
        for (const std::string_view name : {"img", "audio", "video", "object", "source"}) {
            const std::size_t inside = end_of_word(html, start + 1, name);
            if (inside != npos && !word_character_at(html, inside)) tags.push_back({start, inside});
        }
    }
    return tags;
}

// Where the value begins of the attribute that stands at `pos`, or npos. A value is anything of at
// least one character with a `>` after it, hence `last_end`, the position of the last `>`.
std::size_t attribute_value(std::string_view html, std::size_t pos, std::size_t last_end) {
    for (const std::string_view name : {"src", "data"}) {
        const std::size_t equals = end_of_word(html, pos, name);
        if (equals == npos || equals + 1 >= last_end) continue;
        if (html[equals] != '=' || html[equals + 1] == '>') continue;
        return word_character_before(html, pos) ? npos : equals + 1;
    }
    return npos;
}

// Which attribute is a tag's? The regular expression looks for the nearest one; the way to it leads
// over any character but `>`, and only where that way fails, over a whole quoted string, which may
// hold `>`. So the answer at each position follows from those further right, and one walk from
// right to left finds all of them.
void find_attributes(std::string_view html, std::vector<MediaTag>& tags, std::size_t last_end) {
    std::size_t beyond_double = npos;  // the answer behind the nearest `"` to the right
    std::size_t beyond_single = npos;
    auto tag = tags.rbegin();
    while (tag != tags.rend() && tag->inside > last_end) ++tag;
    std::size_t answer = npos;
    for (std::size_t pos = last_end; tag != tags.rend(); --pos) {
        switch (html[pos]) {
            case '>':
                answer = npos;
                break;
            case '"':
            case '\'': {
                std::size_t& beyond = html[pos] == '"' ? beyond_double : beyond_single;
                const std::size_t behind = answer;
                if (answer == npos) answer = beyond;
                beyond = behind;
                break;
            }
            case 's':
            case 'S':
            case long_s.front():
            case 'd':
            case 'D': {
                const std::size_t value = attribute_value(html, pos, last_end);
                if (value != npos) answer = value;
                break;
            }
            default:
                break;
        }
        if (pos == tag->inside) tag++->value = answer;
    }
}

struct AttributeText {
    std::string_view text;
    std::size_t tag_end;  // after the `>`
};

// Precondition: attribute_value() gave `value`.
AttributeText attribute_text(std::string_view html, std::size_t value, std::size_t last_end) {
    const char quote = html[value];
    if (quote == '"' || quote == '\'') {
        const std::size_t close = html.substr(0, last_end).find(quote, value + 1);
        if (close != npos && close != value + 1) {
            return {html.substr(value + 1, close - value - 1), html.find('>', close) + 1};
        }
    }
    const std::size_t end = html.find_first_of(" >", value + 1);
    return {html.substr(value, end - value), html.find('>', end) + 1};
}

// Finds the end of elements whose text goes with them. A search that failed once is not repeated.
class WrappedText {
public:
    explicit WrappedText(std::string_view html) : html_(html) {}

    // The end of the element that starts at `start`, or npos; `tag_end` is the first `>` after it.
    std::size_t end_of_element(std::size_t start, std::size_t tag_end) {
        for (Element& element : elements_) {
            const std::size_t opened = end_of_word(html_, start, element.open);
            if (opened == npos || element.no_more) continue;
            const std::size_t end =
                find_end(element.close, element.open_tag_has_end ? tag_end + 1 : opened);
            if (end != npos) return end;
            element.no_more = true;
        }
        return npos;
    }

private:
    struct Element {
        std::string_view open;
        std::string_view close;
        bool open_tag_has_end;
        bool no_more = false;
    };

    [[nodiscard]] std::size_t find_end(std::string_view close, std::size_t from) const {
        for (std::size_t pos = html_.find(close.substr(0, 2), from); pos != npos;
             pos = html_.find(close.substr(0, 2), pos + 1)) {
            const std::size_t end = end_of_word(html_, pos, close);
            if (end != npos) return end;
        }
        return npos;
    }

    std::string_view html_;
    std::array<Element, 3> elements_{Element{"<!--", "-->", false},
                                     Element{"<style", "</style>", true},
                                     Element{"<script", "</script>", true}};
};

}  // namespace

std::string replace_media_tags(std::string_view html) {
    std::vector<MediaTag> tags = find_media_tags(html);
    const std::size_t last_end = html.rfind('>');
    if (tags.empty() || last_end == npos) return std::string(html);
    find_attributes(html, tags, last_end);
    std::string text;
    text.reserve(html.size());
    std::size_t done = 0;
    for (const MediaTag& tag : tags) {
        if (tag.value == npos || tag.start < done) continue;
        const AttributeText attribute = attribute_text(html, tag.value, last_end);
        text.append(html.substr(done, tag.start - done));
        text.append(1, ' ').append(attribute.text).append(1, ' ');
        done = attribute.tag_end;
    }
    return text.append(html.substr(done));
}

std::string remove_tags(std::string_view html) {
    WrappedText wrapped(html);
    std::string text;
    text.reserve(html.size());
    std::size_t done = 0;
    for (;;) {
        const std::size_t start = html.find('<', done);
        const std::size_t tag_end = start == npos ? npos : html.find('>', start);
        if (tag_end == npos) return text.append(html.substr(done));
        text.append(html.substr(done, start - done));
        const std::size_t element_end = wrapped.end_of_element(start, tag_end);
        done = element_end == npos ? tag_end + 1 : element_end;
    }
}

}  // namespace ankiwire
