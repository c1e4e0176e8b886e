// The usns of a future that a restored backup does not have: <account>/restored.json. A device
// whose usn is among them, or above the server's, has synced after the backup was made
// (R-START-05). Invariants: the file is replaced in one step; it is of one schema stamp, so that it
// ends with the next full upload; without it nothing is lost, which is the usual case.
#pragma once

#include <filesystem>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace ankiwire::collection {

inline constexpr const char* lost_usns_name = "restored.json";

class LostUsns {
public:
    // None if the file is of another schema stamp. storage: it cannot be read, is damaged, or of a
    // newer format.
    static Result<LostUsns> read(const std::filesystem::path& account_folder,
                                 TimestampMs schema_modified);
    [[nodiscard]] Result<void> write(const std::filesystem::path& account_folder,
                                     TimestampMs schema_modified) const;
    static Result<void> remove(const std::filesystem::path& account_folder);

    void add(Usn first, Usn last);
    [[nodiscard]] bool contains(Usn usn) const;

private:
    struct Range {
        Usn first;
        Usn last;
    };
    std::vector<Range> ranges_;
};

}  // namespace ankiwire::collection
