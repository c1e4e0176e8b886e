#include "wire/form.hpp"

#include <algorithm>
#include <charconv>

#include "model/utf8.hpp"

namespace ankiwire::wire {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view line_end = "\r\n";

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

// The value of `name=` among the parameters of a header's value; empty if there is none.
std::string_view parameter(std::string_view header, std::string_view name) {
    take_until(header, ";");
    while (!header.empty()) {
        auto item = take_until(header, ";");
        item.remove_prefix(std::min(item.find_first_not_of(" \t"), item.size()));
        const auto key = take_until(item, "=");
        if (key == name) {
            return without_quotes(item.substr(0, item.find_last_not_of(" \t") + 1));
        }
    }
    return {};
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
    return text.size() >= start.size() &&
           std::equal(start.begin(), start.end(), text.begin(),
                      [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

// The name that the head of a part gives it.
std::string_view name_of_part(std::string_view head) {
    while (!head.empty()) {
        const auto line = take_until(head, line_end);
        if (starts_with_ignoring_case(line, "content-disposition:")) {
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

Result<FormValues> parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = parameter(content_type, "boundary");
    if (boundary.empty()) {
        return fail(ErrorKind::malformed, "multipart without a boundary");
    }
    const std::string delimiter = "--" + std::string(boundary);
    const std::string next = std::string(line_end) + delimiter;
    FormValues values;
    take_until(body, delimiter);
    while (body.starts_with(line_end)) {  // "--" after the last one
        body.remove_prefix(line_end.size());
        const auto head = take_until(body, "\r\n\r\n");
        const auto name = name_of_part(head);
        if (name.empty()) {
            return fail(ErrorKind::malformed, "a part of a form without a name");
        }
        const bool ends = body.find(next) != npos;
        auto value = take_until(body, next);
        if (!ends && value.ends_with(line_end)) {
            value.remove_suffix(line_end.size());
        }
        values[std::string(name)] = std::string(value);
    }
    return values;
}

}  // namespace ankiwire::wire
