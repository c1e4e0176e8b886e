// The subcommands of `ankiwire`. Each returns the process's exit code and tells people on the
// standard streams what it did or why not.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "server/config.hpp"

namespace ankiwire::server {

namespace exit_status {
inline constexpr int failed = 1;  // it may mend itself: a port in use, a disk that is not there yet
inline constexpr int wrong_usage = 2;
inline constexpr int wrong_settings = 78;  // EX_CONFIG of sysexits.h: to try again is no use
}  // namespace exit_status

// Says why a command failed; the exit code.
int report(const Error& error);

int serve(const Environment& environment);
int check_config(const Environment& environment);

// Lists the kept versions, of all users if `user` is empty; also while the server runs.
int list_versions(const Environment& environment, const std::string& user, bool json);
// Puts the version of that time (its id in the list) back in place. Needs the server stopped. Every
// device is asked afterwards which side to keep; what is replaced becomes a version too.
int restore_version(const Environment& environment, const std::string& user, std::int64_t id);

// Saves the data folder below `directory`, whoever works on it; `keep` is how many backups stay.
int back_up(const Environment& environment, const std::string& directory, std::size_t keep);
// Puts a backup back, of all users if `user` is empty. Needs the server stopped, and the accounts
// out of the way.
int restore_backup(const Environment& environment, const std::string& from,
                   const std::string& user);

}  // namespace ankiwire::server
