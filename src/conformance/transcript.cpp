#include "conformance/transcript.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "conformance/form.hpp"
#include "conformance/hole_check.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::string_view spaces = " \t";
constexpr int uses_deep_max = 4;
constexpr std::string_view header_prefix = "header.";

// Of a request, besides the members of its header.
constexpr std::array request_options = {"header", "path",   "verb", "packed", "cut",
                                        "append", "length", "pad",  "window", "break",
                                        "parts",  "end",    "until"};

using Words = std::vector<std::string>;
using Values = std::map<std::string, std::string>;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

Words split(std::string_view text, std::string_view separator) {
    Words parts;
    while (true) {
        const auto end = text.find(separator);
        if (const auto part = trimmed(text.substr(0, end)); !part.empty()) {
            parts.emplace_back(part);
        }
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + separator.size());
    }
}

// Takes a word, up to a space, off the beginning.
std::string_view take_word(std::string_view& text) {
    text = trimmed(text);
    const auto word = text.substr(0, text.find_first_of(" \t\n"));
    text = trimmed(text.substr(word.size()));
    return word;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
        text.replace(at, from.size(), to);
    }
    return text;
}

// Longer names first, so that $ab is not taken for $a.
std::string with_values(std::string text, const Values& values) {
    std::vector<std::pair<std::string, std::string>> ordered(values.begin(), values.end());
    std::ranges::sort(ordered,
                      [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [name, value] : ordered) {
        text = replaced(std::move(text), "$" + name, value);
    }
    return text;
}

// A line with those that continue it.
struct Block {
    int line = 0;
    std::string text;
};

bool continues(std::string_view line) {
    return !line.empty() &&
           (spaces.find(line.front()) != std::string_view::npos ||
            std::string_view("{}[]\"").find(line.front()) != std::string_view::npos);
}

std::vector<Block> blocks_of(std::string_view text, std::string& comments) {
    std::vector<Block> blocks;
    bool commenting = true;  // until the first block
    int number = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++number;
        if (line.starts_with("#")) {
            if (commenting && blocks.empty()) {
                comments += comments.empty() ? "" : " ";
                comments += trimmed(line.substr(1));
            }
        } else if (continues(line) && !blocks.empty()) {
            blocks.back().text += "\n" + std::string(line);
        } else if (!trimmed(line).empty()) {
            blocks.push_back({number, std::string(line)});
        }
    }
    return blocks;
}

class Reader {
public:
    Reader(std::string file, const Library& library)
        : file_(std::move(file)),
          library_(library),
          find_object_([&library](std::string_view name) { return library.object(name); }) {}

    [[nodiscard]] Error problem(int line, const std::string& what) const {
        return fail(ErrorKind::malformed, file_ + ":" + std::to_string(line) + ": " + what);
    }

    // Appends the steps that a block adds to, or begins.
    Result<void> read_step(const Block& block, std::vector<Step>& steps, int uses_deep) {
        std::string_view text = block.text;
        if (text.starts_with("->")) {
            if (steps.empty() || steps.back().expected.line != 0) {
                return problem(block.line, "there is no request for this reply");
            }
            return read_expectation(block, text.substr(2), steps.back().expected);
        }
        const auto colon = text.find(": ");
        if (colon == std::string_view::npos) {
            return problem(block.line, "neither `client: method`, nor `-> status`");
        }
        const std::string client(text.substr(0, colon));
        text.remove_prefix(colon + 2);
        const auto method = take_word(text);
        if (method == "use") {
            return use(block.line, client, text, steps, uses_deep);
        }
        Step step;
        step.line = block.line;
        step.client = client;
        step.method = method;
        TRY(read_options(block.line, text, step.options));
        for (const auto& [name, value] : step.options) {
            if (!name.starts_with(header_prefix) &&
                std::ranges::find(request_options, name) == request_options.end()) {
                return problem(block.line, "there is no option " + name);
            }
        }
        const bool is_text = step.method == raw_method && text.starts_with('"');
        TRY(read_body(block.line, (is_text ? "text " : "") + std::string(text), step.body));
        steps.push_back(std::move(step));
        return {};
    }

