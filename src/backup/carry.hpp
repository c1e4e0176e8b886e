// What saving and putting back have in common: files are carried from one account's folder to
// another one.
#pragma once

#include <filesystem>
#include <string>

#include "backup/tally.hpp"
#include "base/result.hpp"

namespace ankiwire::backup {

// The same error, with what it is about.
Error about(const std::string& name, Error error);
// Of the source: it is no reason not to carry other accounts.
Error unreadable(const std::string& name, Error error);

// Copies a file that is never written in place to the new file of that name. False: there is none.
// damaged: it cannot be read. storage: the target cannot be written.
Result<bool> carry_file(const std::filesystem::path& source, const std::filesystem::path& target,
                        const std::filesystem::path& name, Tally& tally);

}  // namespace ankiwire::backup
