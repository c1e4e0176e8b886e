// Fills the holes of what is sent, and compares what is received with what is expected.
//   <int>        any integer; other types: ms, s, text, bool, num, sha1, any
//   <int:usn>    as above, and from then on <usn> is that value; if it has one, it must be the same
//   <usn+1>      a value that is bound, plus or minus a number
//   <!usn>       of what is received: any value but that one
// A member "name?" of what is expected may be missing; if it is there, it has to fit.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "conformance/node.hpp"

namespace ankiwire::conformance {

class Bindings {
public:
    void set(const std::string& name, Node value) { values_[name] = std::move(value); }
    void set_integer(const std::string& name, std::int64_t value);
    void set_text(const std::string& name, std::string value);
    void erase(const std::string& name) { values_.erase(name); }
    // nullptr if it is not bound.
    [[nodiscard]] const Node* find(const std::string& name) const;
    // malformed: a name in it is not bound, or is not a number where one is needed.
    [[nodiscard]] Result<Node> evaluate(std::string_view expression) const;

private:
    std::map<std::string, Node> values_;
};

bool is_type(std::string_view name);

// The same node with its holes filled by their values. malformed: a hole that has none.
Result<Node> fill(const Node& node, const Bindings& bindings);

struct Mismatch {
    std::string where;     // such as cards[0][4]; empty: the whole
    std::string expected;  // in words or as JSON
    std::string received;
};

// nullopt: it fits, and what it binds is bound. Of a mismatch nothing is bound that matters.
std::optional<Mismatch> match(const Node& expected, const Node& received, Bindings& bindings);

}  // namespace ankiwire::conformance
