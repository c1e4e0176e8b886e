// The checksum by which media.db knows the content of a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "files/files.hpp"

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

Sha1 sha1_of(std::string_view bytes);
// Of all that is in a file.
Result<Sha1> sha1_of(const files::FileDescriptor& file);

}  // namespace ankiwire::media
