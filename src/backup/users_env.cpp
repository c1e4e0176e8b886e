#include "backup/users_env.hpp"

#include <algorithm>
#include <string_view>

namespace ankiwire::backup {
namespace {

bool is_user(std::string_view name) {
    constexpr std::string_view prefix = "SYNC_USER";
    return name.size() > prefix.size() && name.starts_with(prefix) &&
           std::ranges::all_of(name.substr(prefix.size()),
                               [](char c) { return c >= '0' && c <= '9'; });
}

// Within single quotes everything is itself; a single quote itself needs double ones, and there
// what would have a meaning gets a backslash.
std::string quoted(std::string_view value) {
    if (value.find('\'') == std::string_view::npos) {
        return "'" + std::string(value) + "'";
    }
    std::string text = "\"";
    for (const char c : value) {
        if (std::string_view("\\\"$`").find(c) != std::string_view::npos) {
            text += '\\';
        }
        text += c;
    }
    return text + "\"";
}

}  // namespace

std::string users_env(const std::map<std::string, std::string, std::less<>>& environment) {
    std::string users;
    for (const auto& [name, value] : environment) {
        if (is_user(name)) {
            users += name;
            users += '=' + quoted(value) + '\n';
        }
    }
    const auto hashed = environment.find("PASSWORDS_HASHED");
    if (!users.empty() && hashed != environment.end()) {
        users += "PASSWORDS_HASHED=" + quoted(hashed->second) + '\n';
    }
    return users;
}

}  // namespace ankiwire::backup
