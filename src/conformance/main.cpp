// ankiwire-conformance: the command line of the suite.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include "conformance/captures.hpp"
#include "conformance/proxy_commands.hpp"
#include "conformance/report.hpp"
#include "conformance/runner.hpp"
#include "conformance/suite.hpp"
#include "conformance/terminal.hpp"
#include "conformance/whole_file.hpp"

namespace ankiwire::conformance {
namespace {

struct Arguments {
    std::string url;
    std::vector<std::string> users;
    std::vector<std::string> offers;
    std::vector<int> protocols;
    int timeout = 30;  // after which clients give up (R-TRANS-12)
    std::string ca_file;
    std::vector<std::string> run;
    std::string known_file;
    std::string junit_file;
    std::string html_file;
    std::string replay;
    bool list = false;
    bool strict = false;
    bool wipe = false;
    bool verbose = false;
    bool fail_fast = false;
};

constexpr int cannot_run = 2;

int report_problem(const std::string& what) {
    fmt::print(stderr, "ankiwire-conformance: {}\n", what);
    return cannot_run;
}

// Lines of `case reason`; # begins a comment.
Result<std::map<std::string, std::string>> read_known(const std::string& path,
                                                      const std::vector<Case>& cases) {
    std::map<std::string, std::string> known;
    if (path.empty()) {
        return known;
    }
    std::ifstream file(path);
    if (!file) {
        return fail(ErrorKind::not_found, path + " cannot be read");
    }
    for (std::string line; std::getline(file, line);) {
        const auto space = line.find(' ');
        if (!line.empty() && line.front() != '#') {
            known[line.substr(0, space)] = space == std::string::npos ? "" : line.substr(space + 1);
        }
    }
    for (const auto& [id, reason] : known) {
        if (std::ranges::count(cases, id, &Case::id) == 0) {
            return fail(ErrorKind::malformed, path + ": there is no case " + id);
        }
    }
    return known;
}

std::vector<const Case*> chosen(const std::vector<Case>& cases, const Arguments& arguments) {
    std::vector<const Case*> found;
    const auto is_named = [&](const Case& one) {
        return arguments.run.empty() ||
               std::ranges::any_of(arguments.run, [&](const std::string& pattern) {
                   return matches_glob(pattern, one.id) ||
                          std::ranges::any_of(one.covers, [&](const std::string& id) {
                              return matches_glob(pattern, id);
                          });
               });
    };
    const auto is_wanted = [&](const Case& one) {
        return is_named(one) && (arguments.protocols.empty() ||
                                 std::ranges::count(arguments.protocols, one.protocol) > 0);
    };
    // Those that are of use only before the account has been written to come first.
    for (const bool first : {true, false}) {
        for (const auto& one : cases) {
            if (needs(one, new_account) == first && is_wanted(one)) {
                found.push_back(&one);
            }
        }
    }
    return found;
}

Result<std::vector<Credentials>> read_users(const std::vector<std::string>& arguments) {
    std::vector<Credentials> users;
    for (const auto& user : arguments) {
        const auto colon = user.find(':');
        if (colon == std::string::npos) {
            return fail(ErrorKind::malformed, "--user is name:password");
        }
        users.push_back({user.substr(0, colon), user.substr(colon + 1)});
    }
    if (users.size() > 1 &&
        (users[0].user == users[1].user || users[0].password == users[1].password)) {
        return fail(ErrorKind::malformed,
                    "the second --user is another account with another password");
    }
    return users;
}

Verdict verdict_of(const Case& one, bool passed, bool is_known, bool strict) {
    if (passed) {
        return is_known ? Verdict::mended : Verdict::passed;
    }
    if (is_known) {
        return Verdict::known;
    }
    switch (level_of(one)) {
        case Level::must:
            return Verdict::failed;
        case Level::should:
            return strict ? Verdict::failed : Verdict::warned;
        default:
            return Verdict::differs;
    }
}

void list(const std::vector<const Case*>& cases) {
    for (const auto* one : cases) {
        fmt::print("{:<60} {:>2} {:<9} {}\n", one->id, one->protocol, name_of(level_of(*one)),
                   fmt::join(one->covers, " "));
    }
    fmt::print("{} cases\n", cases.size());
}

Result<void> open_account(Runner& runner, const Arguments& arguments) {
    TRY(runner.log_in());
    if (arguments.wipe) {
        return {};
    }
    TRY_ASSIGN(const bool is_empty, runner.is_empty());
    if (!is_empty) {
        return fail(ErrorKind::busy,
                    "the account is not empty; the suite would delete all of it. Give an account "
                    "made for it, or --wipe");
    }
    return {};
}

// Says what the server lacks, before anything is run.
void tell_what_is_not_offered(const Runner& runner, const std::vector<const Case*>& cases) {
    std::map<std::string, int> counts;
    for (const auto* one : cases) {
        if (const auto why = runner.why_not_offered(*one); !why.empty()) {
            ++counts[why];
        }
    }
    for (const auto& [why, count] : counts) {
        fmt::print("not offered, {} cases: {}\n", count, why);
    }
}

Result<Report> run_all(Runner& runner, const std::vector<const Case*>& cases,
                       const std::map<std::string, std::string>& known,
                       const Arguments& arguments) {
    Report report{.url = arguments.url, .program = ANKIWIRE_VERSION, .outcomes = {}};
    const Progress progress;
    for (const auto* one : cases) {
        if (is_interrupted()) {
            break;
        }
        progress.show(report.outcomes.size() + 1, cases.size(), one->id);
        if (auto why = runner.why_not_offered(*one); !why.empty()) {
            report.outcomes.push_back({.of = one,
                                       .verdict = Verdict::not_offered,
                                       .failure = std::nullopt,
                                       .reason = std::move(why),
                                       .seconds = 0});
            if (arguments.verbose) {
                progress.clear();
                fmt::print("{}\n", in_words(report.outcomes.back()));
            }
            continue;
        }
        const auto begun = std::chrono::steady_clock::now();
        TRY_ASSIGN(auto failure, runner.run(*one));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        const auto reason = known.find(one->id);
        const Outcome outcome{
            .of = one,
            .verdict = verdict_of(*one, !failure, reason != known.end(), arguments.strict),
            .failure = std::move(failure),
            .reason = reason == known.end() ? "" : reason->second,
            .seconds = took.count()};
        if (is_bad(outcome.verdict) || outcome.verdict == Verdict::warned || arguments.verbose) {
            progress.clear();
            fmt::print("{}\n", in_words(outcome));
        }
        report.outcomes.push_back(outcome);
        if (arguments.fail_fast && is_bad(outcome.verdict)) {
            break;
        }
    }
    progress.clear();
    return report;
}

Result<void> write_reports(const Report& report, const Arguments& arguments) {
    if (!arguments.junit_file.empty()) {
        TRY(write_junit(report, arguments.junit_file));
    }
    return arguments.html_file.empty() ? Result<void>() : write_html(report, arguments.html_file);
}

// Before a run, whose end may be far.
Result<void> check_reports(const Arguments& arguments) {
    for (const auto& path : {arguments.junit_file, arguments.html_file}) {
        if (!path.empty()) {
            TRY(check_writable(path));
        }
    }
    return {};
}

// Prints what was found; the exit code.
int conclude(const Report& report, const Arguments& arguments) {
    if (std::ranges::all_of(report.outcomes, [](const Outcome& one) {
            return one.verdict == Verdict::not_offered;
        })) {
        return report_problem(arguments.url + ": none of these cases is offered");
    }
    fmt::print("{}: {} cases: {}\n", arguments.url, report.outcomes.size(), summary(report));
    return std::ranges::any_of(report.outcomes, is_bad, &Outcome::verdict) ? 1 : 0;
}

int run(const Arguments& arguments) {
    Captures captures;
    if (const auto read =
            arguments.replay.empty() ? Result<void>() : captures.read(arguments.replay);
        !read) {
        return report_problem(read.error().context);
    }
    const auto cases = arguments.replay.empty() ? all_cases() : captures.cases();
    if (!cases) {
        return report_problem(cases.error().context);
    }
    const auto wanted = chosen(*cases, arguments);
    if (wanted.empty()) {
        return report_problem("no case is named so");
    }
    if (arguments.list) {
        list(wanted);
        return 0;
    }
    const auto target = parse_url(arguments.url);
    if (!target) {
        return report_problem("--url: " + target.error().context);
    }
    const auto known = read_known(arguments.known_file, *cases);
    if (!known) {
        return report_problem(known.error().context);
    }
    const auto users = read_users(arguments.users);
    if (!users) {
        return report_problem(users.error().context);
    }
    if (const auto checked = check_reports(arguments); !checked) {
        return report_problem(checked.error().context);
    }
    Runner runner(HttpClient(*target, {.ca_file = arguments.ca_file,
                                       .timeout = std::chrono::seconds(arguments.timeout)}),
                  *users,
                  {.words = {arguments.offers.begin(), arguments.offers.end()},
                   .protocols = {arguments.protocols.begin(), arguments.protocols.end()}},
                  captures);
    if (const auto opened = open_account(runner, arguments); !opened) {
        return report_problem(arguments.url + ": " + opened.error().context);
    }
    note_interrupts();
    tell_what_is_not_offered(runner, wanted);
    const auto report = run_all(runner, wanted, *known, arguments);
    if (!report) {
        return report_problem(arguments.url + ": " + report.error().context);
    }
    const auto cleaned = runner.clean();
    if (!cleaned) {
        report_problem("the account could not be emptied: " + cleaned.error().context);
    }
    if (const auto written = write_reports(*report, arguments); !written) {
        return report_problem(written.error().context);
    }
    if (is_interrupted()) {
        return report_problem(fmt::format("interrupted after {} of {} cases{}",
                                          report->outcomes.size(), wanted.size(),
                                          cleaned ? "; the account is empty" : ""));
    }
    return conclude(*report, arguments);
}

struct ProxyCommand {
    CLI::App* app;
    Result<void> (*run)(const ProxyArguments&);
};

std::vector<ProxyCommand> add_proxy_commands(CLI::App& app, ProxyArguments& arguments) {
    auto* recording = app.add_subcommand("record", "Write down what clients and a server say");
    auto* shadowing = app.add_subcommand(
        "shadow", "Send what clients say to a second server as well, and tell what differs");
    for (auto* command : {recording, shadowing}) {
        command->add_option("--listen", arguments.listen, "HOST:PORT; with 0, any that is free")
            ->capture_default_str();
        command->add_option("--to", arguments.to, "The address of the server")->required();
        command->add_option("--ca", arguments.ca_file, "A certificate to trust, for https");
    }
    recording->add_option("--out", arguments.out, "The transcript, FILE.sync")->required();
    recording->add_option("--about", arguments.about, "A sentence for its head");
    recording->add_option("--server", arguments.server, "What the server is, for its head");
    shadowing->add_option("--and", arguments.second, "The address of the second one")->required();
    return {{recording, &record}, {shadowing, &shadow}};
}

}  // namespace
}  // namespace ankiwire::conformance

