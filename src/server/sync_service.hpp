// The methods of the sync protocol over HTTP, from a request to a reply. Errors win in this order:
// path, verb, header, version, host key, size, decompression, session key, JSON, state, content.
#pragma once

#include <chrono>
#include <string>

#include "server/account_actor.hpp"
#include "server/budget.hpp"
#include "server/exchange.hpp"
#include "server/full_sync.hpp"
#include "server/lanes.hpp"
#include "server/media_sync.hpp"
#include "server/users.hpp"
#include "wire/messages.hpp"
#include "wire/sync_header.hpp"

namespace ankiwire::server {

class SyncService final : public RequestHandler {
public:
    struct Options {
        FullSync::Limits full_sync;
        std::chrono::milliseconds directory_time = std::chrono::seconds(20);
    };
    // All of them outlive the service. `bodies`: what requests may hold in memory together.
    SyncService(UserDirectory& users, AccountActors& actors, Lanes& lanes, Budget& bodies,
                const Options& options);

    asio::awaitable<Reply> handle(const RequestHead& head, RequestBody& body,
                                  RequestNotes& notes) override;

private:
    // What a request says in its path and header.
    struct Call {
        wire::Method method;
        wire::SyncHeader header;
    };
    asio::awaitable<Result<Reply>> answer(const Call& call, RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> log_in(const Call& call, RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> step(const Call& call, std::shared_ptr<AccountActor> actor,
                                        RequestBody& body);
    asio::awaitable<Result<Reply>> upload(const Call& call, std::shared_ptr<AccountActor> actor,
                                          RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> download(const Call& call, std::shared_ptr<AccountActor> actor,
                                            RequestBody& body);
    asio::awaitable<Result<Reply>> begin_by_form(const RequestHead& head, RequestBody& body,
                                                 RequestNotes& notes);
    [[nodiscard]] Deadline deadline() const;

    UserDirectory& users_;
    AccountActors& actors_;
    Lanes& lanes_;
    Options options_;
    Budget& bodies_;
    FullSync full_sync_;
    MediaSync media_sync_;
};

}  // namespace ankiwire::server
