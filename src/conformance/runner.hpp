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

// What the server is said to have.
struct Offers {
    std::set<std::string> words;  // of told_needs
    std::set<int> protocols;  // older ones that have to be there: the server is not asked for them
};

class Runner {
public:
    // The second account, if there is one, is that of the client `other`.
    Runner(HttpClient http, const std::vector<Credentials>& users, Offers offers,
           const EmbeddedLibrary& library);

    // Logs in to each account, and asks which older protocols the server speaks. auth_failed, busy,
    // malformed: with what is wrong.
    Result<void> log_in();
    // Whether there is neither a card nor a media file on any account.
    Result<bool> is_empty();
    // Leaves them so.
    Result<void> clean();

    // Why the server has not what the case needs; empty: it has.
    [[nodiscard]] std::string why_not_offered(const Case& one) const;
    // nullopt: it passed. An error: no account can be brought to what a case begins with.
    Result<std::optional<Failure>> run(const Case& one);

private:
    // A running case.
    struct Scene {
        Bindings bindings;
        std::map<std::string, std::string> sessions;  // by client
    };

    void ask_for_protocols();
    Account& account_of(const std::string& client);
    Result<void> prepare(const Case& one);
    [[nodiscard]] Bindings first_bindings() const;
    // Sends it until `member` of a reply is true. What comes back holds what all replies do.
    Result<HttpReply> send_until(const HttpRequest& request, const std::string& member);
    std::optional<Failure> run_step(const Step& step, Scene& scene);

    HttpClient http_;
    std::vector<Account> accounts_;
    Offers offers_;
    std::map<int, std::string> not_spoken_;  // older protocols, with the reason
    const EmbeddedLibrary& library_;
    int cases_run_ = 0;
    bool was_prepared_ = false;  // an account for a case, at least once
};

}  // namespace ankiwire::conformance
