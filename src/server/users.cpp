#include "server/users.hpp"

#include <utility>

#include "server/async.hpp"

namespace ankiwire::server {

EnvUserDirectory::EnvUserDirectory(const Config& config, Lane lane, std::size_t checks_max)
    : logins_(std::move(lane), checks_max) {
    entries_.reserve(config.users.size());
    for (const auto& user : config.users) {
        const AccountId account{static_cast<std::int64_t>(entries_.size()) + 1};
        entries_.push_back(
            {{account, user.name, config.base / user.name}, user.host_key, user.verifier});
        const Entry* entry = &entries_.back();
        by_blinded_name_.emplace(blinded(user.name), entry);
        by_blinded_key_.emplace(blinded(user.host_key.reveal()), entry);
    }
    if (config.passwords_hashed && !entries_.empty()) {
        nobody_ = entries_.front().verifier;  // the same cost as that of a known user: R-AUTH-04
    }
}

asio::awaitable<Result<UserDirectory::Login>> EnvUserDirectory::authenticate(std::string name,
                                                                             Password password,
                                                                             std::string /*client*/,
                                                                             std::string address,
                                                                             Deadline deadline) {
    const auto found = by_blinded_name_.find(blinded(name));
    const Entry* entry = found == by_blinded_name_.end() ? nullptr : found->second;
    const PasswordVerifier* verifier = entry != nullptr ? &entry->verifier : &nobody_;
    // Guesses are no quicker by that: a wrong one is checked before another is compared, whoever
    // sends it.
    if (logins_.is_idle() && verifier->equals(password) && entry != nullptr) {
        co_return Login{entry->user, entry->key};
    }
    auto check = [verifier, password = std::move(password), deadline]() -> Result<bool> {
        if (std::chrono::steady_clock::now() >= deadline) {
            return fail(ErrorKind::busy, "a login waited too long");
        }
        return verifier->matches(password);
    };
    CO_TRY_ASSIGN(const bool matches, co_await logins_.run(address, std::move(check)));
    if (!matches || entry == nullptr) {  // R-AUTH-02
        co_return fail(ErrorKind::auth_failed, "unknown user or wrong password");
    }
    co_return Login{entry->user, entry->key};
}

asio::awaitable<Result<User>> EnvUserDirectory::resolve(HostKey key, Deadline /*deadline*/) {
    const auto found = by_blinded_key_.find(blinded(key.reveal()));
    if (found == by_blinded_key_.end()) {  // R-AUTH-03
        co_return fail(ErrorKind::auth_failed, "unknown host key");
    }
    co_return found->second->user;
}

}  // namespace ankiwire::server
