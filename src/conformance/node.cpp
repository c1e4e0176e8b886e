#include "conformance/node.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "conformance/json_text.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::size_t line_chars_max = 100;
constexpr std::int64_t repetitions_max = 10'000;
constexpr int depth_max = 1000;  // of arrays and objects in one another
constexpr std::size_t values_max = 1'000'000;

enum class Language { json, transcript };

// One node from its text.
class Parser {
public:
    Parser(std::string_view text, Language language, const FindObject& find_object)
        : text_(text), has_holes_(language == Language::transcript), find_object_(find_object) {}

    Result<Node> node() {
        skip_space();
        if (text_.empty()) {
            return problem("a value is missing");
        }
        if (depth_ == depth_max) {
            return problem("too deep");
        }
        if (++values_ > values_max) {
            return problem("too many values");
        }
        ++depth_;
        auto node = any_node();
        --depth_;
        return node;
    }
    [[nodiscard]] std::string_view rest() const { return text_; }
    bool is_at_end() {
        skip_space();
        return text_.empty();
    }

private:
    static Error problem(const std::string& what) { return fail(ErrorKind::malformed, what); }

    Result<Node> any_node() {
        switch (text_.front()) {
            case '{':
                return object();
            case '[':
                return array();
            case '<':
                return has_holes_ ? hole() : word();
            case '"':
                return text_node();
            default:
                return word();
        }
    }

    void skip_space() {
        const auto start = text_.find_first_not_of(" \t\r\n");
        text_.remove_prefix(start == std::string_view::npos ? text_.size() : start);
    }
    bool take(std::string_view token) {
        skip_space();
        if (!text_.starts_with(token)) {
            return false;
        }
        text_.remove_prefix(token.size());
        return true;
    }
    // What lies before a comma or the closing bracket; true: it is closed.
    Result<bool> separator(std::string_view closing) {
        if (take(closing)) {
            return true;
        }
        if (take(",")) {
            return false;
        }
        return problem("a comma or " + std::string(closing) +
                       " is missing at: " + std::string(text_.substr(0, 20)));
    }

    Result<Node> object() {
        take("{");
        Node node;
        node.kind = Node::Kind::object;
        std::set<std::string> keys;
        bool closed = take("}");
        while (!closed) {
            TRY(one_member(node, keys));
            TRY_ASSIGN(closed, separator("}"));
        }
        return node;
    }

    // `keys`: those that the object has as JSON.
    Result<void> one_member(Node& object, std::set<std::string>& keys) {
        if (has_holes_ && take("...")) {
            return spread(object);
        }
        TRY_ASSIGN(const auto key, text_node());
        if (!take(":")) {
            return problem("a colon is missing after \"" + key.text + '"');
        }
        TRY_ASSIGN(auto value, node());
        if (has_holes_) {
            object.set_member(key.text, std::move(value));
            return {};
        }
        if (!keys.insert(key.text).second) {
            return problem("the member " + in_quotes(key.text) + " is there twice");
        }
        value.key = key.text;
        object.members.push_back(std::move(value));
        return {};
    }

    Result<void> spread(Node& object) {
        const auto end = text_.find_first_of(",} \t\n");
        const auto name = text_.substr(0, end);
        if (name.empty()) {
            object.open = true;
            return {};
        }
        text_.remove_prefix(name.size());
        TRY_ASSIGN(const auto found, find_object_(name));
        Parser parser(found, Language::transcript, find_object_);
        TRY_ASSIGN(const auto other, parser.node());
        for (const auto& member : other.members) {
            object.set_member(member.key, member);
        }
        object.open = object.open || other.open;
        return {};
    }

    Result<Node> array() {
        take("[");
        Node node;
        node.kind = Node::Kind::array;
        node.any_order = has_holes_ && take("~");
        bool closed = take("]");
        while (!closed) {
            if (has_holes_ && take("...")) {
                node.open = true;
            } else {
                TRY_ASSIGN(const auto element, this->node());
                TRY_ASSIGN(const auto count, repetitions());
                node.elements.insert(node.elements.end(), count, element);
            }
            TRY_ASSIGN(closed, separator("]"));
        }
        return node;
    }

    // Of an element with `* 250` behind it that number, else 1.
    Result<std::size_t> repetitions() {
        if (!has_holes_ || !take("*")) {
            return 1;
        }
        skip_space();
        TRY_ASSIGN(const auto count, word());
        if (count.kind != Node::Kind::integer || count.integer < 0 ||
            count.integer > repetitions_max) {
            return problem("no number of elements: " + to_text(count));
        }
        return static_cast<std::size_t>(count.integer);
    }

    // <type>, <type:name>, <expression>
    Result<Node> hole() {
        const auto end = text_.find('>');
        if (end == std::string_view::npos) {
            return problem("a hole has no end");
        }
        const auto inside = text_.substr(1, end - 1);
        text_.remove_prefix(end + 1);
        const auto colon = inside.find(':');
        Node node;
        node.kind = Node::Kind::hole;
        node.text = inside.substr(0, colon);
        if (colon != std::string_view::npos) {
            node.binds = inside.substr(colon + 1);
        }
        return node;
    }

