#include "conformance/lines.hpp"

#include <algorithm>
#include <utility>

namespace ankiwire::conformance {
namespace {

constexpr std::string_view spaces = " \t";

bool continues(std::string_view line) {
    return !line.empty() &&
           (spaces.find(line.front()) != std::string_view::npos ||
            std::string_view("{}[]\"").find(line.front()) != std::string_view::npos);
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

Words split(std::string_view text, std::string_view separator) {
    Words parts;
    while (true) {
        const auto end = text.find(separator);
        if (const auto part = trimmed(text.substr(0, end)); !part.empty()) {
            parts.emplace_back(part);
        }
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + separator.size());
    }
}

std::string_view take_word(std::string_view& text) {
    text = trimmed(text);
    const auto word = text.substr(0, text.find_first_of(" \t\n"));
    text = trimmed(text.substr(word.size()));
    return word;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
    return text;
}

// Longer names first, so that $ab is not taken for $a.
std::string with_values(std::string text, const Values& values) {
    std::vector<std::pair<std::string, std::string>> ordered(values.begin(), values.end());
    std::ranges::sort(ordered,
                      [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [name, value] : ordered) {
        text = replaced(std::move(text), "$" + name, value);
    }
    return text;
}

std::vector<Block> blocks_of(std::string_view text, std::string& comment) {
    std::vector<Block> blocks;
    bool commenting = true;  // until the first block
    int number = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.starts_with('#')) {
            if (commenting && blocks.empty()) {
                comment += comment.empty() ? "" : " ";
                comment += trimmed(line.substr(1));
            }
        } else if (continues(line) && !blocks.empty()) {
            blocks.back().text += "\n" + std::string(line);
        } else if (!trimmed(line).empty()) {
            blocks.push_back({number, std::string(line)});
        }
    }
    return blocks;
}

}  // namespace ankiwire::conformance
