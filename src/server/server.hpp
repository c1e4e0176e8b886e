// The running server: listens, keeps count of its connections, ends gracefully.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "protocol/account.hpp"
#include "server/config.hpp"
#include "server/http_session.hpp"
#include "server/lanes.hpp"
#include "server/sync_service.hpp"
#include "server/users.hpp"

namespace ankiwire::server {

struct ServerOptions {
    HttpLimits http;
    protocol::IdleLimits idle;
    std::size_t connections_max = 1000;
    std::size_t bodies_bytes_max = limits::bodies_bytes_max;
    collection::Retention retention;
    std::chrono::milliseconds tick_time = std::chrono::seconds(5);
    std::chrono::milliseconds stop_time = std::chrono::seconds(5);  // for running requests
};

class Server {
public:
    // Listens and serves on threads of its own. `users` and `lanes` outlive the server; when it
    // goes, the lanes are joined.
    static Result<std::unique_ptr<Server>> start(const Config& config, UserDirectory& users,
                                                 LaneThreads& lanes, const ServerOptions& options);
    virtual ~Server() = default;
    // busy: the address cannot be listened on.
    static Result<void> can_listen(const Config& config);

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    // Lets running requests end, rolls running syncs back and closes all collections. False: some
    // work goes on beyond stop_time; the process should end without waiting for it.
    virtual bool stop() = 0;
};

// http://HOST:PORT
std::string url_of(const boost::asio::ip::address& host, std::uint16_t port);

}  // namespace ankiwire::server
