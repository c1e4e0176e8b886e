#include <unistd.h>

#include <CLI/CLI.hpp>

#include "server/commands.hpp"

int main(int argc, char** argv) {
    using namespace ankiwire::server;
    const auto environment = environment_of(environ);

    CLI::App app("A sync server for Anki. Configured by the environment, as the official one is.");
    app.set_version_flag("--version", "ankiwire " ANKIWIRE_VERSION);
    app.require_subcommand(0, 1);
    app.add_subcommand("serve", "Run the server (the default)");
    const auto* check = app.add_subcommand("check-config", "Say what the server would do");

    std::string user;
    bool json = false;
    auto* versions = app.add_subcommand("versions", "List the collections that were replaced");
    versions->add_option("--user,user", user, "Only this user's");
    versions->add_flag("--json", json, "For programs");

    std::int64_t id = 0;
    auto* restore = app.add_subcommand("restore", "Bring a replaced collection back");
    restore->add_option("--user,user", user, "Whose")->required();
    restore->add_option("version", id, "The first column of `ankiwire versions`")->required();
    CLI11_PARSE(app, argc, argv);

    if (check->parsed()) {
        return check_config(environment);
    }
    if (versions->parsed()) {
        return list_versions(environment, user, json);
    }
    if (restore->parsed()) {
        return restore_version(environment, user, id);
    }
    return serve(environment);
}
