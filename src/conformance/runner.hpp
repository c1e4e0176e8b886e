// Runs cases against a server, each on an account in a state that is known.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "conformance/http_client.hpp"
#include "conformance/match.hpp"
#include "conformance/suite.hpp"

namespace ankiwire::conformance {

struct Credentials {
    std::string user;
    std::string password;
};

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
    Runner(HttpClient http, Credentials credentials, const EmbeddedLibrary& library);

    // Logs in. auth_failed, busy, malformed: with what is wrong.
    Result<void> log_in();
    // Whether there is neither a card nor a media file on the account.
    Result<bool> is_empty();
    // Leaves it so.
    Result<void> clean();

    // nullopt: it passed.
    std::optional<Failure> run(const Case& one);

private:
    // A running case.
    struct Scene {
        Bindings bindings;
        std::map<std::string, std::string> sessions;  // by client
    };

    Result<HttpReply> call(const std::string& method, std::string_view packed,
                           const std::string& header);
    // The unpacked reply of a call of the runner's own, which must be 200.
    Result<std::string> own_call(const std::string& method, const std::string& body);
    Result<Node> own_json(const std::string& method, const std::string& body);

    Result<void> set_collection(const std::string& name, const std::string& sql);
    Result<void> clear_media();
    std::optional<Failure> run_step(const Step& step, Scene& scene);

    HttpClient http_;
    Credentials credentials_;
    const EmbeddedLibrary& library_;
    std::string key_;
    std::map<std::string, std::string> collections_;  // packed, by name and SQL
    bool media_touched_ = true;
    int cases_run_ = 0;
};

}  // namespace ankiwire::conformance
