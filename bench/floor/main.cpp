// ankiwire-floor WORK --file COLLECTION: the least that a work can cost, as one line of JSON. What
// it writes, it writes to that file or beside it.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "floor/clock.hpp"
#include "floor/floor.hpp"

namespace ankiwire::floors {
namespace {

using Clock = std::chrono::steady_clock;

double cpu_seconds_of_process() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Beginning {
    Clock::time_point time;
    double cpu_seconds = 0;
};
Beginning& beginning() {
    static Beginning last;
    return last;
}

}  // namespace

void restart_clock() { beginning() = {Clock::now(), cpu_seconds_of_process()}; }
double seconds() { return std::chrono::duration<double>(Clock::now() - beginning().time).count(); }
double cpu_seconds() { return cpu_seconds_of_process() - beginning().cpu_seconds; }

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
    fmt::print("{{\"count\":{},\"seconds\":{},\"cpu_seconds\":{}}}\n", done, floors::seconds(),
               floors::cpu_seconds());
    return 0;
}
