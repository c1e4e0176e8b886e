// ankiwire-load WORK --port PORT: gives a server of this machine that work and says, in JSON, what
// it took. The users are read from standard input: NAME KEY, one a line, up to an empty line. What
// the server has done is checked after the input's end, so that what the server took can be read
// before.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "load/works.hpp"

int main(int argc, char** argv) {
    using namespace ankiwire;
    CLI::App app("Gives a sync server a work to do, and measures it.");
    load::Options options;
    std::string work;
    app.add_option("work", work)->required()->check(CLI::IsMember(load::works));
    app.add_option("--port", options.port)->required();
    app.add_option("--count", options.count);
    app.add_option("--seconds", options.seconds);
    app.add_option("--file", options.file);
    app.add_option("--notetype", options.notetype);
    CLI11_PARSE(app, argc, argv);
    std::string line;
    while (std::getline(std::cin, line) && !line.empty()) {
        auto& user = options.users.emplace_back();
        std::istringstream(line) >> user.name >> user.host_key;
    }
    if (options.users.empty()) {
        std::cerr << "ankiwire-load: no users on standard input\n";
        return 1;
    }
    const auto figures = load::works.at(work)(options);
    if (!figures) {
        std::cerr << "ankiwire-load: " << figures.error().context << '\n';
        return 1;
    }
    std::puts(load::to_json(*figures).c_str());
    std::fflush(stdout);
    if (figures->errors > 0) {
        return 1;
    }
    while (std::getline(std::cin, line)) {
    }
    if (const auto checked = figures->check(); !checked) {
        std::cerr << "ankiwire-load: " << checked.error().context << '\n';
        return 1;
    }
    return 0;
}
