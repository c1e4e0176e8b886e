// Full uploads and downloads. Invariants: memory for each is constant; the actor is only asked for
// short steps; a refused or broken transfer leaves the collection and a running sync alone; a
// replaced collection that held something is kept as a version first (R-FULL-10).
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "collection/versions.hpp"
#include "server/account_actor.hpp"
#include "server/exchange.hpp"
#include "server/lanes.hpp"

namespace ankiwire::server {

// What clients show to the user, with status 200.
inline constexpr std::string_view upload_ok_text = "OK";
inline constexpr std::string_view upload_too_large_text = "collection exceeds size limit";
inline constexpr std::string_view upload_corrupt_text =
    "Your upload was corrupt. Please use Check Database, or restore from backup.";

class FullSync {
public:
    struct Limits {
        std::size_t packed_bytes_max;
        std::size_t unpacked_bytes_max;
        collection::Retention retention;
    };
    FullSync(const Lanes& lanes, const Limits& limits) : lanes_(lanes), limits_(limits) {}

    // corrupt_upload, too_large: the client wants to be told by a text.
    asio::awaitable<Result<void>> upload(std::shared_ptr<AccountActor> actor, std::string client,
                                         RequestBody& body);

    // What is not packed is for clients of protocol 8 to 10, and of schema 11 (R-LEG-24).
    asio::awaitable<Result<Reply>> download(std::shared_ptr<AccountActor> actor, std::string client,
                                            Packing packing);

private:
    // What upload() does between making the temporary file and removing it.
    asio::awaitable<Result<void>> receive_and_replace(std::shared_ptr<AccountActor> actor,
                                                      std::string client,
                                                      const std::filesystem::path& file,
                                                      RequestBody& body);
    asio::awaitable<Result<bool>> replace(std::shared_ptr<AccountActor> actor, std::string client,
                                          const std::filesystem::path& upload);

    Lanes lanes_;
    Limits limits_;
};

// Keeps `snapshot` (a copy of the collection that `replacement` will replace) as a version.
Result<void> keep_replaced(const std::filesystem::path& account_folder,
                           const std::filesystem::path& snapshot,
                           const std::filesystem::path& replacement, std::string reason,
                           std::string client, TimestampMs now);

}  // namespace ankiwire::server
