#include "server/home_page.hpp"

#include <openssl/evp.h>

#include "base/check.hpp"

namespace ankiwire::server {
namespace {

constexpr std::string_view page =
#include "server/home_page.inc"
    ;

std::string_view text_of_element(std::string_view tag) {
    const auto begin = page.find('<' + std::string(tag) + '>') + tag.size() + 2;
    return page.substr(begin, page.find("</" + std::string(tag) + '>') - begin);
}

// By which a browser knows the one script and the one style that it may use.
std::string hash_source(std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    CHECK(EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) == 1);
    unsigned char base64[EVP_MAX_MD_SIZE * 2];
    const int length = EVP_EncodeBlock(base64, digest, static_cast<int>(size));
    return "'sha256-" + std::string(base64, base64 + length) + '\'';
}

std::string security_policy() {
    return "default-src 'none'; img-src data:; style-src " + hash_source(text_of_element("style")) +
           "; script-src " + hash_source(text_of_element("script")) +
           "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace

Reply home_page() {
    static const std::string policy = security_policy();
    return {.status = 200,
            .content_type = "text/html; charset=utf-8",
            .headers = {{"Content-Security-Policy", policy},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"},
                        {"Cache-Control", "max-age=300"}},
            .body = std::string(page),
            .stream = nullptr};
}

}  // namespace ankiwire::server
