// ankiwire-floor WORK --file COLLECTION: the least that a work can cost, as one line of JSON. What
// it writes, it writes to that file or beside it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "floor/floor.hpp"
#include "load/measure.hpp"

namespace ankiwire::floors {
namespace {

struct Beginning {
    load::Clock::time_point time;
    double cpu_seconds = 0;
};
Beginning& beginning() {
    static Beginning last;
    return last;
}

load::Figures since_beginning(std::size_t count) {
    load::Figures figures;
    figures.count = count;
    figures.seconds = std::chrono::duration<double>(load::Clock::now() - beginning().time).count();
    figures.cpu_seconds = load::cpu_seconds() - beginning().cpu_seconds;
    return figures;
}

}  // namespace

void restart_clock() { beginning() = {load::Clock::now(), load::cpu_seconds()}; }

}  // namespace ankiwire::floors

int main(int argc, char** argv) {
    using namespace ankiwire;
    CLI::App app("The least that a work of bench/side-by-side can cost.");
    std::string work;
    std::string file;
    std::size_t count = 0;
    const std::map<std::string, std::function<std::size_t()>> works{
        {"chunk", [&] { return floors::rows_out(file); }},
        {"apply-chunk", [&] { return floors::rows_in(file, count); }},
        {"commits", [&] { return floors::commits(file, count); }},
        {"upload", [&] { return floors::upload(file); }},
        {"download", [&] { return floors::download(file); }},
    };
    app.add_option("work", work)->required()->check(CLI::IsMember(works));
    app.add_option("--file", file, "the collection")->required()->check(CLI::ExistingFile);
    app.add_option("--count", count, "of what the work is counted in");
    CLI11_PARSE(app, argc, argv);
    floors::restart_clock();
    const auto done = works.at(work)();
    fmt::print("{}\n", load::to_json(floors::since_beginning(done)));
    return 0;
}
