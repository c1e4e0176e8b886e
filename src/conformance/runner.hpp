// Runs cases against a server, each on an account in a state that is known.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "conformance/account.hpp"
#include "conformance/http_client.hpp"
#include "conformance/match.hpp"
#include "conformance/suite.hpp"

namespace ankiwire::conformance {

// Where a case failed: what was sent, and what should have come back.
struct Failure {
    int line = 0;  // of the case's file; 0: before its first step
    std::string sent;
    std::string where;  // in the reply
    std::string expected;
    std::string received;
};

class Runner {
public:
    // The second account, if there is one, is that of the client `other`. `offers`: what cases may
    // need, besides that account.
    Runner(HttpClient http, const std::vector<Credentials>& users, std::set<std::string> offers,
           const EmbeddedLibrary& library);

    // Logs in to each account. auth_failed, busy, malformed: with what is wrong.
    Result<void> log_in();
    // Whether there is neither a card nor a media file on any account.
    Result<bool> is_empty();
    // Leaves them so.
    Result<void> clean();

    // Whether the server has what the case needs.
    [[nodiscard]] bool offers(const Case& one) const;
    // nullopt: it passed. An error: no account can be brought to what a case begins with.
    Result<std::optional<Failure>> run(const Case& one);

private:
    // A running case.
    struct Scene {
        Bindings bindings;
        std::map<std::string, std::string> sessions;  // by client
    };

    Account& account_of(const std::string& client);
    Result<void> prepare(const Case& one);
    [[nodiscard]] Bindings first_bindings() const;
    // Sends it until `member` of a reply is true. What comes back holds what all replies do.
    Result<HttpReply> send_until(const HttpRequest& request, const std::string& member);
    std::optional<Failure> run_step(const Step& step, Scene& scene);

    HttpClient http_;
    std::vector<Account> accounts_;
    std::set<std::string> offers_;
    const EmbeddedLibrary& library_;
    int cases_run_ = 0;
    bool was_prepared_ = false;  // an account for a case, at least once
};

}  // namespace ankiwire::conformance
