#include "wire/form.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/limits.hpp"
#include "model/utf8.hpp"

namespace ankiwire::wire {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";
constexpr std::string_view white_space = " \t";
constexpr std::string_view data_part = "data";
constexpr std::array<std::string_view, 5> value_parts = {"c", "k", "s", "sk", "v"};
constexpr std::size_t part_head_bytes_max = 4 * limits::kib;
constexpr std::size_t value_bytes_max = 4 * limits::kib;
constexpr std::size_t padding_bytes_max = 64;  // behind a delimiter

std::string decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        unsigned char byte = 0;
        const bool escaped =
            text[0] == '%' && text.size() >= 3 &&
            std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3;
        out += escaped ? static_cast<char>(byte) : text[0] == '+' ? ' ' : text[0];
        text.remove_prefix(escaped ? 3 : 1);
    }
    return out;
}

// What comes before `separator`, which is taken away with it; all if there is none.
std::string_view take_until(std::string_view& text, std::string_view separator) {
    const auto at = text.find(separator);
    const auto taken = text.substr(0, at);
    text.remove_prefix(at == npos ? text.size() : at + separator.size());
    return taken;
}

std::string_view without_quotes(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        return text.substr(1, text.size() - 2);
    }
    return text;
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
    return text.substr(0, text.find_last_not_of(white_space) + 1);
}

// What comes before the next `;` that is in no quotes, which is taken away with it.
std::string_view take_item(std::string_view& header) {
    bool is_quoted = false;
    std::size_t at = 0;
    for (; at < header.size() && (is_quoted || header[at] != ';'); ++at) {
        is_quoted = is_quoted != (header[at] == '"');
        at += is_quoted && header[at] == '\\' ? 1 : 0;
    }
    const auto item = header.substr(0, at);
    header.remove_prefix(std::min(at + 1, header.size()));
    return trimmed(item);
}

bool equal_ignoring_case(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

// The value of `name=` among the parameters of a header's value; empty if there is none.
std::string_view parameter(std::string_view header, std::string_view name) {
    take_item(header);
    while (!header.empty()) {
        auto item = take_item(header);
        if (equal_ignoring_case(take_until(item, "="), name)) {
            return without_quotes(item);
        }
    }
    return {};
}

// The name that the head of a part gives it.
std::string_view name_of_part(std::string_view head) {
    while (!head.empty()) {
        auto line = take_until(head, line_end);
        if (equal_ignoring_case(take_until(line, ":"), "content-disposition")) {
            return parameter(line, "name");
        }
    }
    return {};
}

}  // namespace

FormValues parse_query(std::string_view query) {
    FormValues values;
    while (!query.empty()) {
        auto item = take_until(query, "&");
        const auto name = take_until(item, "=");
        values[decoded(name)] = decoded(item);
    }
    return values;
}

bool is_form_type(std::string_view content_type) {
    return equal_ignoring_case(take_item(content_type), "multipart/form-data");
}

Result<FormReader> FormReader::make(std::string_view content_type) {
    const auto boundary = parameter(content_type, "boundary");
    if (boundary.empty()) {
        return fail(ErrorKind::malformed, "multipart without a boundary");
    }
    return FormReader(std::string(line_end) + "--" + std::string(boundary));
}

Result<void> FormReader::push(std::string_view piece, const ByteSink& data) {
    buffer_ += piece;
    std::string_view rest = buffer_;
    bool advanced = true;
    while (advanced) {
        TRY_ASSIGN(advanced, advance(rest, data));
    }
    buffer_.erase(0, buffer_.size() - rest.size());
    return {};
}

Result<void> FormReader::finish(const ByteSink& data) {
    switch (state_) {
        case State::before_parts:
            return fail(ErrorKind::malformed, "a form without its boundary");
        case State::in_head:
            return fail(ErrorKind::malformed, "a form that ends in the head of a part");
        case State::in_part:
            break;
        case State::behind_parts:
            return {};
    }
    const std::string_view rest = buffer_;
    for (const std::string_view end : {std::string_view(delimiter_), line_end}) {
        if (rest.ends_with(end)) {
            return add_to_part(rest.substr(0, rest.size() - end.size()), data);
        }
    }
    return fail(ErrorKind::malformed, "a form that ends within a part");
}

std::optional<FormReader::Delimiter> FormReader::find_delimiter(std::string_view text) const {
    for (std::size_t at = 0; (at = text.find(delimiter_, at)) != npos; ++at) {
        const auto end = at + delimiter_.size();
        auto behind = text.substr(end);
        if (behind.starts_with("--")) {
            return Delimiter{at, end + 2, true};
        }
        const auto padding =
            std::min({behind.find_first_not_of(white_space), behind.size(), padding_bytes_max});
        if (behind.substr(padding).starts_with(line_end)) {  // R-LEG-06
            return Delimiter{at, end + padding, false};
        }
    }
    return std::nullopt;
}

Result<bool> FormReader::advance(std::string_view& rest, const ByteSink& data) {
    if (state_ == State::in_head) {
        return read_head(rest);
    }
    if (state_ == State::behind_parts) {
        rest = {};
        return false;
    }
    const auto found = find_delimiter(rest);
    // What may be the beginning of a delimiter waits for more.
    const auto waiting = std::min(rest.size(), delimiter_.size() + padding_bytes_max + 1);
    const auto content = rest.substr(0, found ? found->begin : rest.size() - waiting);
    if (state_ == State::in_part) {
        TRY(add_to_part(content, data));
    }
    rest.remove_prefix(found ? found->end : content.size());
    if (found) {
        state_ = found->is_last ? State::behind_parts : State::in_head;
    }
    return found.has_value();
}

// It begins with the line end of the delimiter, and without any other line has this one alone.
Result<bool> FormReader::read_head(std::string_view& rest) {
    const auto end = rest.substr(0, part_head_bytes_max).find(head_end);
    if (end == npos && rest.size() >= part_head_bytes_max) {
        return fail(ErrorKind::malformed, "the head of a part of a form is too long");
    }
    if (end == npos) {
        return false;
    }
    TRY(begin_part(name_of_part(rest.substr(0, end))));
    rest.remove_prefix(end + head_end.size());
    state_ = State::in_part;
    return true;
}

Result<void> FormReader::begin_part(std::string_view name) {
    name_ = name;
    if (name == data_part) {
        return std::exchange(has_data_, true)
                   ? fail(ErrorKind::malformed, "a form with two parts `data`")
                   : Result<void>();
    }
    if (std::ranges::find(value_parts, name) == value_parts.end()) {
        name_.clear();
        return {};
    }
    if (name == "k" || name == "sk") {
        values_.erase("k");
        values_.erase("sk");
    }
    values_[name_].clear();
    return {};
}

Result<void> FormReader::add_to_part(std::string_view content, const ByteSink& data) {
    if (name_.empty()) {
        return {};
    }
    if (name_ == data_part) {
        return content.empty() ? Result<void>() : data(content);
    }
    auto& value = values_[name_];
    if (value.size() + content.size() > value_bytes_max) {
        return fail(ErrorKind::malformed, "the part " + name_ + " of a form is too long");
    }
    value += content;
    return {};
}

}  // namespace ankiwire::wire
