#include "server/passwords.hpp"

#include <nettle/hmac.h>
#include <nettle/pbkdf2.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>

#include "base/check.hpp"
#include "base/hex.hpp"

namespace ankiwire::server {
namespace {

constexpr std::uint32_t iterations_max = 10'000'000;
constexpr std::size_t hash_bytes_min = 10;
constexpr std::size_t hash_bytes_max = 64;
constexpr std::size_t salt_bytes_max = 64;

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string derive(const PasswordHash& parameters, std::string_view password, std::size_t length) {
    std::string out(length, '\0');
    // Not OpenSSL's: that of Debian 12 takes twice as long.
    const auto derive_by = parameters.digest == PasswordHash::Digest::sha512
                               ? nettle_pbkdf2_hmac_sha512
                               : nettle_pbkdf2_hmac_sha256;
    derive_by(password.size(), bytes(password), parameters.iterations, parameters.salt.size(),
              bytes(parameters.salt), length, reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> decode_base64(std::string_view text) {
    std::string out;
    std::uint32_t bits = 0;
    int bit_count = 0;
    for (const char c : text) {
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) {
            return std::nullopt;
        }
        bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out.push_back(static_cast<char>((bits >> static_cast<unsigned>(bit_count)) & 0xffU));
        }
    }
    return text.size() % 4 == 1 ? std::nullopt : std::optional(out);
}

std::string_view next_part(std::string_view& rest, char separator) {
    const auto end = rest.find(separator);
    const auto part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
}

Result<std::uint32_t> parse_number(std::string_view text, std::uint32_t max) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > max) {
        return fail(ErrorKind::malformed, "its parameters cannot be used");
    }
    return value;
}

// Ready to be continued with what is to be blinded.
const hmac_sha256_ctx& process_secret() {
    static const auto keyed = [] {
        std::array<unsigned char, 32> secret{};
        CHECK(RAND_bytes(secret.data(), static_cast<int>(secret.size())) == 1);
        hmac_sha256_ctx hmac;
        hmac_sha256_set_key(&hmac, secret.size(), secret.data());
        return hmac;
    }();
    return keyed;
}

}  // namespace

HostKey environment_host_key(std::string_view user_and_password) {
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(bytes(user_and_password), user_and_password.size(), digest.data());
    return HostKey(hex_of({reinterpret_cast<const char*>(digest.data()), digest.size()}));
}

Result<PasswordHash> parse_password_hash(std::string_view phc) {
    PasswordHash parsed;
    if (!phc.starts_with('$')) {
        return fail(ErrorKind::malformed, "it does not begin with $pbkdf2-sha256$");
    }
    phc.remove_prefix(1);
    const auto algorithm = next_part(phc, '$');
    if (algorithm == "pbkdf2-sha512") {
        parsed.digest = PasswordHash::Digest::sha512;
    } else if (algorithm != "pbkdf2-sha256") {
        return fail(ErrorKind::malformed, "it does not begin with $pbkdf2-sha256$");
    }

    std::optional<std::uint32_t> length;
    auto part = next_part(phc, '$');
    if (part.find('=') != std::string_view::npos) {
        while (!part.empty()) {
            auto value = next_part(part, ',');
            const auto name = next_part(value, '=');
            if (name == "i") {
                TRY_ASSIGN(parsed.iterations, parse_number(value, iterations_max));
            } else if (name == "l") {
                TRY_ASSIGN(length, parse_number(value, hash_bytes_max));
            } else {
                return fail(ErrorKind::malformed, "its parameters cannot be used");
            }
        }
        part = next_part(phc, '$');
    }
    const auto salt = decode_base64(part);
    const auto hash = decode_base64(phc);
    if (!salt || salt->empty() || salt->size() > salt_bytes_max) {
        return fail(ErrorKind::malformed, "its salt is missing or not base64");
    }
    if (!hash || hash->size() < hash_bytes_min || hash->size() > hash_bytes_max ||
        (length && *length != hash->size())) {
        return fail(ErrorKind::malformed, "its hash is missing, cut or not base64");
    }
    parsed.salt = *salt;
    parsed.hash = *hash;
    return parsed;
}

bool PasswordVerifier::matches(const Password& attempt) const {
    if (hash_) {
        // HMAC fills its key up with NULs: `pass` and `pass\0` give the same.
        return equal_in_constant_time(derive(*hash_, attempt.reveal(), hash_->hash.size()),
                                      hash_->hash) &&
               attempt.reveal().find('\0') == std::string::npos;
    }
    // The derivation makes guessing as slow, and the answer for unknown users as late, as with
    // hashed ones.
    static_cast<void>(derive({.salt = blinded("salt"), .hash = {}}, attempt.reveal(), 32));
    return equals(attempt);
}

bool PasswordVerifier::equals(const Password& attempt) const {
    const auto known = blinded(plain_ ? std::string_view(plain_->reveal()) : std::string_view());
    return equal_in_constant_time(blinded(attempt.reveal()), known) && plain_.has_value();
}

std::string blinded(std::string_view text) {
    auto hmac = process_secret();
    hmac_sha256_update(&hmac, text.size(), bytes(text));
    std::string out(SHA256_DIGEST_SIZE, '\0');
    hmac_sha256_digest(&hmac, out.size(), reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

}  // namespace ankiwire::server
