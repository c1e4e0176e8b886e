#include "conformance/match.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace ankiwire::conformance {
namespace {

bool is_sha1(std::string_view text) {
    return text.size() == 40 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_between(const Node& node, std::int64_t least, std::int64_t most) {
    return node.kind == Node::Kind::integer && node.integer >= least && node.integer <= most;
}

using IsOfType = bool (*)(const Node&);

// The years 2001 to 2286 in seconds and milliseconds: enough to tell the two apart.
const std::map<std::string, IsOfType, std::less<>>& types() {
    static const std::map<std::string, IsOfType, std::less<>> all = {
        {"any", [](const Node&) { return true; }},
        {"int", [](const Node& n) { return n.kind == Node::Kind::integer; }},
        {"num",
         [](const Node& n) { return n.kind == Node::Kind::integer || n.kind == Node::Kind::real; }},
        {"text", [](const Node& n) { return n.kind == Node::Kind::text; }},
        {"bool", [](const Node& n) { return n.kind == Node::Kind::boolean; }},
        {"s", [](const Node& n) { return is_between(n, 1'000'000'000, 9'999'999'999); }},
        {"ms", [](const Node& n) { return is_between(n, 1'000'000'000'000, 9'999'999'999'999); }},
        {"sha1", [](const Node& n) { return n.kind == Node::Kind::text && is_sha1(n.text); }}};
    return all;
}

// Of a member that is expected; if it may be missing, without the mark that says so.
std::string_view key_of(const Node& member) {
    const std::string_view key = member.key;
    return key.substr(0, key.size() - (key.ends_with('?') ? 1 : 0));
}

// Compares one node with another, knowing where it is.
class Matcher {
public:
    explicit Matcher(Bindings& bindings) : bindings_(bindings) {}

    std::optional<Mismatch> compare(const Node& expected, const Node& received,
                                    const std::string& where) {
        if (expected.kind == Node::Kind::hole) {
            return compare_hole(expected, received, where);
        }
        const auto differs = [&] { return Mismatch{where, to_text(expected), to_text(received)}; };
        if (expected.kind == Node::Kind::real || received.kind == Node::Kind::real) {
            return as_real(expected) == as_real(received) ? std::nullopt : std::optional(differs());
        }
        if (expected.kind != received.kind) {
            return differs();
        }
        switch (expected.kind) {
            case Node::Kind::array:
                return expected.any_order ? compare_in_any_order(expected, received, where)
                                          : compare_array(expected, received, where);
            case Node::Kind::object:
                return compare_object(expected, received, where);
            default:
                return expected.boolean == received.boolean &&
                               expected.integer == received.integer &&
                               expected.text == received.text
                           ? std::nullopt
                           : std::optional(differs());
        }
    }

private:
    static std::optional<double> as_real(const Node& node) {
        switch (node.kind) {
            case Node::Kind::real:
                return node.real;
            case Node::Kind::integer:
                return static_cast<double>(node.integer);
            default:
                return std::nullopt;
        }
    }

    std::optional<Mismatch> compare_hole(const Node& hole, const Node& received,
                                         const std::string& where) {
        if (hole.text.starts_with('!')) {
            const auto value = bindings_.evaluate(std::string_view(hole.text).substr(1));
            return value && compare(*value, received, where)
                       ? std::nullopt
                       : std::optional(Mismatch{where, to_text(hole), to_text(received)});
        }
        const auto type = types().find(hole.text);
        if (type == types().end()) {
            const auto value = bindings_.evaluate(hole.text);
            return value ? compare(*value, received, where)
                         : Mismatch{where, value.error().context, to_text(received)};
        }
        if (!type->second(received)) {
            return Mismatch{where, to_text(hole), to_text(received)};
        }
        if (hole.binds.empty()) {
            return std::nullopt;
        }
        if (const auto* bound = bindings_.find(hole.binds); bound != nullptr) {
            return compare(Node(*bound), received, where);
        }
        bindings_.set(hole.binds, received);
        bound_.push_back(hole.binds);
        return std::nullopt;
    }

    std::optional<Mismatch> compare_array(const Node& expected, const Node& received,
                                          const std::string& where) {
        for (std::size_t i = 0; i < expected.elements.size(); ++i) {
            const auto place = where + "[" + std::to_string(i) + "]";
            if (i >= received.elements.size()) {
                return Mismatch{place, to_text(expected.elements[i]), "nothing"};
            }
            if (auto found = compare(expected.elements[i], received.elements[i], place)) {
                return found;
            }
        }
        const auto count = expected.elements.size();
        if (!expected.open && received.elements.size() > count) {
            return Mismatch{where + "[" + std::to_string(count) + "]", "nothing",
                            to_text(received.elements[count])};
        }
        return std::nullopt;
    }

    std::optional<Mismatch> compare_in_any_order(const Node& expected, const Node& received,
                                                 const std::string& where) {
        std::set<std::size_t> taken;
        for (const auto& element : expected.elements) {
            const auto fits = [&](std::size_t i) {
                if (taken.contains(i)) {
                    return false;
                }
                const auto before = bound_.size();
                if (compare(element, received.elements[i], where)) {
                    forget(before);
                    return false;
                }
                return true;
            };
            std::size_t i = 0;
            while (i < received.elements.size() && !fits(i)) {
                ++i;
            }
            if (i == received.elements.size()) {
                return Mismatch{where, "among others " + to_text(element), to_text(received)};
            }
            taken.insert(i);
        }
        if (!expected.open && received.elements.size() > expected.elements.size()) {
            return Mismatch{where, std::to_string(expected.elements.size()) + " elements",
                            to_text(received)};
        }
        return std::nullopt;
    }

    std::optional<Mismatch> compare_object(const Node& expected, const Node& received,
                                           const std::string& where) {
        const auto place = [&](const std::string& key) {
            return where.empty() ? key : where + "." + key;
        };
        for (const auto& wanted : expected.members) {
            const std::string key(key_of(wanted));
            const auto* member = received.member(key);
            if (member == nullptr) {
                if (key != wanted.key) {
                    continue;
                }
                return Mismatch{place(key), to_text(wanted), "nothing"};
            }
            if (auto found = compare(wanted, *member, place(key))) {
                return found;
            }
        }
        if (expected.open) {
            return std::nullopt;
        }
        for (const auto& member : received.members) {
            if (std::ranges::find(expected.members, member.key, key_of) == expected.members.end()) {
                return Mismatch{place(member.key), "nothing", to_text(member)};
            }
        }
        return std::nullopt;
    }

    // All names but the first ones that were bound have no value again.
    void forget(std::size_t all_but) {
        for (; bound_.size() > all_but; bound_.pop_back()) {
            bindings_.erase(bound_.back());
        }
    }

    Bindings& bindings_;
    std::vector<std::string> bound_;  // here, in this order
};

}  // namespace

void Bindings::set_integer(const std::string& name, std::int64_t value) {
    set(name, Node::of_integer(value));
}

void Bindings::set_text(const std::string& name, std::string value) {
    set(name, Node::of_text(std::move(value)));
}

const Node* Bindings::find(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? nullptr : &found->second;
}

Result<Node> Bindings::evaluate(std::string_view expression) const {
    const auto sign = expression.find_first_of("+-");
    const auto* value = find(std::string(expression.substr(0, sign)));
    if (value == nullptr) {
        return fail(ErrorKind::malformed, "<" + std::string(expression) + "> has no value");
    }
    if (sign == std::string_view::npos) {
        return *value;
    }
    const auto digits = expression.substr(sign + 1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    std::int64_t sum = 0;
    if (error != std::errc() || end != digits.data() + digits.size() ||
        value->kind != Node::Kind::integer ||
        (expression[sign] == '+' ? __builtin_add_overflow(value->integer, number, &sum)
                                 : __builtin_sub_overflow(value->integer, number, &sum))) {
        return fail(ErrorKind::malformed, "<" + std::string(expression) + "> is no sum");
    }
    return Node::of_integer(sum);
}

bool is_type(std::string_view name) { return types().contains(name); }

Result<Node> fill(const Node& node, const Bindings& bindings) {
    if (node.kind == Node::Kind::hole) {
        return bindings.evaluate(node.text);
    }
    Node filled = node;
    filled.open = false;  // what is sent has no more than what it has
    for (auto& element : filled.elements) {
        TRY_ASSIGN(element, fill(element, bindings));
    }
    for (auto& member : filled.members) {
        auto key = member.key;
        TRY_ASSIGN(member, fill(member, bindings));
        member.key = std::move(key);
    }
    return filled;
}

std::optional<Mismatch> match(const Node& expected, const Node& received, Bindings& bindings) {
    return Matcher(bindings).compare(expected, received, "");
}

}  // namespace ankiwire::conformance
