#include "conformance/shadow.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <utility>

#include "conformance/bodies.hpp"
#include "conformance/collection_dump.hpp"
#include "conformance/reply.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::size_t shown_bytes_max = 200;

std::optional<Mismatch> compare_texts(const std::string& first, const std::string& second) {
    return first == second ? std::nullopt : std::optional(Mismatch{"", first, second});
}

std::string or_problem(const Result<std::string>& text) {
    return text ? *text : text.error().context;
}

std::string zip_in_words(const std::string& zip) {
    const auto files = read_media_zip(zip);
    return files ? to_text(*files) : files.error().context;
}

}  // namespace

HttpRequest Shadow::as_of_second(const HttpRequest& request) const {
    auto changed = request;
    for (const auto& [first, second] : keys_) {
        boost::algorithm::replace_all(changed.path, first, second);
        for (auto& [name, value] : changed.headers) {
            boost::algorithm::replace_all(value, first, second);
        }
        if (changed.body.starts_with("--")) {  // a form: its key stands there as it is
            boost::algorithm::replace_all(changed.body, first, second);
        }
    }
    return changed;
}

std::optional<std::string> Shadow::compare(const Exchange& first, const HttpReply& second) {
    const auto call = read_call(first.request);
    const auto name =
        shown(call ? call->method : first.request.verb + " " + first.request.path, shown_bytes_max);
    if (first.reply.status != second.status) {
        return name + ": status " + std::to_string(second.status) + ", not " +
               std::to_string(first.reply.status);
    }
    if (!call || second.status != 200) {
        return std::nullopt;  // pages, and texts of errors, are each server's own
    }
    const auto expected = unpacked(first.reply);
    const auto received = unpacked(second);
    if (!expected || !received) {
        return expected ? std::optional(name + ": " + shown(received.error().context))
                        : std::nullopt;
    }
    const auto found = compare_bodies(*call, *expected, *received);
    if (!found) {
        return std::nullopt;
    }
    return name + ": " + (found->where.empty() ? "" : shown(found->where, shown_bytes_max) + ": ") +
           shown(found->received, shown_bytes_max) + ", not " +
           shown(found->expected, shown_bytes_max);
}

std::optional<Mismatch> Shadow::compare_bodies(const Call& call, const std::string& first,
                                               const std::string& second) {
    if (call.method == "hostKey") {
        learn_key(first, second);
        return std::nullopt;
    }
    if (call.method == "download") {
        return compare_texts(or_problem(describe_collection(first)),
                             or_problem(describe_collection(second)));
    }
    if (call.method == "downloadFiles") {
        return compare_texts(zip_in_words(first), zip_in_words(second));
    }
    return compare_json(call, first, second);
}

std::optional<Mismatch> Shadow::compare_json(const Call& call, const std::string& first,
                                             const std::string& second) {
    const auto expected = from_json(first);
    const auto received = from_json(second);
    if (!expected || !received) {
        return compare_texts(first, second);
    }
    if (auto sent = from_json(call.body)) {
        static_cast<void>(holes_.in_request(call.method, std::move(*sent)));
        for (; given_ < holes_.given().size(); ++given_) {
            bindings_.set_integer(holes_.given()[given_].first, holes_.given()[given_].second);
        }
    }
    return match(holes_.in_reply(call.method, *expected), *received, bindings_);
}

void Shadow::learn_key(const std::string& first, const std::string& second) {
    const auto ours = from_json(first);
    const auto theirs = from_json(second);
    const auto* from = ours ? ours->member("key") : nullptr;
    const auto* to = theirs ? theirs->member("key") : nullptr;
    if (from != nullptr && to != nullptr && !from->text.empty()) {
        keys_[from->text] = to->text;
    }
}

}  // namespace ankiwire::conformance
