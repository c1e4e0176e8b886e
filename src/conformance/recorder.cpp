#include "conformance/recorder.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/hex.hpp"
#include "conformance/bodies.hpp"
#include "conformance/collection_dump.hpp"
#include "conformance/holes.hpp"
#include "conformance/json_text.hpp"
#include "conformance/reply.hpp"
#include "conformance/utf8.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::size_t line_chars_max = 100;
// As an account is that was never synced: version 9 is refused where days are counted by time
// zones.
constexpr std::string_view account =
    "account empty\n"
    "  update config set val = cast('null' as blob) where key = 'creationOffset';\n";

// A comment, in lines that are not too long.
std::string comment(std::string_view words) {
    std::string text;
    std::string line = "#";
    while (!words.empty()) {
        const auto word = words.substr(0, words.find_first_of(" \n"));
        words.remove_prefix(std::min(word.size() + 1, words.size()));
        if (line.size() + 1 + word.size() > line_chars_max) {
            text += line + "\n";
            line = "#";
        }
        line += ' ';
        line += word;
    }
    return text + line + "\n";
}

class Transcriber {
public:
    explicit Transcriber(const RecordingFacts& facts)
        : facts_(facts), holes_(facts.now_ms, /*same_state=*/false) {}

    void add(const Exchange& exchange) {
        const auto call = read_call(exchange.request);
        if (!call || !is_method(call->method)) {
            steps_ += "\n# Left out: " + exchange.request.verb + " " +
                      exchange.request.path.substr(0, exchange.request.path.find('?')) + ", " +
                      std::to_string(exchange.reply.status) + "\n";
            return;
        }
        const auto reply = unpacked(exchange.reply);
        learn(*call, exchange.reply.status, reply ? *reply : std::string());
        const auto client = name_of(call->session);
        steps_ += client == last_client_ ? "" : "\n";
        last_client_ = client;
        steps_ += client + ": " + call->method + options_of(*call) +
                  request_body(*call, exchange.reply.status) + "\n-> " +
                  std::to_string(exchange.reply.status) +
                  (exchange.reply.status == 200 && reply ? reply_body(call->method, *reply) : "") +
                  "\n";
        if (exchange.reply.status == 200 &&
            (call->method == "upload" || call->method == "download")) {
            holes_.set_state_known();
        }
    }

    Recording finish() {
        return {.transcript = head() + steps_, .collections = std::move(collections_)};
    }

private:
    static bool is_method(const std::string& method) {
        static const std::set<std::string, std::less<>> methods = {
            "hostKey",       "meta",       "start",  "applyGraves",  "applyChanges",
            "chunk",         "applyChunk", "finish", "abort",        "sanityCheck2",
            "upload",        "download",   "begin",  "mediaChanges", "uploadChanges",
            "downloadFiles", "mediaSanity"};
        return methods.contains(method);
    }

    // Whose key it is, and which clients there are.
    void learn(const Call& call, unsigned status, const std::string& reply) {
        if (key_.empty() && status == 200) {
            const auto login = call.method == "hostKey" ? from_json(reply) : Node();
            const auto* key = login ? login->member("key") : nullptr;
            key_ = key == nullptr ? call.key : key->text;
            holes_.set_key(key_);
        }
        auto client = call.client;
        if (call.method == "meta") {
            const auto meta = from_json(call.body);
            const auto* version = meta ? meta->member("cv") : nullptr;
            client = version == nullptr ? client : version->text;
            const auto* number = meta && call.is_form ? meta->member("v") : nullptr;
            protocol_ = number == nullptr ? protocol_ : number->integer;
        }
        if (!client.empty() && call.method != "hostKey" &&
            (call.method == "meta" || versions_.empty()) &&
            std::ranges::find(versions_, client) == versions_.end()) {
            versions_.push_back(client);
        }
        if (call.is_form && protocol_ == newest_protocol) {
            protocol_ = older_protocols.back();  // methods of media do not tell it
        }
    }

    // a, b, … z, a1, b1, …; what names no session goes on with the last one.
    std::string name_of(const std::string& session) {
        if (session.empty()) {
            return last_client_.empty() ? "a" : last_client_;
        }
        auto& name = clients_[session];
        if (name.empty()) {
            const auto number = clients_.size() - 1;
            name = static_cast<char>('a' + number % 26);
            name += number < 26 ? "" : std::to_string(number / 26);
        }
        return name;
    }

