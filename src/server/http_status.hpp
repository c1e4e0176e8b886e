// The only place that knows numbers of HTTP statuses for errors, and what a peer is told.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ankiwire::server {

int http_status(ErrorKind kind);
// A short plain text. Says more than the status only where the peer is at fault.
std::string error_text(const Error& error);

}  // namespace ankiwire::server
