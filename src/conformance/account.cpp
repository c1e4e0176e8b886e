#include "conformance/account.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "conformance/bodies.hpp"
#include "conformance/collection_file.hpp"
#include "conformance/form.hpp"
#include "conformance/reply.hpp"
#include "conformance/request.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::string_view own_session = "suite0";
constexpr std::size_t deletions_of_a_zip = 25;

// Of a server that sends it as a text, too: its media have to go before the next case.
std::int64_t number_of(const Node& usn) {
    auto number = usn.integer;
    if (usn.kind == Node::Kind::text) {
        std::from_chars(usn.text.data(), usn.text.data() + usn.text.size(), number);
    }
    return number;
}

}  // namespace

Account::Account(HttpClient http, Credentials credentials, const EmbeddedLibrary& library)
    : http_(std::move(http)), credentials_(std::move(credentials)), library_(library) {}

Result<HttpReply> Account::call(const std::string& method, const std::string& packed,
                                const std::string& session) {
    Step step;
    step.method = method;
    TRY_ASSIGN(const auto header, header_of(step, {key_, session}, {}));
    HttpRequest request;
    request.path = path_of(http_.target(), method);
    request.headers = {{"Content-Type", "application/octet-stream"}, {"anki-sync", header}};
    request.body = packed;
    request.chunked = false;  // a server that knows no chunks is to fail in the cases
    return http_.send(request);
}

Result<std::string> Account::own_call(const std::string& method, const std::string& packed) {
    TRY_ASSIGN(const auto reply, call(method, packed, std::string(own_session)));
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

Result<Node> Account::own_json(const std::string& method, const std::string& body) {
    TRY_ASSIGN(const auto plain, own_call(method, zstd::pack(body)));
    auto reply = from_json(plain);
    return reply ? std::move(reply)
                 : fail(ErrorKind::malformed, method + " is answered with " + shown(plain));
}

Node Account::login() const {
    auto login = Node::empty_object();
    login.set_member("u", Node::of_text(credentials_.user));
    login.set_member("p", Node::of_text(credentials_.password));
    return login;
}

Result<void> Account::log_in() {
    TRY_ASSIGN(const auto reply, own_json("hostKey", to_line(login())));
    const auto* key = reply.member("key");
    if (key == nullptr || key->kind != Node::Kind::text) {
        return fail(ErrorKind::malformed, "hostKey is answered without a key");
    }
    key_ = key->text;
    return {};
}

Result<void> Account::speak(int protocol) const {
    auto meta = Node::empty_object();
    meta.set_member("v", Node::of_integer(protocol));
    meta.set_member("cv", Node::of_text("conformance,1,suite"));
    for (const auto& [method, body] : {std::pair("hostKey", login()), std::pair("meta", meta)}) {
        Step step;
        step.method = method;
        step.body.kind = RequestBody::Kind::json;
        step.body.json = body;
        step.options["parts"] = usual_form(protocol, method).parts;
        TRY_ASSIGN(const auto out, outgoing(step, {key_, std::string(own_session)}, http_.target(),
                                            Bindings(), library_));
        TRY_ASSIGN(const auto reply, http_.send(out.request));
        if (reply.status != 200) {
            return fail(ErrorKind::malformed, std::string("the form of ") + method +
                                                  " is answered with " +
                                                  std::to_string(reply.status));
        }
    }
    return {};
}

Result<bool> Account::is_empty() {
    TRY_ASSIGN(const auto meta, own_json("meta", R"({"v":11,"cv":"conformance,1,suite"})"));
    const auto* empty = meta.member("empty");
    TRY_ASSIGN(const auto names, media_names());
    if (empty == nullptr || !empty->boolean || !names.empty()) {
        return false;
    }
    TRY(own_json("start", R"({"minUsn":0,"lnewer":false,"graves":null})"));
    const auto sent_something = is_sent_something();
    abort(std::string(own_session));
    TRY_ASSIGN(const bool has_something, sent_something);
    return !has_something;
}

Result<bool> Account::is_sent_something() {
    const auto has_more_than = [](const Node* list, std::size_t count) {
        return list != nullptr && list->elements.size() > count;
    };
    TRY_ASSIGN(const auto changes,
               own_json("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})"));
    const auto* decks = changes.member("decks");
    if (has_more_than(changes.member("tags"), 0) ||
        (has_more_than(decks, 0) && has_more_than(&decks->elements[0], 1))) {
        return true;
    }
    TRY_ASSIGN(const auto chunk, own_json("chunk", "{}"));  // its rows come before it is done
    return has_more_than(chunk.member("revlog"), 0) || has_more_than(chunk.member("cards"), 0) ||
           has_more_than(chunk.member("notes"), 0);
}

Result<void> Account::prepare(const std::string& collection, const std::string& sql) {
    TRY(upload(collection, sql));
    return clear_media();
}

void Account::abort(const std::string& session) {
    static_cast<void>(call("abort", zstd::pack("{}"), session));
}

Result<void> Account::upload(const std::string& collection, const std::string& sql) {
    auto& packed = collections_[collection + "\n" + sql];
    if (packed.empty()) {
        TRY_ASSIGN(const auto below, library_.collection(collection));
        TRY_ASSIGN(const auto file, make_collection(below + sql));
        packed = zstd::pack(file);
    }
    TRY_ASSIGN(const auto text, own_call("upload", packed));
    return text == "OK" || text == "\"OK\""  // the latter fails in the cases
               ? Result<void>()
               : fail(ErrorKind::malformed, "upload is answered with " + shown(text));
}

Result<std::vector<std::string>> Account::media_names() {
    std::map<std::string, bool> is_there;  // by name
    for (std::int64_t last_usn = 0;;) {
        TRY_ASSIGN(const auto reply,
                   own_json("mediaChanges", "{\"lastUsn\":" + std::to_string(last_usn) + "}"));
        const auto* data = reply.member("data");
        const auto before = last_usn;
        for (const auto& change : data == nullptr ? std::vector<Node>() : data->elements) {
            if (change.elements.size() == 3) {
                is_there[change.elements[0].text] = !change.elements[2].text.empty();
                last_usn = std::max(last_usn, number_of(change.elements[1]));
            }
        }
        if (last_usn == before) {
            break;
        }
    }
    std::vector<std::string> names;
    for (const auto& [name, there] : is_there) {
        if (there) {
            names.push_back(name);
        }
    }
    return names;
}

Result<void> Account::clear_media() {
    if (!media_touched_) {
        return {};
    }
    TRY_ASSIGN(auto names, media_names());
    while (!names.empty()) {
        Node changes;
        changes.kind = Node::Kind::array;
        while (!names.empty() && changes.elements.size() < deletions_of_a_zip) {
            Node change;
            change.kind = Node::Kind::array;
            change.elements = {Node::of_text(names.back()), Node()};
            changes.elements.push_back(std::move(change));
            names.pop_back();
        }
        TRY_ASSIGN(const auto zip, make_media_zip(changes, {}));
        TRY(own_call("uploadChanges", zstd::pack(zip)));
    }
    media_touched_ = false;
    return {};
}

}  // namespace ankiwire::conformance
