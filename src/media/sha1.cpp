#include "media/sha1.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/check.hpp"
#include "base/limits.hpp"

namespace ankiwire::media {

void Sha1Sum::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha1Sum::Sha1Sum() : context_(EVP_MD_CTX_new()) {
    // Looked up once: of a small file that takes longer than its hash.
    static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    CHECK(sha1 != nullptr && EVP_DigestInit_ex(context_.get(), sha1, nullptr) == 1);
}

void Sha1Sum::update(std::string_view bytes) {
    CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Sha1 Sha1Sum::finish() {
    std::array<unsigned char, 20> sum{};
    CHECK(EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr) == 1);
    return {sum.begin(), sum.end()};
}

Sha1 sha1_of(std::string_view bytes) {
    Sha1Sum sum;
    sum.update(bytes);
    return sum.finish();
}

Result<Sha1> sha1_of(const files::FileDescriptor& file) {
    Sha1Sum sum;
    std::string buffer(256 * limits::kib, '\0');
    for (std::uint64_t offset = 0;;) {
        TRY_ASSIGN(const auto got, files::read_at(file, offset, buffer.data(), buffer.size()));
        if (got == 0) {
            return sum.finish();
        }
        sum.update({buffer.data(), got});
        offset += got;
    }
}

}  // namespace ankiwire::media
