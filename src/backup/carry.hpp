// What saving and putting back have in common: files are carried from one account's folder to
// another one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backup/tally.hpp"
#include "base/result.hpp"

namespace ankiwire::backup {

// The same error, with what it is about.
Error about(const std::string& name, Error error);
// Of the source: it is no reason not to carry other accounts.
Error unreadable(const std::string& name, Error error);

// damaged: the account's folder cannot be looked into.
Result<void> check_readable(const std::filesystem::path& account_folder);

// Copies a file that is never written in place to the new file of that name. False: there is none.
// damaged: it cannot be read. storage: the target cannot be written.
Result<bool> carry_file(const std::filesystem::path& source, const std::filesystem::path& target,
                        const std::filesystem::path& name, Tally& tally);

// Copies the files of the folder `name` that the target's lacks; of those that are the same in
// `base`, an older copy, it makes hard links. What cannot be read is in the tally. storage: the
// target cannot be written.
Result<void> carry_folder(const std::filesystem::path& source, const std::filesystem::path& target,
                          const std::string& name, const std::optional<std::filesystem::path>& base,
                          Tally& tally);

// For people, whatever is in them: 12 media files ("a.jpg", "b.jpg" and 10 more).
std::string in_words(const std::vector<std::string>& names, const std::string& what);

}  // namespace ankiwire::backup
