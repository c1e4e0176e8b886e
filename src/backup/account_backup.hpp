// Saves one account's folder while a server may be working on it: collection.anki2, media.db and
// what it names, the versions, ankiwire.db, and restored.json. Nothing else is taken.
#pragma once

#include <filesystem>
#include <optional>

#include "backup/tally.hpp"
#include "base/result.hpp"

namespace ankiwire::backup {

// Makes the folder `target`. What is the same in `base`, an older backup of the account, becomes a
// hard link to it. Databases are consistent and checked, media are those of media.db; nothing is
// synced to disk yet. What cannot be had is left out and in the tally, but for the collection.
// storage: the target cannot be written, so that nothing else can be saved either. Any other error:
// this account cannot be saved. After an error `target` is of no use.
Result<Tally> back_up_account(const std::filesystem::path& source,
                              const std::filesystem::path& target,
                              const std::optional<std::filesystem::path>& base);

}  // namespace ankiwire::backup
