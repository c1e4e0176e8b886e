#include "conformance/runner.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "conformance/bodies.hpp"
#include "conformance/collection_file.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::string_view own_session = "suite0";
constexpr std::string_view client_version = "conformance,1,suite";
constexpr std::size_t reply_bytes_max = std::size_t{2048} * limits::mib;
constexpr std::size_t deletions_of_a_zip = 25;
constexpr std::size_t shown_bytes_max = 4000;

const std::set<std::string, std::less<>> media_methods = {"begin", "mediaChanges", "uploadChanges",
                                                          "downloadFiles", "mediaSanity"};

std::string path_of(const Target& target, const std::string& method) {
    return target.path + (media_methods.contains(method) ? "msync/" : "sync/") + method;
}

std::string json_text(const Node& node) {
    std::string text = to_text(node);
    std::erase(text, '\n');
    return text;
}

std::string shown(std::string_view text) {
    return text.size() <= shown_bytes_max ? std::string(text)
                                          : std::string(text.substr(0, shown_bytes_max)) + "… (" +
                                                std::to_string(text.size()) + " bytes)";
}

bool fits_status(std::string_view pattern, const std::string& status) {
    while (true) {
        const auto end = pattern.find('|');
        const auto one = pattern.substr(0, end);
        const bool fits = one.size() == status.size() &&
                          std::ranges::equal(one, status, [](char expected, char received) {
                              return expected == 'x' || expected == received;
                          });
        if (fits || end == std::string_view::npos) {
            return fits;
        }
        pattern.remove_prefix(end + 1);
    }
}

// A value of an option: JSON, an expression in < >, or else a text.
Result<Node> option_value(const std::string& text, const Bindings& bindings) {
    if (text.starts_with('<') && text.ends_with('>')) {
        return bindings.evaluate(std::string_view(text).substr(1, text.size() - 2));
    }
    auto node = from_json(text);
    return node ? std::move(node) : Node::of_text(text);
}

