// Who may use the server. The interface allows for directories that are slow: every call is
// asynchronous, has a deadline, and may answer `busy`.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "server/config.hpp"
#include "server/lanes.hpp"
#include "server/login_queue.hpp"

namespace ankiwire::server {

using Deadline = std::chrono::steady_clock::time_point;

// Neither the user's name nor the folder: both may change.
using AccountId = Number<struct AccountIdTag, std::int64_t>;

struct User {
    AccountId account;
    std::string name;  // for the log
    std::filesystem::path folder;
};

class UserDirectory {
public:
    struct Login {
        User user;
        HostKey key;
    };
    UserDirectory() = default;
    UserDirectory(const UserDirectory&) = delete;
    UserDirectory& operator=(const UserDirectory&) = delete;
    virtual ~UserDirectory() = default;

    // auth_failed: says nothing about which of the two is wrong, not by its timing either.
    virtual boost::asio::awaitable<Result<Login>> authenticate(std::string name, Password password,
                                                               std::string client,
                                                               std::string address,
                                                               Deadline deadline) = 0;
    virtual boost::asio::awaitable<Result<User>> resolve(HostKey key, Deadline deadline) = 0;
};

// The users of SYNC_USER1 …: fixed, with the host keys of the official server.
class EnvUserDirectory final : public UserDirectory {
public:
    // Passwords are checked on `lane`; busy beyond `checks_max` that wait.
    EnvUserDirectory(const Config& config, Lane lane, std::size_t checks_max = 64);

    boost::asio::awaitable<Result<Login>> authenticate(std::string name, Password password,
                                                       std::string client, std::string address,
                                                       Deadline deadline) override;
    boost::asio::awaitable<Result<User>> resolve(HostKey key, Deadline deadline) override;

private:
    struct Entry {
        User user;
        HostKey key;
        PasswordVerifier verifier;
    };
    std::vector<Entry> entries_;
    std::unordered_map<std::string, const Entry*> by_blinded_name_;
    std::unordered_map<std::string, const Entry*> by_blinded_key_;
    PasswordVerifier nobody_;
    LoginQueue logins_;
};

}  // namespace ankiwire::server
