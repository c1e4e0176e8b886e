// Copies of databases that another process may be writing to, without its help or any lock of
// SQLite (spec/decisions/0005-live-copies.md).
#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace ankiwire::sqlite {

// Copies the last committed state of `source` to the new file `target`, which becomes one
// self-contained file; not yet synced to disk. not_found: there is no `source`. busy: it was
// rewritten again and again. damaged: it cannot be read. storage: `target` cannot be written. After
// an error there is no `target`.
Result<void> copy_live(const std::filesystem::path& source, const std::filesystem::path& target);

// SQLite's integrity check, with the collation of collections. damaged: it found something.
Result<void> check_integrity(const std::filesystem::path& database);

}  // namespace ankiwire::sqlite