    // name=value, where a value is a word or a text in quotes.
    Result<void> read_options(int line, std::string_view& text,
                              std::map<std::string, std::string>& options) {
        while (true) {
            const auto equals = text.find('=');
            const auto name = text.substr(0, equals);
            if (equals == std::string_view::npos || name.empty() ||
                !std::ranges::all_of(name, [](unsigned char c) {
                    return std::isalnum(c) != 0 || c == '.' || c == '-';
                })) {
                return {};
            }
            auto rest = text.substr(equals + 1);
            if (rest.starts_with('"')) {
                auto value = read_node(rest, find_object_);
                if (!value) {
                    return problem(line, value.error().context);
                }
                options[std::string(name)] = value->text;
                text = trimmed(rest);
            } else {
                options[std::string(name)] = take_word(rest);
                text = rest;
            }
        }
    }

private:
    Result<Node> read_value(int line, std::string_view& text) {
        auto node = read_node(text, find_object_);
        if (!node) {
            return problem(line, node.error().context);
        }
        text = trimmed(text);
        return node;
    }

    Result<void> read_body(int line, std::string_view text, RequestBody& body) {
        using Kind = RequestBody::Kind;
        static const std::map<std::string, Kind, std::less<>> kinds = {
            {"nothing", Kind::nothing}, {"text", Kind::text}, {"hex", Kind::hex},
            {"zeros", Kind::zeros},     {"form", Kind::form}, {"collection", Kind::collection},
            {"zip", Kind::zip}};
        if (text.empty()) {
            text = "{}";
        }
        auto rest = text;
        const auto found = kinds.find(take_word(rest));
        body.kind = found == kinds.end() ? Kind::json : found->second;
        switch (body.kind) {
            case Kind::json: {
                TRY_ASSIGN(body.json, read_value(line, text));
                rest = text;
                break;
            }
            case Kind::zip: {
                TRY_ASSIGN(body.json, read_value(line, rest));
                body.entries.kind = Node::Kind::object;
                if (!rest.empty()) {
                    TRY_ASSIGN(body.entries, read_value(line, rest));
                }
                break;
            }
            case Kind::form: {
                TRY_ASSIGN(body.json, read_value(line, rest));
                break;
            }
            case Kind::collection: {
                body.text = take_word(rest);
                body.sql = rest;
                rest = {};
                break;
            }
            case Kind::text: {
                TRY_ASSIGN(const auto node, read_value(line, rest));
                body.text = node.text;
                break;
            }
            default:
                body.text = replaced(std::string(rest), "\n", " ");
                rest = {};
        }
        return rest.empty() ? Result<void>()
                            : problem(line, "more than a body: " + std::string(rest));
    }

    Result<void> read_expectation(const Block& block, std::string_view text,
                                  Expectation& expected) {
        using Kind = Expectation::Kind;
        expected.line = block.line;
        expected.status = take_word(text);
        if (expected.status.empty()) {
            return problem(block.line, "a status is missing");
        }
        std::map<std::string, std::string> options;
        TRY(read_options(block.line, text, options));
        for (const auto& [name, value] : options) {
            if (name == "rows") {
                TRY_ASSIGN(expected.rows_max, read_number(block.line, value));
            } else if (name.starts_with(header_prefix)) {
                expected.headers[name.substr(header_prefix.size())] = value;
            } else {
                return problem(block.line, "of a reply only headers and rows are told: " + name);
            }
        }
        if (text.empty()) {
            return {};
        }
        auto rest = text;
        const auto word = take_word(rest);
        if (word == "collection") {
            expected.kind = Kind::collection;
            return read_queries(block, rest, expected.queries);
        }
        expected.kind = word == "text" ? Kind::text : word == "zip" ? Kind::zip : Kind::json;
        if (expected.kind == Kind::json) {
            rest = text;
        }
        TRY_ASSIGN(expected.json, read_value(block.line, rest));
        return rest.empty() ? Result<void>()
                            : problem(block.line, "more than a reply: " + std::string(rest));
    }

