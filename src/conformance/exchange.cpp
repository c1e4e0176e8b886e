#include "conformance/exchange.hpp"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <utility>

#include "base/limits.hpp"
#include "conformance/form.hpp"
#include "conformance/node.hpp"
#include "zip/gzip.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::size_t body_bytes_max = std::size_t{2048} * limits::mib;

// nullptr: there is none.
const std::string* header(const HttpRequest& request, std::string_view name) {
    const auto found = std::ranges::find_if(request.headers, [&](const auto& field) {
        return boost::algorithm::to_lower_copy(field.first) == name;
    });
    return found == request.headers.end() ? nullptr : &found->second;
}

std::string text_member(const Node& object, std::string_view name) {
    const auto* member = object.member(name);
    return member == nullptr ? std::string() : member->text;
}

Result<void> read_packed(const std::string& sync_header, const HttpRequest& request, Call& call) {
    TRY_ASSIGN(const auto identity, from_json(sync_header));
    call.key = text_member(identity, "k");
    call.session = text_member(identity, "s");
    call.client = text_member(identity, "c");
    TRY_ASSIGN(call.body, zstd::unpack(request.body, body_bytes_max));
    return {};
}

Result<void> read_form_call(const Form& form, Call& call) {
    call.is_form = true;
    const auto* packing = find_part(form, "c");
    const bool packed = packing != nullptr && packing->content != "0";
    for (const auto& [name, content] : form) {
        call.parts += call.parts.empty() ? "" : " ";
        call.parts += name == "c" && !packed ? "c=0" : name;
        if (name == "k" || name == "sk") {
            call.key = content;
        } else if (name == "s") {
            call.session = content;
        } else if (name == "v") {
            call.client = content;
        } else if (name == "data" && packed && !content.empty()) {
            TRY_ASSIGN(call.body, zip::gunzip(content, body_bytes_max));
        } else if (name == "data") {
            call.body = content;
        }
    }
    return {};
}

}  // namespace

Result<HttpReply> forward(const HttpClient& client, HttpRequest request) {
    std::erase_if(request.headers, [](const auto& field) { return is_of_connection(field.first); });
    request.path = client.target().path + request.path.substr(request.path.starts_with('/'));
    return client.send(request);
}

std::string method_of(std::string_view path) {
    path = path.substr(0, path.find('?'));
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return std::string(path.substr(path.rfind('/') + 1));
}

Result<Call> read_call(const HttpRequest& request) {
    Call call;
    call.method = method_of(request.path);
    call.verb = request.verb;
    if (call.method.empty()) {
        return fail(ErrorKind::malformed, "no method");
    }
    if (const auto* sync_header = header(request, "anki-sync")) {
        TRY(read_packed(*sync_header, request, call));
        return call;
    }
    const auto* type = header(request, "content-type");
    if (request.verb == "POST" && type != nullptr) {
        TRY_ASSIGN(const auto form, read_form(*type, request.body));
        TRY(read_form_call(form.parts, call));
        call.has_end = form.has_end;
        return call;
    }
    if (const auto query = request.path.find('?'); query != std::string::npos) {
        TRY(read_form_call(read_query(std::string_view(request.path).substr(query + 1)), call));
        return call;
    }
    return fail(ErrorKind::malformed, "neither a header nor a form");
}

}  // namespace ankiwire::conformance
