// The methods of media sync. Invariants: memory for each transfer is constant; what takes long runs
// on the media lane and off the account's actor; an upload that is refused or broken off changes
// nothing.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "server/account_actor.hpp"
#include "server/exchange.hpp"
#include "server/lanes.hpp"
#include "wire/messages.hpp"

namespace ankiwire::server {

class MediaSync {
public:
    explicit MediaSync(const Lanes& lanes) : lanes_(lanes) {}

    // Precondition: `method` is one of media sync.
    asio::awaitable<Result<Reply>> answer(wire::Method method, const HostKey& host_key,
                                          std::shared_ptr<AccountActor> actor, RequestBody& body);

    // `begin` of a client that says in a form who it is; its reply is not packed (R-MEDIA-04).
    asio::awaitable<Result<Reply>> begin_by_form(const HostKey& host_key,
                                                 std::shared_ptr<AccountActor> actor);

private:
    asio::awaitable<Result<Reply>> upload(std::shared_ptr<AccountActor> actor, RequestBody& body);
    // What upload() does between making the temporary file and removing it.
    asio::awaitable<Result<Reply>> receive_and_apply(std::shared_ptr<AccountActor> actor,
                                                     const std::filesystem::path& file,
                                                     RequestBody& body);
    asio::awaitable<Result<Reply>> download(std::shared_ptr<AccountActor> actor,
                                            std::vector<std::string> names, Packing packing);
    Lanes lanes_;
};

}  // namespace ankiwire::server
