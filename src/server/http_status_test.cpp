#include "server/http_status.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ankiwire::server {
namespace {

TEST(HttpStatus, is_what_clients_understand) {  // R-ERR-01
    using enum ErrorKind;
    for (const auto& [kind, status] : std::vector<std::pair<ErrorKind, int>>{
             {malformed, 400},
             {unsupported_version, 501},
             {too_large, 413},
             {auth_failed, 403},
             {session_conflict, 409},
             {inconsistent_data, 400},
             {not_found, 404},
             {corrupt_upload, 200},
             {busy, 503},
             {storage, 500},
             {damaged, 500},
             {internal, 500},
         }) {
        EXPECT_EQ(http_status(kind), status);
    }
}

TEST(ErrorTexts, tell_a_peer_about_its_own_faults_only) {
    EXPECT_EQ(error_text(fail(ErrorKind::malformed, "no member v")), "400: no member v");
    EXPECT_EQ(error_text(fail(ErrorKind::storage, "/data/alice: disk full")), "500");
    EXPECT_EQ(error_text(fail(ErrorKind::auth_failed, "unknown user")), "403");
}

}  // namespace
}  // namespace ankiwire::server
