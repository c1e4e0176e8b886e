// JSON as transcripts have it: values, and in their places typed holes, spreads and "and others".
//   {"mod": <ms:m>, "usn": 5, ...}      a hole with a type and a name; any other members
//   {...note, "id": 7}                  the members of the object `note`, some replaced
//   [~ 1, 2]                            in any order
//   [<any> * 250]                       so many elements of one kind
// Invariant: a Node made from_json has no holes, no rest, and is ordered.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ankiwire::conformance {

struct Node {
    enum class Kind { null, boolean, integer, real, text, array, object, hole };
    Kind kind = Kind::null;
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string text;   // of a hole: its type, or the expression that fills it
    std::string binds;  // of a hole: the name that it gives, or empty
    std::vector<Node> elements;
    std::vector<Node> members;  // each with its key
    std::string key;            // of a member of an object
    bool any_order = false;     // of an array
    bool open = false;          // of an array or object: others may be there too

    static Node of_integer(std::int64_t value);
    static Node of_text(std::string text);
    static Node empty_object();

    // nullptr if there is none.
    [[nodiscard]] const Node* member(std::string_view name) const;
    [[nodiscard]] Node* member(std::string_view name);
    // Adds a member, or replaces the one of that key.
    void set_member(std::string_view name, Node value);
};

// The text of the object that a spread names; an error: there is none.
using FindObject = std::function<Result<std::string_view>(std::string_view name)>;

// Reads one node at the beginning of `text`, and takes it off. malformed: with what is wrong.
Result<Node> read_node(std::string_view& text, const FindObject& find_object);

// malformed: it is no JSON.
Result<Node> from_json(std::string_view json);

// As it would be written in a transcript; in one line, or of several if it is long.
std::string to_text(const Node& node);
// In one line.
std::string to_line(const Node& node);

}  // namespace ankiwire::conformance
