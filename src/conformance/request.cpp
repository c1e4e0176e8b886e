#include "conformance/request.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "conformance/bodies.hpp"
#include "conformance/collection_file.hpp"
#include "conformance/form.hpp"
#include "conformance/reply.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::string_view client_version = "conformance,1,suite";

// Empty if it is not given.
std::string option_of(const Step& step, const char* name) {
    const auto found = step.options.find(name);
    return found == step.options.end() ? std::string() : found->second;
}

std::size_t number_of(const Step& step, const char* name) {
    const auto text = option_of(step, name);
    return text.empty() ? 0 : std::stoul(text);
}

// A value of an option: JSON, an expression in < >, or else a text.
Result<Node> option_value(const std::string& text, const Bindings& bindings) {
    if (text.starts_with('<') && text.ends_with('>')) {
        return bindings.evaluate(std::string_view(text).substr(1, text.size() - 2));
    }
    auto node = from_json(text);
    return node ? std::move(node) : Node::of_text(text);
}

// A text in which each <name> has become its value.
Result<std::string> filled_text(std::string_view text, const Bindings& bindings) {
    std::string filled;
    while (true) {
        const auto begin = text.find('<');
        const auto end = text.find('>', begin);
        filled += text.substr(0, begin);
        if (end == std::string_view::npos) {
            return filled;
        }
        TRY_ASSIGN(const auto value, bindings.evaluate(text.substr(begin + 1, end - begin - 1)));
        filled += value.kind == Node::Kind::text ? value.text : to_text(value);
        text.remove_prefix(end + 1);
    }
}

// The body of a step before it is packed.
Result<std::string> plain_body(const Step& step, const Bindings& bindings,
                               const EmbeddedLibrary& library) {
    using Kind = RequestBody::Kind;
    const auto& body = step.body;
    switch (body.kind) {
        case Kind::json: {
            TRY_ASSIGN(const auto filled, fill(body.json, bindings));
            return to_line(filled) + std::string(number_of(step, "pad"), ' ');
        }
        case Kind::form: {
            TRY_ASSIGN(const auto filled, fill(body.json, bindings));
            return write_form(make_form(filled)).bytes;
        }
        case Kind::text:
            return body.text;
        case Kind::hex:
            return from_hex(body.text);
        case Kind::zeros:
            return std::string(std::stoul(body.text), '\0');
        case Kind::zip: {
            TRY_ASSIGN(const auto changes, fill(body.json, bindings));
            TRY_ASSIGN(const auto entries, fill(body.entries, bindings));
            return make_media_zip(changes, entries);
        }
        case Kind::collection: {
            TRY_ASSIGN(const auto sql, library.collection(body.text));
            return make_collection(sql + body.sql);
        }
        case Kind::nothing:
            break;
    }
    return std::string();
}

// What is packed, without its last bytes and with more, as the step says.
Result<std::string> damaged(const Step& step, std::string packed) {
    packed.resize(packed.size() - std::min(packed.size(), number_of(step, "cut")));
    TRY_ASSIGN(const auto more, from_hex(option_of(step, "append")));
    return packed + more;
}

Result<std::string> packed_body(const Step& step, const std::string& plain) {
    using Kind = RequestBody::Kind;
    const bool as_it_is = step.method == raw_method || step.body.kind == Kind::nothing ||
                          step.body.kind == Kind::form || option_of(step, "packed") == "no";
    const auto window = number_of(step, "window");
    return damaged(step, as_it_is      ? plain
                         : window != 0 ? frame_of_window(plain, static_cast<unsigned>(window))
                                       : zstd::pack(plain));
}

