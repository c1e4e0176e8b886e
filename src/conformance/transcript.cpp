#include "conformance/transcript.hpp"

#include <algorithm>
#include <utility>

#include "conformance/form.hpp"
#include "conformance/hole_check.hpp"
#include "conformance/lines.hpp"
#include "conformance/step_reader.hpp"

namespace ankiwire::conformance {
namespace {

constexpr int uses_deep_max = 4;

struct Table {
    Words names;
    std::vector<Words> rows;
};

// `each name | value`, and a row on each line below.
Result<Table> read_table(const Block& block, const StepReader& reader) {
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
    StepReader reader_;
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
