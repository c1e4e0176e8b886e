// Contract of users' names, for any: each name that is taken is a folder of its own just below the
// data folder, and its host key leads there, and to no other. Input: a name in each line.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "files/files.hpp"
#include "files/temp_folder.hpp"
#include "server/users.hpp"

using namespace ankiwire;
using namespace ankiwire::server;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t names_max = 8;

User resolve(EnvUserDirectory& users, const HostKey& key) {
    boost::asio::io_context io(1);
    User user;
    const auto ask = [&]() -> boost::asio::awaitable<void> {
        auto found = co_await users.resolve(key, {});
        CHECK(found);
        user = std::move(found).value();
    };
    boost::asio::co_spawn(io, ask(), [](const std::exception_ptr& thrown) { CHECK(!thrown); });
    io.run();
    return user;
}

// Of the names that can be users' together.
Environment environment_of_names(std::string_view text, const fs::path& base) {
    Environment environment{{"SYNC_BASE", base.string()}};
    for (std::size_t i = 1; !text.empty() && i <= names_max; ++i) {
        const auto name = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(name.size() + 1, text.size()));
        const auto variable = "SYNC_USER" + std::to_string(i);
        environment.emplace(variable, std::string(name) + ":password");
        const auto parsed = parse_config(environment);
        const bool is_new = parsed.problems.empty();
        CHECK(is_new || !name_problem(name.substr(0, name.find(':'))).empty() ||
              parsed.problems.back().find("same name") != std::string::npos);
        if (!is_new) {
            environment.erase(variable);
        }
    }
    return environment;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const files::TempFolder folder;
    const auto base = folder.path() / "base";
    const auto config =
        parse_config(environment_of_names({reinterpret_cast<const char*>(data), size}, base))
            .config;
    boost::asio::io_context io;
    EnvUserDirectory users(config, io.get_executor());
    CHECK(files::make_folders(base));
    for (const auto& user : config.users) {
        const auto found = resolve(users, user.host_key);
        CHECK(found.name == user.name);
        CHECK(found.folder.parent_path() == base && found.folder.filename() == user.name);
        CHECK(!fs::exists(found.folder));
        CHECK(files::make_folders(found.folder));
    }
    std::size_t folders = 0;
    for (const auto& entry : fs::directory_iterator(base)) {
        folders += entry.is_directory() ? 1 : 0;
    }
    CHECK(folders == config.users.size());
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
    return 0;
}