    [[nodiscard]] std::string options_of(const Call& call) const {
        const bool is_other_key = !call.key.empty() && call.key != key_;
        std::string text;
        if (call.verb != "POST") {
            text += " verb=" + call.verb;
        }
        if (call.is_form) {
            auto parts = call.parts;
            if (const auto at = parts.find('k'); is_other_key && at != std::string::npos) {
                parts.insert(at + 1, "=unknown");
            }
            text += " parts=" + in_quotes(parts) + (call.has_end ? "" : " end=no");
        } else if (is_other_key) {
            text += " header.k=\"unknown\"";
        }
        return text;
    }

    std::string request_body(const Call& call, unsigned status) {
        if (call.body.empty()) {
            return " nothing";
        }
        if (call.method == "upload") {
            if (const auto sql = dump_collection(call.body)) {
                const auto name = facts_.name + "-" + std::to_string(collections_.size() + 1);
                collections_[name] = *sql;
                return " collection " + name;
            }
        } else if (call.method == "uploadChanges") {
            if (const auto zip = read_uploaded_zip(call.body)) {
                return " zip " + to_text(zip->changes) + " " + to_text(zip->entries);
            }
        } else if (auto json = from_json(call.body)) {
            auto sent = holes_.in_request(call.method, std::move(*json));
            if (call.method == "hostKey" && status != 200) {
                sent.set_member("p", Node::of_text("wrong"));
            }
            return spaced(sent);
        }
        if (call.method == "hostKey") {
            return " text \"\"";  // a password may be in it
        }
        const auto text = in_words(call.body);
        return text.empty() ? " hex " + hex_of(call.body) : text;
    }

    std::string reply_body(const std::string& method, const std::string& body) {
        if (method == "upload") {
            return in_words(body);
        }
        if (method == "download") {
            const auto queries = describe_collection(body);
            return queries ? " collection" + *queries : "";
        }
        if (method == "downloadFiles") {
            const auto files = read_media_zip(body);
            return files ? " zip " + to_text(*files) : "";
        }
        const auto json = from_json(body);
        return json ? spaced(holes_.in_reply(method, *json)) : in_words(body);
    }

    // Empty if it is no text.
    static std::string in_words(const std::string& body) {
        return is_utf8(body) ? " text " + in_quotes(body) : "";
    }

    static std::string spaced(const Node& node) { return " " + to_text(node); }

    [[nodiscard]] std::string head() const {
        const std::chrono::sys_time<std::chrono::milliseconds> now(
            std::chrono::milliseconds(facts_.now_ms));
        const auto date = fmt::format("{:%Y-%m-%d}", now);
        auto text = comment("Recorded on " + date + ": " + versions());
        text += comment("with " + (facts_.server.empty() ? "a server" : facts_.server) + ".");
        text += facts_.about.empty() ? "" : comment(facts_.about);
        text += "recorded " + date + "\n" + std::string(account);
        if (protocol_ != newest_protocol) {
            text += "protocol " + std::to_string(protocol_) + "\n";
        }
        std::string line;
        for (const auto& [name, value] : holes_.given()) {
            const auto word = " " + name + "=" + std::to_string(value);
            if (line.empty() || line.size() + word.size() > line_chars_max) {
                text += line.empty() ? "" : line + "\n";
                line = line.empty() ? "given" : " ";
            }
            line += word;
        }
        return text + (line.empty() ? "" : line + "\n");
    }

    [[nodiscard]] std::string versions() const {
        return versions_.empty() ? "no client" : fmt::format("{}", fmt::join(versions_, "; "));
    }

    const RecordingFacts& facts_;
    Holes holes_;
    std::string key_;
    std::map<std::string, std::string> clients_;  // names, by session key
    std::string last_client_;
    std::vector<std::string> versions_;
    std::int64_t protocol_ = newest_protocol;
    std::string steps_;
    std::map<std::string, std::string> collections_;
};

}  // namespace

Recording transcribe(const std::vector<Exchange>& exchanges, const RecordingFacts& facts) {
    Transcriber transcriber(facts);
    for (const auto& exchange : exchanges) {
        transcriber.add(exchange);
    }
    return transcriber.finish();
}

}  // namespace ankiwire::conformance