// As clients of protocol 8 to 10 send it: a form of these parts, or the query of a GET.
Result<void> send_as_form(HttpRequest& request, const Step& step, const std::string& plain,
                          const Identity& who, const Bindings& bindings) {
    const auto* media_key = bindings.find("sk");
    auto form = form_of(option_of(step, "parts"), plain,
                        {.key = who.key,
                         .media_key = media_key == nullptr ? who.key : media_key->text,
                         .session = who.session,
                         .client = std::string(client_version)});
    if (request.verb == "GET") {
        request.path += "?" + make_query(form);
        return {};
    }
    for (auto& part : form) {
        if (part.name == "data") {
            TRY_ASSIGN(part.content, damaged(step, std::move(part.content)));
        }
    }
    auto body = write_form(
        form, {.has_end = option_of(step, "end") != "no", .file = option_of(step, "file")});
    request.headers = {{"Content-Type", std::move(body.content_type)}};
    request.body = std::move(body.bytes);
    return {};
}

std::string description_of(const Step& step, const std::string& plain) {
    std::string text = step.client + ": " + step.method;
    for (const auto& [name, value] : step.options) {
        text += " " + name + "=" + value;
    }
    switch (step.body.kind) {
        case RequestBody::Kind::json:
        case RequestBody::Kind::text:
        case RequestBody::Kind::form:
            return text + " " + shown(plain);
        case RequestBody::Kind::zip:
            return text + " zip " + to_line(step.body.json);
        case RequestBody::Kind::collection:
            return text + " collection " + step.body.text + "\n" + step.body.sql;
        default:
            return text + " (" + std::to_string(plain.size()) + " bytes)";
    }
}

}  // namespace

bool is_media_method(const std::string& method) {
    static const std::set<std::string, std::less<>> names = {
        "begin", "mediaChanges", "uploadChanges", "downloadFiles", "mediaSanity"};
    return names.contains(method);
}

std::string path_of(const Target& target, const std::string& method) {
    return target.path + (is_media_method(method) ? "msync/" : "sync/") + method;
}

Result<std::string> header_of(const Step& step, const Identity& who, const Bindings& bindings) {
    auto header = Node::empty_object();
    header.set_member("v", Node::of_integer(11));
    header.set_member("k", Node::of_text(step.method == "hostKey" ? "" : who.key));
    header.set_member("c", Node::of_text(std::string(client_version)));
    header.set_member("s", Node::of_text(who.session));
    constexpr std::string_view prefix = "header.";
    for (const auto& [name, value] : step.options) {
        if (name == "header") {
            return value == "none" ? std::string() : filled_text(value, bindings);
        }
        if (!name.starts_with(prefix)) {
            continue;
        }
        const auto member = name.substr(prefix.size());
        if (value == "absent") {
            std::erase_if(header.members, [&](const Node& one) { return one.key == member; });
        } else {
            TRY_ASSIGN(auto node, option_value(value, bindings));
            header.set_member(member, std::move(node));
        }
    }
    return to_line(header);
}

Result<Outgoing> outgoing(const Step& step, const Identity& who, const Target& target,
                          const Bindings& bindings, const EmbeddedLibrary& library) {
    TRY_ASSIGN(const auto plain, plain_body(step, bindings, library));
    TRY_ASSIGN(const auto header, header_of(step, who, bindings));
    TRY_ASSIGN(const auto path, filled_text(option_of(step, "path"), bindings));
    Outgoing out;
    out.description = description_of(step, plain);
    auto& request = out.request;
    TRY_ASSIGN(request.body, packed_body(step, plain));
    request.is_raw = step.method == raw_method;
    request.verb = option_of(step, "verb").empty() ? "POST" : option_of(step, "verb");
    request.path =
        step.options.contains("path") ? target.path + path : path_of(target, step.method);
    request.headers = {{"Content-Type", step.body.kind == RequestBody::Kind::form
                                            ? std::string(form_type)
                                            : "application/octet-stream"}};
    if (!header.empty()) {
        request.headers.emplace_back("anki-sync", header);
    }
    if (step.options.contains("parts")) {
        TRY(send_as_form(request, step, plain, who, bindings));
    }
    request.chunked = option_of(step, "length").empty();
    if (step.options.contains("break")) {
        request.breaks_after = number_of(step, "break");
    }
    return out;
}

}  // namespace ankiwire::conformance
