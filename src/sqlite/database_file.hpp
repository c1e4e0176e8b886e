// The files of a database that nobody has open.
#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace ankiwire::sqlite {

// The write-ahead log of a database.
std::filesystem::path log_path(const std::filesystem::path& database);
// Removes what SQLite may have left beside a database that nobody has open.
void remove_logs(const std::filesystem::path& database);

// Makes the closed, self-contained database `from` the database `to`, for good when it returns.
Result<void> move_into_place(const std::filesystem::path& from, const std::filesystem::path& to);

// Whether another process holds one of SQLite's locks on a database. Not for one that this process
// has open: it would lose its own locks (see files::FileDescriptor).
// Source: sqlite.org/fileformat2.html, section 1.4, the lock-byte page.
Result<bool> is_locked_by_another(const std::filesystem::path& database);

}  // namespace ankiwire::sqlite