    Result<Node> text_node() {
        skip_space();
        std::size_t end = 1;
        while (end < text_.size() && text_[end] != '"') {
            end += text_[end] == '\\' ? 2 : 1;
        }
        if (!text_.starts_with('"') || end >= text_.size()) {
            return problem("a text is missing, or has no end");
        }
        TRY_ASSIGN(auto node, read_scalar(text_.substr(0, end + 1)));
        text_.remove_prefix(end + 1);
        return node;
    }

    Result<Node> word() {
        const auto end = text_.find_first_of(",]} \t\r\n");
        const auto word = text_.substr(0, end);
        text_.remove_prefix(word.size());
        auto node = read_scalar(word);
        return node ? std::move(node) : problem("not a value: " + std::string(word));
    }

    std::string_view text_;
    bool has_holes_;  // and all else that only transcripts have
    int depth_ = 0;
    std::size_t values_ = 0;  // so far
    const FindObject& find_object_;
};

std::string scalar_text(const Node& node) {
    switch (node.kind) {
        case Node::Kind::boolean:
            return node.boolean ? "true" : "false";
        case Node::Kind::integer:
            return std::to_string(node.integer);
        case Node::Kind::real:
            return written(node.real);
        case Node::Kind::text:
            return in_quotes(node.text);
        case Node::Kind::hole:
            return "<" + node.text + (node.binds.empty() ? "" : ":" + node.binds) + ">";
        default:
            return "null";
    }
}

// nullptr if there is none. Of members that may not be changed, neither may the one that is found.
template <class Members>
auto* find_member(Members& members, std::string_view name) {
    const auto found = std::ranges::find(members, name, &Node::key);
    return found == members.end() ? nullptr : &*found;
}

bool has_parts(const Node& node) {
    return node.kind == Node::Kind::array || node.kind == Node::Kind::object;
}

std::string_view opening_of(const Node& node) {
    return node.kind == Node::Kind::object ? "{" : node.any_order ? "[~" : "[";
}

std::string_view closing_of(const Node& node) {
    return node.kind == Node::Kind::object ? "}" : "]";
}

// The parts of an array or object, which `write` appends. Stops behind `bytes_max`.
template <class Write>
void append_parts(const Node& node, std::string& out, std::string_view separator,
                  std::size_t bytes_max, const Write& write) {
    bool is_first = true;
    const auto begin = [&] {
        out += is_first ? "" : separator;
        is_first = false;
    };
    for (const auto* parts : {&node.elements, &node.members}) {
        for (const auto& part : *parts) {
            if (out.size() > bytes_max) {
                return;
            }
            begin();
            out += parts == &node.members ? in_quotes(part.key) + ": " : "";
            write(part);
        }
    }
    if (node.open) {
        begin();
        out += "...";
    }
}

// In one line; what lies behind `bytes_max` may be missing.
void append_line(const Node& node, std::string& out, std::size_t bytes_max) {
    if (!has_parts(node)) {
        out += scalar_text(node);
        return;
    }
    out += opening_of(node);
    out += node.any_order ? " " : "";
    append_parts(node, out, ", ", bytes_max,
                 [&](const Node& part) { append_line(part, out, bytes_max); });
    out += closing_of(node);
}

// In one line if that is short enough, else each part in a line of its own.
void append_lines(const Node& node, std::string& out, std::size_t indent) {
    std::string line;
    append_line(node, line, line_chars_max);
    if (!has_parts(node) || indent + line.size() <= line_chars_max) {
        out += line;
        return;
    }
    const auto margin = "\n" + std::string(indent + 2, ' ');
    out += opening_of(node);
    out += margin;
    append_parts(node, out, "," + margin, SIZE_MAX,
                 [&](const Node& part) { append_lines(part, out, indent + 2); });
    out += "\n" + std::string(indent, ' ');
    out += closing_of(node);
}

}  // namespace

Node Node::of_integer(std::int64_t value) {
    Node node;
    node.kind = Kind::integer;
    node.integer = value;
    return node;
}

Node Node::of_text(std::string text) {
    Node node;
    node.kind = Kind::text;
    node.text = std::move(text);
    return node;
}

Node Node::empty_object() {
    Node node;
    node.kind = Kind::object;
    return node;
}

const Node* Node::member(std::string_view name) const { return find_member(members, name); }

Node* Node::member(std::string_view name) { return find_member(members, name); }

void Node::set_member(std::string_view name, Node value) {
    value.key = name;
    if (auto* found = member(name); found != nullptr) {
        *found = std::move(value);
    } else {
        members.push_back(std::move(value));
    }
}

Result<Node> read_node(std::string_view& text, const FindObject& find_object) {
    Parser parser(text, Language::transcript, find_object);
    auto node = parser.node();
    text = parser.rest();
    return node;
}

Result<Node> from_json(std::string_view json) {
    const FindObject none;
    Parser parser(json, Language::json, none);
    auto node = parser.node();
    if (node && !parser.is_at_end()) {
        return fail(ErrorKind::malformed, "more than one value");
    }
    return node;
}

std::string to_text(const Node& node) {
    std::string text;
    append_lines(node, text, 0);
    return text;
}

std::string to_line(const Node& node) {
    std::string line;
    append_line(node, line, SIZE_MAX);
    return line;
}

}  // namespace ankiwire::conformance
