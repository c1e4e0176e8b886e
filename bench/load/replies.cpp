#include "load/replies.hpp"

#include <algorithm>
#include <charconv>

namespace ankiwire::load {

std::size_t count_of(std::string_view part, std::string_view text) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

// Each row is in brackets, and so is each list of rows, which has another bracket behind its own.
std::size_t rows_in(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '[')) -
           count_of("[[", text) - count_of("[]", text);
}

std::size_t rows_behind(std::string_view key, std::string_view text) {
    const auto at = text.find(key);
    if (at == std::string_view::npos) {
        return 0;
    }
    const auto rest = text.substr(at + key.size());
    return rows_in(rest.substr(0, rest.find("]]")));
}

std::vector<std::uint32_t> numbers_behind(std::string_view key, std::string_view text) {
    std::vector<std::uint32_t> numbers;
    const auto at = text.find(key);
    auto rest = at == std::string_view::npos ? "" : text.substr(at + key.size());
    while (!rest.empty() &&
           std::string_view("0123456789[],").find(rest[0]) != std::string_view::npos) {
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        const bool is_number = error == std::errc{};
        if (is_number) {
            numbers.push_back(number);
        }
        rest.remove_prefix(is_number ? static_cast<std::size_t>(end - rest.data()) : 1);
    }
    return numbers;
}

}  // namespace ankiwire::load
