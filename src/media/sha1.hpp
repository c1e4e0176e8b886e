// The checksum by which media.db knows the content of a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace ankiwire::media {

using Sha1 = std::string;  // 20 bytes

class Sha1Sum {
public:
    Sha1Sum();
    void update(std::string_view bytes);
    // Once.
    Sha1 finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace ankiwire::media
