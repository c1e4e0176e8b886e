// The methods of the sync protocol over HTTP, from a request to a reply. Errors win in this order:
// path, verb, header, version, host key, size, decompression, session key, JSON, state, content.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "server/account_actor.hpp"
#include "server/budget.hpp"
#include "server/exchange.hpp"
#include "server/form_request.hpp"
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
        std::filesystem::path folder;  // where uploads of older clients wait for their end
        std::chrono::milliseconds directory_time = std::chrono::seconds(20);
        // Who is told to try a login again later is told so late: else it is tried again at once.
        std::chrono::milliseconds refused_login_time = std::chrono::seconds(1);
    };
    // All of them outlive the service. `bodies`: what requests may hold in memory together.
    SyncService(UserDirectory& users, AccountActors& actors, const Lanes& lanes, Budget& bodies,
                const Options& options);

    asio::awaitable<Reply> handle(const RequestHead& head, RequestBody& body,
                                  RequestNotes& notes) override;

private:
    // What a request says in its path and header, or in its form.
    struct Call {
        wire::Method method;
        wire::SyncHeader header;
        bool is_form = false;  // of protocol 8 to 10
        std::string address;   // of the client
    };
    // The whole of it for a client of protocol 8 to 10.
    asio::awaitable<Result<Reply>> answer_form(const RequestHead& head, wire::Method method,
                                               RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> answer(const Call& call, RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> log_in(const Call& call, RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> step(const Call& call, std::shared_ptr<AccountActor> actor,
                                        RequestBody& body);
    asio::awaitable<Result<Reply>> upload(const Call& call, std::shared_ptr<AccountActor> actor,
                                          RequestBody& body, RequestNotes& notes);
    asio::awaitable<Result<Reply>> download(const Call& call, std::shared_ptr<AccountActor> actor,
                                            RequestBody& body);
    [[nodiscard]] std::size_t form_data_bytes_max(wire::Method method) const;
    [[nodiscard]] Deadline deadline() const;

    UserDirectory& users_;
    AccountActors& actors_;
    Lanes lanes_;
    Options options_;
    Budget& bodies_;
    FullSync full_sync_;
    MediaSync media_sync_;
    Forms forms_;
};

}  // namespace ankiwire::server