// The `anki-sync` header of a step; empty: none.
Result<std::string> header_of(const Step& step, const std::string& key, const std::string& session,
                              const Bindings& bindings) {
    auto header = Node::empty_object();
    header.set_member("v", Node::of_integer(11));
    header.set_member("k", Node::of_text(step.method == "hostKey" ? "" : key));
    header.set_member("c", Node::of_text(std::string(client_version)));
    header.set_member("s", Node::of_text(session));
    constexpr std::string_view prefix = "header.";
    for (const auto& [name, value] : step.options) {
        if (name == "header") {
            return value == "none" ? std::string() : value;
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
    return json_text(header);
}

// The body of a step before it is packed.
Result<std::string> plain_body(const RequestBody& body, const Bindings& bindings,
                               const EmbeddedLibrary& library) {
    using Kind = RequestBody::Kind;
    switch (body.kind) {
        case Kind::json: {
            TRY_ASSIGN(const auto filled, fill(body.json, bindings));
            return json_text(filled);
        }
        case Kind::text:
            return body.text;
        case Kind::hex:
            return from_hex(body.text);
        case Kind::zip: {
            TRY_ASSIGN(const auto changes, fill(body.json, bindings));
            TRY_ASSIGN(const auto entries, fill(body.entries, bindings));
            return make_media_zip(changes, entries);
        }
        case Kind::collection: {
            TRY_ASSIGN(const auto sql, library.collection(body.text));
            return make_collection(sql);
        }
        case Kind::nothing:
            break;
    }
    return std::string();
}

Result<std::string> packed_body(const Step& step, const std::string& plain) {
    const auto option = [&](const char* name) {
        const auto found = step.options.find(name);
        return found == step.options.end() ? std::string() : found->second;
    };
    auto packed = step.body.kind == RequestBody::Kind::nothing || option("packed") == "no"
                      ? plain
                      : zstd::pack(plain);
    if (const auto cut = option("cut"); !cut.empty()) {
        packed.resize(packed.size() - std::min(packed.size(), std::stoul(cut)));
    }
    TRY_ASSIGN(const auto more, from_hex(option("append")));
    return packed + more;
}

std::string description_of(const Step& step, const std::string& plain) {
    std::string text = step.client + ": " + step.method;
    for (const auto& [name, value] : step.options) {
        text += " " + name + "=" + value;
    }
    switch (step.body.kind) {
        case RequestBody::Kind::json:
        case RequestBody::Kind::text:
            return text + " " + shown(plain);
        case RequestBody::Kind::zip:
            return text + " zip " + to_text(step.body.json);
        case RequestBody::Kind::collection:
            return text + " collection " + step.body.text;
        default:
            return text + " (" + std::to_string(plain.size()) + " bytes)";
    }
}

// A reply without its packing. malformed: not what its header says.
Result<std::string> unpacked(const HttpReply& reply) {
    const auto size = reply.headers.find("anki-original-size");
    if (size == reply.headers.end()) {
        return reply.body;
    }
    TRY_ASSIGN(auto plain, zstd::unpack(reply.body, reply_bytes_max));
    if (std::to_string(plain.size()) != size->second) {
        return fail(ErrorKind::malformed, "anki-original-size is " + size->second +
                                              ", but the reply has " +
                                              std::to_string(plain.size()) + " bytes");
    }
    return plain;
}

// The rows of each query.
std::optional<Mismatch> compare_collection(const std::vector<Query>& queries, std::string_view file,
                                           Bindings& bindings) {
    for (const auto& query : queries) {
        const auto rows = query_collection(file, query.sql);
        if (!rows) {
            return Mismatch{query.sql, "rows", rows.error().context};
        }
        Node expected;
        expected.kind = Node::Kind::array;
        expected.elements = query.rows;
        if (auto found = match(expected, *rows, bindings)) {
            return Mismatch{query.sql + " " + found->where, found->expected, found->received};
        }
    }
    return std::nullopt;
}

std::optional<Mismatch> compare_node(const Node& expected, const Result<Node>& received,
                                     std::string_view plain, Bindings& bindings) {
    return received ? match(expected, *received, bindings)
                    : Mismatch{"", to_text(expected),
                               shown(plain) + " (" + received.error().context + ")"};
}

std::optional<Mismatch> compare_body(const Expectation& expected, std::string_view plain,
                                     Bindings& bindings) {
    switch (expected.kind) {
        case Expectation::Kind::status_alone:
            return std::nullopt;
        case Expectation::Kind::text:
            return expected.text == plain
                       ? std::nullopt
                       : std::optional(Mismatch{"", expected.text, shown(plain)});
        case Expectation::Kind::json:
            return compare_node(expected.json, from_json(plain), plain, bindings);
        case Expectation::Kind::zip:
            return compare_node(expected.json, read_media_zip(plain), "no media zip", bindings);
        case Expectation::Kind::collection:
            return compare_collection(expected.queries, plain, bindings);
    }
    return std::nullopt;
}

}  // namespace

Runner::Runner(HttpClient http, Credentials credentials, const EmbeddedLibrary& library)
    : http_(std::move(http)), credentials_(std::move(credentials)), library_(library) {}

Result<HttpReply> Runner::call(const std::string& method, std::string_view packed,
                               const std::string& header) {
    HttpRequest request;
    request.path = path_of(http_.target(), method);
    request.headers = {{"Content-Type", "application/octet-stream"}, {"anki-sync", header}};
    request.body = packed;
    return http_.send(request);
}

Result<std::string> Runner::own_call(const std::string& method, const std::string& body) {
    Step step;
    step.method = method;
    TRY_ASSIGN(const auto header, header_of(step, key_, std::string(own_session), {}));
    TRY_ASSIGN(const auto reply, call(method, zstd::pack(body), header));
    if (reply.status == 403) {
        return fail(ErrorKind::auth_failed, method + " is answered with 403");
    }
    if (reply.status != 200) {
        return fail(ErrorKind::malformed, method + " is answered with " +
                                              std::to_string(reply.status) + ": " +
                                              shown(reply.body));
    }
    return unpacked(reply);
}

Result<Node> Runner::own_json(const std::string& method, const std::string& body) {
    TRY_ASSIGN(const auto plain, own_call(method, body));
    return from_json(plain);
}

Result<void> Runner::log_in() {
    auto login = Node::empty_object();
    login.set_member("u", Node::of_text(credentials_.user));
    login.set_member("p", Node::of_text(credentials_.password));
    TRY_ASSIGN(const auto reply, own_json("hostKey", json_text(login)));
    const auto* key = reply.member("key");
    if (key == nullptr || key->kind != Node::Kind::text) {
        return fail(ErrorKind::malformed, "hostKey is answered without a key");
    }
    key_ = key->text;
    return {};
}

Result<bool> Runner::is_empty() {
    TRY_ASSIGN(const auto meta, own_json("meta", R"({"v":11,"cv":"conformance,1,suite"})"));
    const auto* empty = meta.member("empty");
    TRY_ASSIGN(const auto changes, own_json("mediaChanges", R"({"lastUsn":0})"));
    const auto* data = changes.member("data");
    const bool has_files =
        data != nullptr && std::ranges::any_of(data->elements, [](const Node& change) {
            return change.elements.size() == 3 && !change.elements[2].text.empty();
        });
    return empty != nullptr && empty->boolean && !has_files;
}

Result<void> Runner::clean() {
    media_touched_ = true;
    TRY(clear_media());
    return set_collection("empty", "");
}

Result<void> Runner::set_collection(const std::string& name, const std::string& sql) {
    auto& packed = collections_[name + "\n" + sql];
    if (packed.empty()) {
        TRY_ASSIGN(const auto below, library_.collection(name));
        TRY_ASSIGN(const auto file, make_collection(below + sql));
        packed = zstd::pack(file);
    }
    Step step;
    step.method = "upload";
    TRY_ASSIGN(const auto header, header_of(step, key_, std::string(own_session), {}));
    TRY_ASSIGN(const auto reply, call("upload", packed, header));
    TRY_ASSIGN(const auto plain, unpacked(reply));
    return reply.status == 200 && plain == "OK"
               ? Result<void>()
               : fail(ErrorKind::malformed, "upload is answered with " +
                                                std::to_string(reply.status) + ": " + shown(plain));
}

Result<void> Runner::clear_media() {
    if (!media_touched_) {
        return {};
    }
    std::map<std::string, bool> names;  // whether the file is there
    for (std::int64_t last_usn = 0;;) {
        TRY_ASSIGN(const auto reply,
                   own_json("mediaChanges", "{\"lastUsn\":" + std::to_string(last_usn) + "}"));
        const auto* data = reply.member("data");
        const auto before = last_usn;
        for (const auto& change : data == nullptr ? std::vector<Node>() : data->elements) {
            if (change.elements.size() == 3) {
                names[change.elements[0].text] = !change.elements[2].text.empty();
                last_usn = std::max(last_usn, change.elements[1].integer);
            }
        }
        if (last_usn == before) {
            break;
        }
    }
    std::erase_if(names, [](const auto& entry) { return !entry.second; });
    while (!names.empty()) {
        Node changes;
        changes.kind = Node::Kind::array;
        while (!names.empty() && changes.elements.size() < deletions_of_a_zip) {
            Node change;
            change.kind = Node::Kind::array;
            change.elements = {Node::of_text(names.begin()->first), Node()};
            changes.elements.push_back(std::move(change));
            names.erase(names.begin());
        }
        TRY_ASSIGN(const auto zip, make_media_zip(changes, {}));
        TRY(own_call("uploadChanges", zip));
    }
    media_touched_ = false;
    return {};
}

std::optional<Failure> Runner::run(const Case& one) {
    auto prepared = set_collection(one.account, one.account_sql);
    if (prepared) {
        prepared = clear_media();
    }
    if (!prepared) {
        return Failure{.line = 0,
                       .sent = "the collection " + one.account,
                       .where = "",
                       .expected = "an account to begin with",
                       .received = prepared.error().context};
    }
    ++cases_run_;
    Scene scene;
    const auto now = system_now();
    scene.bindings.set_text("user", credentials_.user);
    scene.bindings.set_text("password", credentials_.password);
    scene.bindings.set_text("key", key_);
    scene.bindings.set_integer("now", to_secs(now).value);
    scene.bindings.set_integer("now_ms", now.value);
    std::optional<Failure> failure;
    for (const auto& step : one.steps) {
        if (failure = run_step(step, scene); failure) {
            break;
        }
    }
    for (const auto& [client, session] : scene.sessions) {  // nothing goes on behind it
        Step step;
        step.method = "abort";
        if (const auto header = header_of(step, key_, session, {})) {
            static_cast<void>(call("abort", zstd::pack("{}"), *header));
        }
    }
    return failure;
}

std::optional<Failure> Runner::run_step(const Step& step, Scene& scene) {
    auto& session = scene.sessions[step.client];
    if (session.empty()) {
        session = step.client + std::to_string(cases_run_) + std::to_string(std::random_device()());
    }
    media_touched_ = media_touched_ || media_methods.contains(step.method);
    Failure failure{.line = step.line,
                    .sent = step.client + ": " + step.method,
                    .where = {},
                    .expected = {},
                    .received = {}};
    const auto failed = [&failure](const Mismatch& mismatch) {
        failure.where = mismatch.where;
        failure.expected = mismatch.expected;
        failure.received = mismatch.received;
        return failure;
    };

    const auto plain = plain_body(step.body, scene.bindings, library_);
    const auto header = header_of(step, key_, session, scene.bindings);
    const auto packed = plain ? packed_body(step, *plain) : plain;
    if (!packed || !header) {
        return failed({"", "a request", packed ? header.error().context : packed.error().context});
    }
    failure.sent = description_of(step, *plain);

    HttpRequest request;
    const auto option = [&](const char* name) {
        const auto found = step.options.find(name);
        return found == step.options.end() ? std::string() : found->second;
    };
    request.verb = option("verb").empty() ? "POST" : option("verb");
    request.path = option("path").empty() ? path_of(http_.target(), step.method)
                                          : http_.target().path + option("path");
    request.headers = {{"Content-Type", "application/octet-stream"}};
    if (!header->empty()) {
        request.headers.emplace_back("anki-sync", *header);
    }
    request.body = *packed;
    request.chunked = option("length").empty();
    const auto reply = http_.send(request);
    if (!reply) {
        return failed({"", "a reply", reply.error().context});
    }
    const auto status = std::to_string(reply->status);
    const auto body = unpacked(*reply);
    if (!fits_status(step.expected.status, status)) {
        return failed(
            {"status", step.expected.status, status + " " + shown(body ? *body : reply->body)});
    }
    if (!body) {
        return failed({"body", "what its header says", body.error().context});
    }
    if (const auto found = compare_body(step.expected, *body, scene.bindings)) {
        return failed(*found);
    }
    return std::nullopt;
}

}  // namespace ankiwire::conformance
