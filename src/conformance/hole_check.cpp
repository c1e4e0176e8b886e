#include "conformance/hole_check.hpp"

#include <array>

#include "conformance/match.hpp"

namespace ankiwire::conformance {
namespace {

// Goes through the steps of a case, and knows at each of them which names have a value. What that
// is does not matter, but for the sums that need a number.
class HoleCheck {
public:
    explicit HoleCheck(const Case& one) {
        static constexpr std::array texts = {"user", "password", "key", "login_sha1"};
        for (const std::string prefix : {"", "other."}) {
            for (const auto* name : texts) {
                if (prefix.empty() || needs(one, second_user)) {
                    known_.set_text(prefix + name, "");
                }
            }
        }
        known_.set_integer("now", 0);
        known_.set_integer("now_ms", 0);
        for (const auto& [name, json] : one.given) {
            if (auto value = from_json(json)) {
                known_.set(name, std::move(*value));
            }
        }
    }

    [[nodiscard]] Result<void> check_request(const Step& step) const {
        for (const auto* body : {&step.body.json, &step.body.entries}) {
            TRY(fill(*body, known_));
        }
        for (const auto& [name, value] : step.options) {
            const bool is_hole = value.starts_with('<') && value.ends_with('>');
            if (name == "header" || name == "path" || (name.starts_with("header.") && is_hole)) {
                TRY(check_text(value));
            }
        }
        return {};
    }

    // Its headers are texts.
    Result<void> check_reply(const Expectation& expected) {
        for (const auto& [name, value] : expected.headers) {
            if (value.starts_with('<')) {
                return fail(ErrorKind::malformed, "header." + name + " cannot be a hole");
            }
        }
        return check_expected(expected.json);
    }

    Result<void> check_expected(const Node& node) {
        if (node.kind == Node::Kind::hole) {
            return check_expected_hole(node);
        }
        for (const auto* parts : {&node.elements, &node.members}) {
            for (const auto& part : *parts) {
                TRY(check_expected(part));
            }
        }
        return {};
    }

private:
    Result<void> check_expected_hole(const Node& hole) {
        if (is_type(hole.text)) {
            if (!hole.binds.empty()) {
                known_.set_integer(hole.binds, 0);
            }
            return {};
        }
        if (!hole.binds.empty()) {
            return fail(ErrorKind::malformed, to_text(hole) + " has no type that there is");
        }
        const std::string_view expression = hole.text;
        if (expression == "!any") {
            return {};
        }
        TRY(known_.evaluate(expression.substr(expression.starts_with('!') ? 1 : 0)));
        return {};
    }

    // Each <name> in a text.
    [[nodiscard]] Result<void> check_text(std::string_view text) const {
        while (true) {
            const auto begin = text.find('<');
            const auto end = text.find('>', begin);
            if (end == std::string_view::npos) {
                return {};
            }
            TRY(known_.evaluate(text.substr(begin + 1, end - begin - 1)));
            text.remove_prefix(end + 1);
        }
    }

    Bindings known_;
};

}  // namespace

std::optional<WrongHole> find_wrong_hole(const Case& one) {
    HoleCheck check(one);
    for (const auto& step : one.steps) {
        if (const auto checked = check.check_request(step); !checked) {
            return WrongHole{step.line, checked.error().context};
        }
        if (const auto checked = check.check_reply(step.expected); !checked) {
            return WrongHole{step.expected.line, checked.error().context};
        }
        for (const auto& query : step.expected.queries) {
            for (const auto& row : query.rows) {
                if (const auto checked = check.check_expected(row); !checked) {
                    return WrongHole{query.line, checked.error().context};
                }
            }
        }
    }
    return std::nullopt;
}

}  // namespace ankiwire::conformance