    [[nodiscard]] Result<std::size_t> read_number(int line, const std::string& text) const {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size()) {
            return problem(line, "not a number: " + text);
        }
        return number;
    }

    // SQL, and below it its rows, each after `=`, columns after `|`.
    Result<void> read_queries(const Block& block, std::string_view text,
                              std::vector<Query>& queries) {
        int line = block.line;
        for (const auto& part : split(text, "\n")) {
            ++line;
            if (!part.starts_with("=")) {
                queries.push_back({.line = line, .sql = part, .rows = {}});
                continue;
            }
            if (queries.empty()) {
                return problem(line, "a row without a query");
            }
            Node row;
            row.kind = Node::Kind::array;
            for (const auto& column : split(std::string_view(part).substr(1), "|")) {
                std::string_view cell = column;
                TRY_ASSIGN(auto value, read_value(line, cell));
                row.elements.push_back(std::move(value));
            }
            queries.back().rows.push_back(std::move(row));
        }
        return queries.empty() ? problem(block.line, "a query is missing") : Result<void>();
    }

    // Steps of the library, with `*` as this client.
    Result<void> use(int line, const std::string& client, std::string_view text,
                     std::vector<Step>& steps, int uses_deep) {
        if (uses_deep == 0) {
            return problem(line, "uses too deep");
        }
        const std::string name(take_word(text));
        std::map<std::string, std::string> given;
        TRY(read_options(line, text, given));
        const auto found = library_.common_steps(name);
        if (!found) {
            return problem(line, "there are no common steps " + name);
        }
        std::string ignored;
        Values values;
        for (const auto& block : blocks_of(*found, ignored)) {
            std::string_view rest = block.text;
            if (take_word(rest) == "defaults") {
                TRY(read_options(line, rest, values));
                for (const auto& [key, value] : given) {
                    values[key] = value;
                }
                continue;
            }
            auto own = replaced(with_values(block.text, values), "*.", client + ".");
            if (own.starts_with("*:")) {
                own.replace(0, 1, client);
            }
            TRY(read_step({line, own}, steps, uses_deep - 1));
        }
        return {};
    }

    std::string file_;
    const Library& library_;
    FindObject find_object_;
};

struct Table {
    Words names;
    std::vector<Words> rows;
};

// `each name | value`, and a row on each line below.
Result<Table> read_table(const Block& block, const Reader& reader) {
    Table table;
    auto lines = split(block.text, "\n");
    table.names =
        split(std::string_view(lines.front()).substr(std::string_view("each").size()), "|");
    for (std::size_t i = 1; i < lines.size(); ++i) {
        auto row = split(lines[i], " | ");
        if (row.size() != table.names.size()) {
            return reader.problem(block.line + static_cast<int>(i), "not a row of this table");
        }
        table.rows.push_back(std::move(row));
    }
    return table.rows.empty() ? Result<Table>(reader.problem(block.line, "a table without rows"))
                              : table;
}

class CaseReader {
public:
    CaseReader(std::string id, const std::string& file, const Library& library)
        : id_(std::move(id)), file_(file), reader_(file, library) {}

