#include "conformance/step_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

namespace ankiwire::conformance {
namespace {

constexpr std::string_view header_prefix = "header.";

// Of a request, besides the members of its header.
constexpr std::array request_options = {"header", "path",   "verb", "packed", "cut",
                                        "append", "length", "pad",  "window", "break",
                                        "parts",  "end",    "file", "until"};

}  // namespace

Result<void> StepReader::read_step(const Block& block, std::vector<Step>& steps, int uses_deep) {
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

Result<void> StepReader::read_options(int line, std::string_view& text,
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

Result<Node> StepReader::read_value(int line, std::string_view& text) {
    auto node = read_node(text, find_object_);
    if (!node) {
        return problem(line, node.error().context);
    }
    text = trimmed(text);
    return node;
}

Result<void> StepReader::read_body(int line, std::string_view text, RequestBody& body) {
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
    return rest.empty() ? Result<void>() : problem(line, "more than a body: " + std::string(rest));
}

Result<void> StepReader::read_expectation(const Block& block, std::string_view text,
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

Result<std::size_t> StepReader::read_number(int line, const std::string& text) const {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        return problem(line, "not a number: " + text);
    }
    return number;
}

Result<void> StepReader::read_queries(const Block& block, std::string_view text,
                                      std::vector<Query>& queries) {
    int line = block.line;
    for (const auto& part : split(text, "\n")) {
        ++line;
        if (!part.starts_with('=')) {
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

Result<void> StepReader::use(int line, const std::string& client, std::string_view text,
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

}  // namespace ankiwire::conformance
