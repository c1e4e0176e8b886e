#include <unistd.h>

#include <CLI/CLI.hpp>

#include "server/commands.hpp"

namespace {

constexpr auto settings = R"(Settings, which are environment variables:
  SYNC_USER1, SYNC_USER2, ... name:password of a user; at least one is needed
  PASSWORDS_HASHED            If it exists, the passwords are PHC strings
  SYNC_BASE                   Folder of the data (.syncserver in HOME)
  SYNC_HOST                   IP address to listen on (0.0.0.0)
  SYNC_PORT                   Port to listen on (8080)
  MAX_SYNC_PAYLOAD_MEGS       Largest upload in MiB, as packed by the client (100)
  SYNC_IP_HEADER              Where a client's address comes from, behind a proxy (ConnectInfo)
  RUST_LOG                    Ignored

`ankiwire COMMAND --help` tells more of a command, `man ankiwire` of everything.)";

struct Arguments {
    std::string user;
    bool json = false;
    std::string directory;
    std::size_t keep = 0;
    std::int64_t id = 0;
    std::string from;
};

CLI::App* add_versions(CLI::App& app, Arguments& arguments) {
    auto* versions = app.add_subcommand("versions", "List the collections that were replaced");
    versions->add_option("--user,user", arguments.user, "Only this user's");
    versions->add_flag("--json", arguments.json, "As JSON, for programs");
    versions->footer("The server may run. Of the settings only SYNC_BASE matters.");
    return versions;
}

CLI::App* add_backup(CLI::App& app, Arguments& arguments) {
    auto* backup =
        app.add_subcommand("backup", "Save all users below a folder, also while the server runs");
    backup->add_option("directory", arguments.directory, "Gets a folder named after the time")
        ->required();
    backup
        ->add_option("--keep", arguments.keep,
                     "How many backups stay, if nothing is left out (all)")
        ->check(CLI::Range(1, 1'000'000));
    backup->footer(
        "Of the settings only SYNC_BASE matters; the users that are set are saved, too. What has\n"
        "not changed since the newest backup there becomes a hard link to it.");
    return backup;
}

CLI::App* add_restore(CLI::App& app, Arguments& arguments) {
    auto* restore =
        app.add_subcommand("restore", "Bring a replaced collection back, or a whole backup");
    restore->add_option("--user,user", arguments.user, "Whose; of a backup: all, if not given");
    auto* version =
        restore->add_option("version", arguments.id, "The first column of `ankiwire versions`");
    restore
        ->add_option("--from", arguments.from,
                     "A backup, or the folder of backups: then the newest")
        ->excludes(version);
    restore->footer(
        "Stop the server first. Of the settings only SYNC_BASE matters. After a version is\n"
        "brought back, each device asks at its next sync which side to keep: choose to download.\n"
        "What is replaced becomes a version too. A backup is put where nothing of its users is.");
    return restore;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace ankiwire::server;
    const auto environment = environment_of(environ);

    CLI::App app("A sync server for Anki, which takes the place of the official one.", "ankiwire");
    app.set_version_flag("--version", "ankiwire " ANKIWIRE_VERSION);
    app.require_subcommand(0, 1);
    auto* run = app.add_subcommand("serve", "Run the server (the default)");
    run->footer("It runs in the foreground, until SIGTERM or SIGINT ends it.");
    auto* check = app.add_subcommand("check-config", "Say what the server would do");
    check->footer("It also says everything that is wrong with the settings, and changes nothing.");
    Arguments arguments;
    const auto* versions = add_versions(app, arguments);
    const auto* backup = add_backup(app, arguments);
    const auto* restore = add_restore(app, arguments);
    app.footer(settings);  // the subcommands would inherit it
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_status::wrong_usage;
    }

    if (check->parsed()) {
        return check_config(environment);
    }
    if (versions->parsed()) {
        return list_versions(environment, arguments.user, arguments.json);
    }
    if (backup->parsed()) {
        return back_up(environment, arguments.directory, arguments.keep);
    }
    if (restore->parsed() && !arguments.from.empty()) {
        return restore_backup(environment, arguments.from, arguments.user);
    }
    if (restore->parsed()) {
        if (arguments.user.empty() || restore->count("version") == 0) {
            app.exit(CLI::RequiredError("a user and a version, or --from"));
            return exit_status::wrong_usage;
        }
        return restore_version(environment, arguments.user, arguments.id);
    }
    return serve(environment);
}