    Result<std::vector<Case>> read(std::string_view text) {
        Case first{.id = id_,
                   .file = file_,
                   .description = {},
                   .covers = {},
                   .origin = {},
                   .given = {},
                   .account = {},
                   .account_sql = {},
                   .needs = {},
                   .protocol = newest_protocol,
                   .steps = {}};
        auto blocks = blocks_of(text, first.description);
        Table table{.names = {}, .rows = {{}}};
        std::vector<Block> steps;
        Block protocol{.line = 0, .text = "protocol " + std::to_string(newest_protocol)};
        for (const auto& block : blocks) {
            std::string_view rest = block.text;
            const auto word = take_word(rest);
            if (word == "covers") {
                first.covers = split(replaced(std::string(rest), "\n", " "), " ");
            } else if (word == "recorded" || word == "derived") {
                first.origin = rest;
            } else if (word == "given") {
                TRY(reader_.read_options(block.line, rest, first.given));
            } else if (word == "account") {
                first.account = take_word(rest);
                first.account_sql = rest;
            } else if (word == "needs") {
                TRY_ASSIGN(first.needs, read_needs(block.line, rest));
            } else if (word == "protocol") {
                protocol = block;
            } else if (word == "each") {
                TRY_ASSIGN(table, read_table(block, reader_));
            } else {
                steps.push_back(block);
            }
        }
        if (first.description.empty() || first.covers.empty() == first.origin.empty() ||
            steps.empty() || first.account.empty() != needs(first, new_account)) {
            return reader_.problem(1,
                                   "a case has a comment, `covers`, `recorded` or `derived`, "
                                   "`account` or `needs new-account`, "
                                   "and steps");
        }
        std::vector<Case> cases;
        for (const auto& row : table.rows) {
            TRY_ASSIGN(auto one, case_of_row(first, table.names, row, protocol, steps));
            cases.push_back(std::move(one));
        }
        return cases;
    }

private:
    [[nodiscard]] Result<Words> read_needs(int line, std::string_view text) const {
        auto words = split(text, " ");
        for (const auto& word : words) {
            if (word != second_user && word != newest_alone &&
                std::ranges::find(told_needs, word) == told_needs.end()) {
                return reader_.problem(line, "nothing is called " + word);
            }
        }
        return words;
    }

    // `protocol 9`, from 8 to 11.
    [[nodiscard]] Result<int> read_protocol(const Block& block, const Values& values) const {
        const auto text = with_values(block.text, values);
        for (int protocol = older_protocols.front(); protocol <= newest_protocol; ++protocol) {
            if (text == "protocol " + std::to_string(protocol)) {
                return protocol;
            }
        }
        return reader_.problem(block.line, "a protocol is 8, 9, 10 or 11");
    }

    // Clients of an older protocol send forms, unless a step has `parts=none`.
    static void speak_as_older(Step& step, int protocol) {
        if (step.method == raw_method || step.body.kind == RequestBody::Kind::form) {
            return;
        }
        const auto [parts, is_new] = step.options.try_emplace("parts");
        if (!is_new) {
            if (parts->second == "none") {
                step.options.erase(parts);
            }
            return;
        }
        const auto usual = usual_form(protocol, step.method);
        parts->second = usual.parts;
        if (usual.is_query) {
            step.options.try_emplace("verb", "GET");
        }
    }

    Result<Case> case_of_row(const Case& first, const Words& names, const Words& row,
                             const Block& protocol, const std::vector<Block>& steps) {
        Case made = first;
        Values values;
        for (std::size_t i = 0; i < names.size(); ++i) {
            values[names[i]] = row[i];
        }
        if (!row.empty()) {
            made.id += "/" + row.front();
        }
        made.account = with_values(made.account, values);
        made.account_sql = with_values(made.account_sql, values);
        TRY_ASSIGN(made.protocol, read_protocol(protocol, values));
        for (const auto& block : steps) {
            TRY(reader_.read_step({block.line, with_values(block.text, values)}, made.steps,
                                  uses_deep_max));
        }
        for (auto& step : made.steps) {
            if (made.protocol != newest_protocol) {
                speak_as_older(step, made.protocol);
            }
            if (step.expected.line == 0) {
                return reader_.problem(step.line, "this request has no reply");
            }
            if (step.client == other_client && !needs(made, second_user)) {
                return reader_.problem(step.line, "this client needs second-user");
            }
        }
        if (const auto wrong = find_wrong_hole(made)) {
            return reader_.problem(wrong->line, wrong->what);
        }
        return made;
    }

    std::string id_;
    std::string file_;
    Reader reader_;
};

}  // namespace

bool needs(const Case& one, std::string_view what) {
    return std::ranges::find(one.needs, what) != one.needs.end();
}

Result<std::vector<Case>> parse_transcript(const std::string& id, const std::string& file,
                                           std::string_view text, const Library& library) {
    return CaseReader(id, file, library).read(text);
}

}  // namespace ankiwire::conformance