int main(int argc, char** argv) {
    using namespace ankiwire::conformance;
    CLI::App app(
        "Holds a server of the Anki sync protocol to its specification.\n"
        "It needs an account that it may empty, and says for each case what was sent, expected "
        "and\n"
        "received. The exit code is the verdict: 0 passed, 1 failed, 2 it could not be run.");
    app.set_version_flag("--version", ANKIWIRE_VERSION);
    Arguments arguments;
    app.add_option("--url", arguments.url, "The address that a client would be given");
    app.add_option("--user", arguments.users,
                   "name:password of an account made for this; a second one for the cases of two")
        ->expected(1, 2);
    app.add_option("--offers", arguments.offers,
                   "What only some servers have, and some cases need: new-account, and others")
        ->delimiter(',')
        ->check(CLI::IsMember(std::set<std::string>(told_needs.begin(), told_needs.end())));
    app.add_option(
           "--protocol", arguments.protocols,
           "Only cases of these versions, which the server has to speak; otherwise all that "
           "it speaks: it is asked")
        ->delimiter(',')
        ->check(CLI::Range(older_protocols.front(), newest_protocol));
    app.add_option("--timeout", arguments.timeout, "Seconds to wait for a reply")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--ca", arguments.ca_file, "A certificate to trust, for https");
    app.add_option("--run", arguments.run, "Only cases, or requirements, of these names; * is any");
    app.add_option(
        "--known", arguments.known_file,
        "A file of cases that are known to fail, with the reason; one that passes fails");
    app.add_option("--junit", arguments.junit_file, "Write a report in JUnit's XML");
    app.add_option("--html", arguments.html_file, "Write a report as one page");
    app.add_option("--replay", arguments.replay,
                   "Not the suite, but the transcripts of this folder, as `record` wrote them");
    app.add_flag("--list", arguments.list, "Only list the cases");
    app.add_flag("--strict", arguments.strict, "A SHOULD that is not met fails, too");
    app.add_flag("--wipe", arguments.wipe, "The account may be emptied although it is not empty");
    app.add_flag("--fail-fast", arguments.fail_fast, "End with the first case that fails");
    app.add_flag("--verbose", arguments.verbose, "Tell each case, also those that pass");
    ProxyArguments proxy_arguments;
    const auto commands = add_proxy_commands(app, proxy_arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : cannot_run;
    }
    for (const auto& [command, run_command] : commands) {
        if (command->parsed()) {
            const auto done = run_command(proxy_arguments);
            return done ? 0 : report_problem(done.error().context);
        }
    }
    if (!arguments.list && (arguments.url.empty() || arguments.users.empty())) {
        return report_problem("--url and --user are needed; --help tells more");
    }
    return run(arguments);
}
