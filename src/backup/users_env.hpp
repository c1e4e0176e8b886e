// The users of an environment as a file that systemd (EnvironmentFile=), Docker Compose (env_file)
// and shells read alike.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace ankiwire::backup {

// The variables SYNC_USER<number> and PASSWORDS_HASHED, one a line; empty without a user.
std::string users_env(const std::map<std::string, std::string, std::less<>>& environment);

}  // namespace ankiwire::backup
