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

    std::string directory;
    std::size_t keep = 0;
    auto* backup =
        app.add_subcommand("backup", "Save all users below a folder, also while the server runs");
    backup->add_option("directory", directory, "Gets a folder named after the time")->required();
    backup->add_option("--keep", keep, "How many backups stay after a success (all)")
        ->check(CLI::PositiveNumber);

    std::int64_t id = 0;
    std::string from;
    auto* restore =
        app.add_subcommand("restore", "Bring a replaced collection back, or a whole backup");
    restore->add_option("--user,user", user, "Whose; of a backup: all, if not given");
    auto* version = restore->add_option("version", id, "The first column of `ankiwire versions`");
    restore->add_option("--from", from, "A backup, or the folder of backups: then the newest")
        ->excludes(version);
    CLI11_PARSE(app, argc, argv);

    if (check->parsed()) {
        return check_config(environment);
    }
    if (versions->parsed()) {
        return list_versions(environment, user, json);
    }
    if (backup->parsed()) {
        return back_up(environment, directory, keep);
    }
    if (restore->parsed() && !from.empty()) {
        return restore_backup(environment, from, user);
    }
    if (restore->parsed()) {
        if (user.empty() || version->empty()) {
            return app.exit(CLI::RequiredError("a user and a version, or --from"));
        }
        return restore_version(environment, user, id);
    }
    return serve(environment);
}
