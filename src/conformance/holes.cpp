#include "conformance/holes.hpp"

#include <array>

namespace ankiwire::conformance {
namespace {

constexpr std::int64_t near_ms = std::int64_t{3} * 24 * 60 * 60 * 1000;

Node hole(std::string text, std::string binds = {}) {
    Node node;
    node.kind = Node::Kind::hole;
    node.text = std::move(text);
    node.binds = std::move(binds);
    return node;
}

// In place, with its key.
void put(Node& node, Node value) {
    value.key = node.key;
    node = std::move(value);
}

// What the times in a row, or the ids in a list, are.
std::string_view label_of_column(std::string_view table, std::size_t column) {
    using Columns = std::array<std::string_view, 3>;
    static const std::map<std::string_view, Columns> tables = {
        {"cards", {"card", "note", "deck"}}, {"notes", {"note", "", "notetype"}},
        {"revlog", {"review", "card", ""}},  {"decks", {"deck", "", ""}},
        {"models", {"notetype", "", ""}},    {"configs", {"config", "", ""}}};
    const auto found = tables.find(table);
    return found == tables.end() || column >= found->second.size() ? "" : found->second[column];
}

std::string_view label_of_member(std::string_view table, std::string_view key) {
    if (key == "id") {
        return label_of_column(table, 0);
    }
    return key == "scm" || key == "mod" || key == "crt" || key == "did" ? key : "";
}

bool is_list_of_two_lists(const Node& node) {
    return node.elements.size() == 2 && node.elements[0].kind == Node::Kind::array &&
           node.elements[1].kind == Node::Kind::array;
}

void in_any_order(Node* node) {
    if (node != nullptr && node->kind == Node::Kind::array && node->elements.size() > 1) {
        node->any_order = true;
    }
}

// Lists whose order no requirement tells.
void free_the_order(std::string_view method, Node& body) {
    if (method == "start" || method == "chunk") {
        for (auto& list : body.members) {
            in_any_order(&list);
        }
    } else if (method == "applyChanges") {
        in_any_order(body.member("models"));
        in_any_order(body.member("tags"));
        if (auto* decks = body.member("decks"); decks != nullptr) {
            for (auto& list : decks->elements) {
                in_any_order(&list);
            }
        }
    } else if (method == "mediaChanges") {
        in_any_order(body.member("data"));
    }
}

// The official server makes `{}` of the empty text that old clients have for a card's data.
void free_empty_data(Node& cards) {
    for (auto& card : cards.elements) {
        if (!card.elements.empty() && card.elements.back().text == "{}") {
            put(card.elements.back(), hole("any"));
        }
    }
}

}  // namespace

Node Holes::in_request(std::string_view method, Node body) {
    if (method == "mediaChanges") {
        replace_media_usn(body.member("lastUsn"), Side::request);
    } else if (method == "hostKey") {
        for (const auto& [name, text] : {std::pair("u", "user"), std::pair("p", "password")}) {
            if (auto* secret = body.member(name)) {
                put(*secret, hole(text));
            }
        }
    }
    replace(body, "", "", Side::request);
    return body;
}

Node Holes::in_reply(std::string_view method, Node body) {
    auto* data = body.member("data");
    if (method == "meta") {
        replace_meta(body);
    } else if (method == "begin" && data != nullptr) {
        replace_media_usn(data->member("usn"), Side::reply);
        if (auto* key = data->member("sk")) {
            put(*key, hole("text", "sk"));
        }
    } else if (method == "mediaChanges" && data != nullptr) {
        for (auto& change : data->elements) {
            replace_media_usn(change.elements.size() == 3 ? &change.elements[1] : nullptr,
                              Side::reply);
        }
    } else if (method == "uploadChanges" && data != nullptr && data->elements.size() == 2) {
        replace_media_usn(&data->elements[1], Side::reply);
    }
    if (auto* cards = body.member("cards"); cards != nullptr && method == "chunk") {
        free_empty_data(*cards);
    }
    if (auto* config = body.member("conf");
        config != nullptr && method == "applyChanges" && config->kind == Node::Kind::object) {
        // A server begins a new day if it is one (R-START-04), and a replay is on another one.
        std::erase_if(config->members, [](const Node& one) { return one.key == "lastUnburied"; });
        config->set_member("lastUnburied?", hole("int"));
    }
    replace(body, "", method == "finish" ? "mod" : "", Side::reply);
    free_the_order(method, body);
    return body;
}

void Holes::replace_meta(Node& body) {
    if (auto* time = body.member("ts")) {
        put(*time, hole("s"));  // the server's clock, never equal to anything
    }
    replace_media_usn(body.member("media_usn"), Side::reply);
    auto* may_continue = body.member("cont");
    auto* message = body.member("msg");
    const auto* empty = body.member("empty");
    if (may_continue != nullptr && message != nullptr && empty != nullptr &&
        !may_continue->boolean && empty->boolean) {  // either will do (R-LEG-35)
        put(*may_continue, hole("bool"));
        put(*message, hole("text"));
    }
    for (const auto* name : {"mod", "scm", "usn"}) {
        if (auto* counter = body.member(name); counter != nullptr && !state_is_known_) {
            put(*counter, hole("int"));
        }
    }
    body.open = true;
}

void Holes::replace_media_usn(Node* node, Side side) {
    if (node == nullptr || node->kind != Node::Kind::integer || node->integer < 0 ||
        (!media_usn_ && side == Side::request)) {
        return;
    }
    if (!media_usn_) {
        media_usn_ = node->integer;
        put(*node, hole("int", "media"));
        return;
    }
    const auto more = node->integer - *media_usn_;
    put(*node, hole(more == 0  ? "media"
                    : more > 0 ? "media+" + std::to_string(more)
                               : "media-" + std::to_string(-more)));
}

void Holes::replace(Node& node, std::string_view table, std::string_view label, Side side) {
    switch (node.kind) {
        case Node::Kind::integer:
            replace_time(node, label, side);
            break;
        case Node::Kind::text:
            if (!key_.empty() && node.text == key_) {
                put(node, hole("key"));
            }
            break;
        case Node::Kind::array:
            replace_elements(node, table, side);
            break;
        case Node::Kind::object:
            for (auto& one : node.members) {
                const auto list = label_of_column(one.key, 0).empty() ? table : one.key;
                replace(one, list, label_of_member(table, one.key), side);
            }
            break;
        default:
            break;
    }
}

void Holes::replace_elements(Node& list, std::string_view table, Side side) {
    if (table == "decks" && is_list_of_two_lists(list)) {
        replace_elements(list.elements[0], "decks", side);
        replace_elements(list.elements[1], "configs", side);
        return;
    }
    for (auto& element : list.elements) {
        if (element.kind != Node::Kind::array) {
            replace(element, table, label_of_column(table, 0), side);
            continue;
        }
        for (std::size_t i = 0; i < element.elements.size(); ++i) {
            replace(element.elements[i], table, label_of_column(table, i), side);
        }
    }
}

void Holes::replace_time(Node& node, std::string_view label, Side side) {
    const auto is_near = [this](std::int64_t ms) {
        return ms > now_ms_ - near_ms && ms < now_ms_ + near_ms;
    };
    const bool is_ms = is_near(node.integer);
    if (!is_ms && (node.integer < 0 || node.integer > now_ms_ || !is_near(node.integer * 1000))) {
        return;
    }
    const std::string type = is_ms ? "ms" : "s";
    auto& name = names_[node.integer];
    if (!name.empty()) {
        put(node, hole(name));
        return;
    }
    const std::string base(!label.empty() && (is_ms || label == "crt") ? label
                           : is_ms                                     ? "moment"
                                                                       : "second");
    name = base + std::to_string(++counts_[base]);
    if (side == Side::request) {
        given_.emplace_back(name, node.integer);
        put(node, hole(name));
    } else {
        put(node, hole(type, name));
    }
}

}  // namespace ankiwire::conformance
