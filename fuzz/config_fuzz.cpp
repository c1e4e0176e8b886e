// Contract of the settings, for any variables: a configuration, or problems, in sentences that
// never show a password; a configuration without problems can be described and says what was set.
// Input: NAME=value in each line; an input that begins with `!` has passwords that no message holds
// by chance.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "server/config.hpp"

using namespace ankiwire::server;

namespace {

constexpr std::string_view secret = "\x01never shown\x01";

Environment read(std::string_view text, std::string_view password_end) {
    std::vector<std::string> lines;
    for (; !text.empty(); text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1)) {
        lines.emplace_back(text.substr(0, text.find('\n')));
        std::erase(lines.back(), '\0');  // no variable of a process holds it
        if (lines.back().starts_with("SYNC_USER") && lines.back().find('=') != std::string::npos) {
            lines.back() += password_end;
        }
    }
    std::vector<const char*> variables;
    variables.reserve(lines.size() + 1);
    for (const auto& line : lines) {
        variables.push_back(line.c_str());
    }
    variables.push_back(nullptr);
    return environment_of(variables.data());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const bool is_secret = text.starts_with('!') && text.find("shown") == text.npos;
    const auto environment = read(text.substr(is_secret ? 1 : 0), is_secret ? secret : "");
    auto parsed = parse_config(environment);
    auto said = parsed.problems;
    said.insert(said.end(), parsed.remarks.begin(), parsed.remarks.end());
    if (!parsed.problems.empty()) {
        CHECK(std::ranges::none_of(said, &std::string::empty));
    } else {
        const auto& config = parsed.config;
        CHECK(!config.users.empty() && !config.base.empty());
        CHECK(config.upload_packed_bytes_max > 0 &&
              config.upload_unpacked_bytes_max() <= ankiwire::limits::response_bytes_max);
        std::set<std::string> keys;
        for (const auto& user : config.users) {
            CHECK(name_problem(user.name).empty());
            CHECK(keys.insert(user.host_key.reveal()).second);
        }
        said.push_back(describe(config));
    }
    for (const auto& sentence : said) {
        CHECK(!is_secret || sentence.find(secret) == sentence.npos);
    }
    return 0;
}
