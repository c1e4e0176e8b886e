// An account of the server that is tested, and what the suite itself does with it: it is brought
// into the state in which a case begins.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "conformance/http_client.hpp"
#include "conformance/node.hpp"
#include "conformance/suite.hpp"

namespace ankiwire::conformance {

struct Credentials {
    std::string user;
    std::string password;
};

class Account {
public:
    Account(HttpClient http, Credentials credentials, const EmbeddedLibrary& library);

    // Logs in. auth_failed, busy, malformed: with what is wrong.
    Result<void> log_in();
    // Whether the server takes a login and `meta` in the form of this older protocol. malformed,
    // busy: it does not, with its answer.
    [[nodiscard]] Result<void> speak(int protocol) const;
    // Whether there is nothing on it that a new device would miss: no row, no tag, no deck but one,
    // no media file. What it asks the server is undone.
    Result<bool> is_empty();
    // Leaves it with this collection and these statements executed on it, and without media.
    Result<void> prepare(const std::string& collection, const std::string& sql);
    // Ends the sync of this session key, if one is running.
    void abort(const std::string& session);

    void media_may_change() { media_touched_ = true; }
    [[nodiscard]] const Credentials& credentials() const { return credentials_; }
    [[nodiscard]] const std::string& key() const { return key_; }

private:
    [[nodiscard]] Node login() const;
    Result<HttpReply> call(const std::string& method, const std::string& packed,
                           const std::string& session);
    // The unpacked reply of a call, which must be 200.
    Result<std::string> own_call(const std::string& method, const std::string& packed);
    Result<Node> own_json(const std::string& method, const std::string& body);
    // Within a sync from usn 0.
    Result<bool> is_sent_something();
    Result<void> upload(const std::string& collection, const std::string& sql);
    Result<void> clear_media();
    // The names of all files that are not deleted.
    Result<std::vector<std::string>> media_names();

    HttpClient http_;
    Credentials credentials_;
    const EmbeddedLibrary& library_;
    std::string key_;
    std::map<std::string, std::string> collections_;  // packed, by name and SQL
    bool media_touched_ = true;
};

}  // namespace ankiwire::conformance
