// Passwords and host keys of environment users. Invariants: a check costs one PBKDF2 whatever its
// outcome, so that time tells nothing of who is a user; comparisons take constant time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace ankiwire::server {

// The official cost of a password check.
inline constexpr std::uint32_t pbkdf2_iterations_default = 600'000;

// `user:password` → the hex SHA-1 that the official server hands out as host key (R-AUTH-06).
HostKey environment_host_key(std::string_view user_and_password);

// A PHC string: $pbkdf2-sha256$i=600000,l=32$<salt>$<hash>, both in base64 without padding
// (R-AUTH-07).
struct PasswordHash {
    enum class Digest { sha256, sha512 };
    Digest digest = Digest::sha256;
    std::uint32_t iterations = pbkdf2_iterations_default;
    std::string salt;
    std::string hash;
};
// malformed: says what is wrong without repeating it.
Result<PasswordHash> parse_password_hash(std::string_view phc);

// What a password is checked against.
class PasswordVerifier {
public:
    // Fits no password at all, at the usual cost: for unknown users.
    PasswordVerifier() = default;
    explicit PasswordVerifier(const Password& plain) : plain_(plain) {}
    explicit PasswordVerifier(PasswordHash hash) : hash_(std::move(hash)) {}

    // Takes tens of milliseconds.
    [[nodiscard]] bool matches(const Password& attempt) const;

    // At once; always false of a hashed one.
    [[nodiscard]] bool equals(const Password& attempt) const;

private:
    std::optional<Password> plain_;
    std::optional<PasswordHash> hash_;
};

// Keyed by a secret of this process: values can be compared, or looked up in a table, without
// their timing saying anything about `text`.
std::string blinded(std::string_view text);

}  // namespace ankiwire::server
