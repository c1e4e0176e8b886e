#include "conformance/report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

#include "base/clock.hpp"
#include "conformance/utf8.hpp"
#include "conformance/whole_file.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::array all_verdicts = {Verdict::passed,     Verdict::failed, Verdict::warned,
                                     Verdict::differs,    Verdict::known,  Verdict::mended,
                                     Verdict::not_offered};

// What is bad comes first.
constexpr std::array by_interest = {Verdict::failed,     Verdict::mended,  Verdict::warned,
                                    Verdict::known,      Verdict::differs, Verdict::passed,
                                    Verdict::not_offered};

// For XML and HTML.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

// A text of the specification: what is between backticks is code.
std::string html_of_text(std::string_view text) {
    std::string html;
    bool is_code = false;
    for (const char c : escaped(text)) {
        if (c == '`') {
            html += is_code ? "</code>" : "<code>";
            is_code = !is_code;
        } else {
            html += c;
        }
    }
    return html + (is_code ? "</code>" : "");
}

std::ptrdiff_t count(const Report& report, Verdict verdict) {
    return std::ranges::count(report.outcomes, verdict, &Outcome::verdict);
}

std::string place_of(const Outcome& outcome) {
    return outcome.of->file + ":" + std::to_string(outcome.failure->line);
}

constexpr std::size_t columns = 80;    // of a terminal
constexpr std::size_t lines_max = 40;  // of each side of a failure: the HTML has all of it

// Broken at spaces, and each line but the first one indented; of too many the first ones.
std::string wrapped(std::string_view text, std::size_t indent) {
    const std::string margin = "\n" + std::string(indent, ' ');
    std::string out;
    for (std::size_t lines = 1; !text.empty(); ++lines) {
        if (lines > lines_max) {
            return out + fmt::format("… ({} bytes more)", text.size());
        }
        auto end = std::min(text.find('\n'), text.size());
        if (const auto room = columns - indent; end > room) {
            const auto word = text.find_first_not_of(' ');
            const auto space = text.substr(0, room + 1).rfind(' ');
            end = space != std::string_view::npos && space > word
                      ? space
                      : std::min(text.find_first_of(" \n", word), text.size());
        }
        out += text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        out += text.empty() ? "" : margin;
    }
    return out;
}

