// The subcommands of `ankiwire`. Each returns the process's exit code and tells people on the
// standard streams what it did or why not.
#pragma once

#include <string>

#include "server/config.hpp"

namespace ankiwire::server {

int serve(const Environment& environment);
int check_config(const Environment& environment);

// Lists the kept versions, of all users if `user` is empty; also while the server runs.
int list_versions(const Environment& environment, const std::string& user, bool json);
// Puts the version of that time (its id in the list) back in place. Needs the server stopped. Every
// device is asked afterwards which side to keep; what is replaced becomes a version too.
int restore_version(const Environment& environment, const std::string& user, std::int64_t id);

}  // namespace ankiwire::server
