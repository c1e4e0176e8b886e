#include "conformance/runner.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "conformance/bodies.hpp"
#include "conformance/reply.hpp"
#include "conformance/request.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::chrono::milliseconds after_a_break{300};
constexpr int replies_max = 1000;  // a server that is never done

}  // namespace

Runner::Runner(HttpClient http, const std::vector<Credentials>& users, Offers offers,
               const EmbeddedLibrary& library)
    : http_(std::move(http)), offers_(std::move(offers)), library_(library) {
    for (const auto& user : users) {
        accounts_.emplace_back(http_, user, library);
    }
}

Result<void> Runner::log_in() {
    for (auto& account : accounts_) {
        TRY(account.log_in());
    }
    ask_for_protocols();
    return {};
}

void Runner::ask_for_protocols() {
    for (const auto protocol : older_protocols) {
        if (offers_.protocols.contains(protocol)) {
            continue;
        }
        if (const auto spoken = accounts_[0].speak(protocol); !spoken) {
            not_spoken_[protocol] = spoken.error().context;
        }
    }
}

Result<bool> Runner::is_empty() {
    for (auto& account : accounts_) {
        TRY_ASSIGN(const bool is_empty, account.is_empty());
        if (!is_empty) {
            return false;
        }
    }
    return true;
}

Result<void> Runner::clean() {
    for (auto& account : accounts_) {
        account.media_may_change();
        TRY(account.prepare("empty", ""));
    }
    return {};
}

std::string Runner::why_not_offered(const Case& one) const {
    if (const auto why = not_spoken_.find(one.protocol); why != not_spoken_.end()) {
        return "protocol " + std::to_string(one.protocol) + ": " + why->second;
    }
    for (const auto& need : one.needs) {
        if (need == newest_alone && not_spoken_.size() < older_protocols.size()) {
            return need + ": an older one is spoken too";
        }
        if (need == second_user && accounts_.size() < 2) {
            return need + ": no second --user is given";
        }
        if (need != newest_alone && need != second_user && !offers_.words.contains(need)) {
            return need + ": not told by --offers";
        }
    }
    return {};
}

Account& Runner::account_of(const std::string& client) {
    return client == other_client && accounts_.size() > 1 ? accounts_[1] : accounts_[0];
}

Result<void> Runner::prepare(const Case& one) {
    if (needs(one, new_account)) {
        return {};
    }
    TRY(accounts_[0].prepare(one.account, one.account_sql));
    if (needs(one, second_user)) {
        TRY(accounts_[1].prepare("empty", ""));
    }
    was_prepared_ = true;
    return {};
}

Bindings Runner::first_bindings() const {
    Bindings bindings;
    for (const auto& account : accounts_) {
        const auto& [user, password] = account.credentials();
        const std::string prefix = &account == &accounts_.front() ? "" : "other.";
        bindings.set_text(prefix + "user", user);
        bindings.set_text(prefix + "password", password);
        bindings.set_text(prefix + "key", account.key());
        bindings.set_text(prefix + "login_sha1", sha1_hex(user + ":" + password));
    }
    const auto now = system_now();
    bindings.set_integer("now", to_secs(now).value);
    bindings.set_integer("now_ms", now.value);
    return bindings;
}

Result<std::optional<Failure>> Runner::run(const Case& one) {
    if (const auto prepared = prepare(one); !prepared) {
        if (!was_prepared_) {
            return prepared.error();
        }
        return std::optional(Failure{.line = 0,
                                     .sent = "the collection " + one.account,
                                     .where = "",
                                     .expected = "an account to begin with",
                                     .received = prepared.error().context});
    }
    ++cases_run_;
    Scene scene{.bindings = first_bindings(), .sessions = {}};
    for (const auto& [name, text] : one.given) {
        if (auto value = from_json(text)) {
            scene.bindings.set(name, std::move(*value));
        }
    }
    std::optional<Failure> failure;
    for (const auto& step : one.steps) {
        if (failure = run_step(step, scene); failure) {
            break;
        }
    }
    for (const auto& [client, session] : scene.sessions) {  // nothing goes on behind it
        if (!needs(one, new_account)) {
            account_of(client).abort(session);
        }
    }
    return failure;
}

Result<HttpReply> Runner::send_until(const HttpRequest& request, const std::string& member) {
    Node joined = Node::empty_object();
    for (int replies = 0; replies < replies_max; ++replies) {
        TRY_ASSIGN(auto reply, http_.send(request));
        const auto body = unpacked(reply);
        const auto node = body ? from_json(*body) : Result<Node>(body.error());
        if (reply.status != 200 || !node) {  // it is told as the reply to the step
            return reply;
        }
        join_reply(joined, *node);
        const auto* last = node->member(member);
        if (last == nullptr || last->boolean) {
            reply.headers.erase("anki-original-size");
            reply.body = to_text(joined);
            return reply;
        }
    }
    return fail(ErrorKind::malformed,
                member + " is false in " + std::to_string(replies_max) + " replies");
}

std::optional<Failure> Runner::run_step(const Step& step, Scene& scene) {
    auto& session = scene.sessions[step.client];
    if (session.empty()) {
        session = step.client + std::to_string(cases_run_) + std::to_string(std::random_device()());
    }
    auto& account = account_of(step.client);
    if (is_media_method(step.method)) {
        account.media_may_change();
    }
    const auto failed = [&step](const std::string& sent, const Mismatch& mismatch) {
        return Failure{.line = step.line,
                       .sent = sent,
                       .where = mismatch.where,
                       .expected = mismatch.expected,
                       .received = mismatch.received};
    };
    const auto out =
        outgoing(step, {account.key(), session}, http_.target(), scene.bindings, library_);
    if (!out) {
        return failed(step.client + ": " + step.method, {"", "a request", out.error().context});
    }
    const auto until = step.options.find("until");
    const auto reply = until == step.options.end() ? http_.send(out->request)
                                                   : send_until(out->request, until->second);
    if (out->request.breaks_after) {  // nobody tells when the server is done with it
        std::this_thread::sleep_for(after_a_break);
    }
    if (step.expected.status == any_status) {
        return std::nullopt;
    }
    if (!reply) {
        return failed(out->description, {"", "a reply", reply.error().context});
    }
    const auto found = compare_reply(step.expected, *reply, scene.bindings);
    return found ? std::optional(failed(out->description, *found)) : std::nullopt;
}

}  // namespace ankiwire::conformance