std::string labelled(std::string_view label, std::string_view text) {
    constexpr std::size_t label_width = 12;
    return text.empty()
               ? ""
               : fmt::format("  {:<{}}{}\n", label, label_width - 2, wrapped(text, label_width));
}

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --line: #8884; --bad: #c22; --warn: #b70; --good: #282; }
@media (prefers-color-scheme: dark) { :root { --bad: #f77; --warn: #fb5; --good: #7c7; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem; }
h1 { font-size: 1.5rem; } .counts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
details { border-top: 1px solid var(--line); padding: .4rem 0; } summary { cursor: pointer; }
.failed, .mended { color: var(--bad); } .warned, .known, .differs { color: var(--warn); }
.passed { color: var(--good); } .verdict { display: inline-block; min-width: 6.5rem; }
.sides { display: grid; gap: .5rem;
         grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
pre { margin: 0; padding: .5rem; background: #8881; overflow-x: auto; white-space: pre-wrap;
      overflow-wrap: anywhere; font-size: .85rem; }
code { overflow-wrap: anywhere; }
)css";

std::string html_of(const Outcome& outcome) {
    std::string html = fmt::format(
        "<details{}><summary><span class=\"verdict {}\">{}</span> "
        "<code>{}</code></summary>\n<p>{}</p>\n",
        is_bad(outcome.verdict) ? " open" : "",
        outcome.verdict == Verdict::not_offered ? "" : name_of(outcome.verdict),
        name_of(outcome.verdict), escaped(outcome.of->id), html_of_text(outcome.of->description));
    for (const auto& id : outcome.of->covers) {
        const auto* requirement = find_requirement(id);
        html += fmt::format("<p><b>{}</b> ({}) {}</p>\n", id, name_of(requirement->level),
                            html_of_text(requirement->sentence));
    }
    if (!outcome.reason.empty()) {
        html += fmt::format("<p>{}: {}</p>\n", name_of(outcome.verdict), escaped(outcome.reason));
    }
    if (const auto& failure = outcome.failure) {
        html += fmt::format(
            "<p>{} {}</p><pre>{}</pre><div class=\"sides\"><div>expected<pre>{}</pre></div>"
            "<div>received<pre>{}</pre></div></div>\n",
            escaped(place_of(outcome)), escaped(failure->where), escaped(failure->sent),
            escaped(failure->expected), escaped(failure->received));
    }
    return html + "</details>\n";
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return "passed";
        case Verdict::failed:
            return "failed";
        case Verdict::warned:
            return "warned";
        case Verdict::differs:
            return "differs";
        case Verdict::known:
            return "known";
        case Verdict::mended:
            return "mended";
        case Verdict::not_offered:
            return "not offered";
    }
    return {};
}

bool is_bad(Verdict verdict) { return verdict == Verdict::failed || verdict == Verdict::mended; }

std::string in_words(const Outcome& outcome) {
    std::string words = fmt::format("{}: {}\n", name_of(outcome.verdict), outcome.of->id);
    words += "  " + wrapped(outcome.of->description, 2) + "\n";
    for (const auto& id : outcome.of->covers) {
        const auto* requirement = find_requirement(id);
        words += "  " +
                 wrapped(fmt::format("{} {}: {}", id, name_of(requirement->level),
                                     requirement->sentence),
                         4) +
                 "\n";
    }
    if (!outcome.reason.empty()) {
        words += "  " + wrapped(outcome.reason, 4) + "\n";
    }
    if (outcome.verdict == Verdict::mended) {
        return words + "  it passes, but is in the list of known failures\n";
    }
    if (const auto& failure = outcome.failure) {
        words += "  " + place_of(outcome) + "\n" + labelled("sent", failure->sent) +
                 labelled("where", failure->where) + labelled("expected", failure->expected) +
                 labelled("received", failure->received);
    }
    return words;
}

std::string summary(const Report& report) {
    std::string words;
    for (const auto verdict : all_verdicts) {
        if (const auto found = count(report, verdict); found > 0) {
            words += fmt::format("{}{} {}", words.empty() ? "" : ", ", found, name_of(verdict));
        }
    }
    return words;
}

Result<void> write_junit(const Report& report, const std::filesystem::path& path) {
    std::string xml = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"ankiwire-conformance\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
        report.outcomes.size(), count(report, Verdict::failed) + count(report, Verdict::mended),
        count(report, Verdict::not_offered));
    for (const auto& outcome : report.outcomes) {
        const auto slash = outcome.of->id.find('/');
        xml += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
                           escaped(outcome.of->id.substr(0, slash)),
                           escaped(outcome.of->id.substr(slash + 1)), outcome.seconds);
        if (is_bad(outcome.verdict)) {
            xml += fmt::format("<failure message=\"{}\">{}</failure>", name_of(outcome.verdict),
                               escaped(in_words(outcome)));
        } else if (outcome.verdict == Verdict::not_offered) {
            xml += fmt::format("<skipped message=\"{}\"/>", escaped(outcome.reason));
        } else if (outcome.failure) {
            xml += fmt::format("<system-out>{}</system-out>", escaped(in_words(outcome)));
        }
        xml += "</testcase>\n";
    }
    return write_file(path, xml + "</testsuite>\n");
}

Result<void> write_html(const Report& report, const std::filesystem::path& path) {
    std::string html = fmt::format(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<title>Conformance of {0}</title><style>{1}</style>\n"
        "<h1>Conformance of {0}</h1>\n<p class=\"counts\">",
        escaped(report.url), style);
    for (const auto verdict : all_verdicts) {
        if (const auto found = count(report, verdict); found > 0) {
            html += fmt::format("<span class=\"{0}\">{1} {0}</span> ", name_of(verdict), found);
        }
    }
    html +=
        fmt::format("</p>\n<p>ankiwire-conformance {}, {:%Y-%m-%d %H:%M} UTC</p>\n", report.program,
                    std::chrono::sys_time<std::chrono::milliseconds>(
                        std::chrono::milliseconds(system_now().value)));
    for (const auto verdict : by_interest) {
        for (const auto& outcome : report.outcomes) {
            html += outcome.verdict == verdict ? html_of(outcome) : "";
        }
    }
    return write_file(path, html + "</html>\n");
}

}  // namespace ankiwire::conformance
