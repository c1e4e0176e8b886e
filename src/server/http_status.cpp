#include "server/http_status.hpp"

#include <string_view>

namespace ankiwire::server {

int http_status(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::malformed:
        case ErrorKind::inconsistent_data:
            return 400;  // R-ERR-01
        case ErrorKind::unsupported_version:
            return 501;
        case ErrorKind::too_large:
            return 413;
        case ErrorKind::auth_failed:
            return 403;
        case ErrorKind::session_conflict:
            return 409;
        case ErrorKind::not_found:
            return 404;
        case ErrorKind::corrupt_upload:  // clients show the text of a 200
            return 200;
        case ErrorKind::busy:
            return 503;
        case ErrorKind::storage:
        case ErrorKind::damaged:
        case ErrorKind::internal:
            return 500;
    }
    return 500;
}

std::string error_text(const Error& error) {
    switch (error.kind) {
        case ErrorKind::auth_failed:
        case ErrorKind::corrupt_upload:
        case ErrorKind::storage:
        case ErrorKind::damaged:
        case ErrorKind::internal:
            return std::to_string(http_status(error.kind));
        case ErrorKind::malformed:
        case ErrorKind::inconsistent_data:
        case ErrorKind::unsupported_version:
        case ErrorKind::too_large:
        case ErrorKind::session_conflict:
        case ErrorKind::not_found:
        case ErrorKind::busy:
            break;
    }
    return std::to_string(http_status(error.kind)) + ": " + error.context;
}

}  // namespace ankiwire::server
