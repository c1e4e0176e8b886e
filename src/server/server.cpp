#include "server/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/scheduling.hpp"
#include "server/temp_file.hpp"

namespace ankiwire::server {
namespace {

using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto accept_retry_time = std::chrono::milliseconds(100);  // out of descriptors
constexpr auto last_moment = std::chrono::seconds(1);

// The connections that are open, so that they can be counted and ended. Thread-safe.
class Connections {
public:
    void add(const std::shared_ptr<HttpSession>& session) {
        const std::lock_guard lock(mutex_);
        sessions_.insert(session);
    }
    void remove(const std::shared_ptr<HttpSession>& session) {
        const std::lock_guard lock(mutex_);
        sessions_.erase(session);
        changed_.notify_all();
    }
    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return sessions_.size();
    }
    void forget_all() {
        const std::lock_guard lock(mutex_);
        sessions_.clear();
    }
    // Breaks off the one that has waited longest for a request whose sender is known: a peer that
    // does nothing, or not enough, does not keep others out. False: there is none.
    bool give_up_oldest() {
        const std::lock_guard lock(mutex_);
        std::shared_ptr<HttpSession> oldest;
        auto oldest_since = std::chrono::steady_clock::time_point::max();
        for (const auto& session : sessions_) {
            const auto since = session->waiting_since();
            if (since && *since < oldest_since) {
                oldest = session;
                oldest_since = *since;
            }
        }
        if (oldest) {
            oldest->give_up();
        }
        return oldest != nullptr;
    }
    void give_up_late() {
        const std::lock_guard lock(mutex_);
        const auto now = std::chrono::steady_clock::now();
        for (const auto& session : sessions_) {
            session->give_up_if_late(now);
        }
    }
    // Tells each to stop or abort, and waits until there is none. False: time was up.
    bool end_all(void (HttpSession::*how)(), std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        const auto sessions = sessions_;
        lock.unlock();
        for (const auto& session : sessions) {
            ((*session).*how)();
        }
        lock.lock();
        return changed_.wait_for(lock, time, [this] { return sessions_.empty(); });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_set<std::shared_ptr<HttpSession>> sessions_;
};

Result<void> listen_on(tcp::acceptor& acceptor, const Config& config) {
    const tcp::endpoint endpoint(config.host, config.port);
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) {
        acceptor.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error && config.host.is_v6()) {
        acceptor.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) {
        acceptor.bind(endpoint, error);
    }
    if (!error) {
        acceptor.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
        return fail(ErrorKind::busy, "cannot listen on " + url_of(config.host, config.port) + ": " +
                                         error.message());
    }
    return {};
}

class RunningServer final : public Server {
public:
    RunningServer(const Config& config, UserDirectory& users, LaneThreads& lanes,
                  const ServerOptions& options)
        : options_(options),
          ip_source_(config.ip_source),
          lanes_(lanes),
          bodies_(options.bodies_bytes_max, "too much is being received"),
          actors_(lanes.lanes(), bodies_, options.idle),
          service_(users, actors_, lanes.lanes(), bodies_,
                   {.full_sync = {.packed_bytes_max = config.upload_packed_bytes_max,
                                  .unpacked_bytes_max = config.upload_unpacked_bytes_max(),
                                  .retention = options.retention},
                    .folder = config.base}),
          acceptor_(io_),
          tick_timer_(io_),
          lateness_timer_(io_) {}

    ~RunningServer() override {
        stop();
        lanes_.join();  // so that no work comes back to a context that is gone
        connections_.forget_all();
    }

    Result<void> run(const Config& config) {
        TRY(listen_on(acceptor_, config));
        port_ = acceptor_.local_endpoint().port();
        spawn(accept_all());
        spawn(tick_all());
        spawn(give_up_late_peers());
        for (std::size_t i = 0; i < lanes_.network_threads(); ++i) {
            threads_.emplace_back([this] {
                schedule_this_thread(short_work);
                io_.run();
            });
        }
        return {};
    }

    [[nodiscard]] std::uint16_t port() const override { return port_; }

    bool stop() override {
        if (threads_.empty()) {
            return true;
        }
        std::promise<void> closed;
        asio::post(io_control_, [this, &closed] {
            stopping_ = true;
            boost::system::error_code ignored;
            acceptor_.close(ignored);
            tick_timer_.cancel();
            lateness_timer_.cancel();
            closed.set_value();
        });
        closed.get_future().wait();
        const bool ended = connections_.end_all(&HttpSession::stop, options_.stop_time) ||
                           connections_.end_all(&HttpSession::abort, last_moment);
        io_.stop();
        for (auto& thread : threads_) {
            thread.join();
        }
        threads_.clear();
        return close_accounts() && ended;
    }

private:
    void spawn(asio::awaitable<void> coroutine) {
        asio::co_spawn(io_control_, std::move(coroutine), [](const std::exception_ptr& exception) {
            if (exception) {
                std::terminate();
            }
        });
    }

    asio::awaitable<void> accept_all() {
        while (!stopping_) {
            auto [error, socket] = co_await acceptor_.async_accept(io_, as_result);
            if (stopping_) {
                co_return;
            }
            if (!error) {
                serve(std::move(socket));
            } else {
                spdlog::warn("accepting a connection: {}", error.message());
                asio::steady_timer pause(io_, accept_retry_time);
                co_await pause.async_wait(as_result);
            }
        }
    }

    void serve(tcp::socket socket) {
        const auto count = connections_.count();
        if (count >= options_.connections_max * 2) {
            return;  // not even time to say so
        }
        const auto executor = socket.get_executor();
        const bool fits = count < options_.connections_max || give_up_oldest();
        auto session = HttpSession::make(std::move(socket), service_, options_.http, ip_source_);
        connections_.add(session);
        auto work = fits ? session->run() : session->refuse();
        asio::co_spawn(executor, std::move(work),
                       [this, session](const std::exception_ptr& exception) {
                           if (exception) {
                               log_exception(exception);
                           }
                           connections_.remove(session);
                       });
    }

    bool give_up_oldest() {  // R-LIM-16
        const bool given_up = connections_.give_up_oldest();
        given_up_ += given_up ? 1 : 0;
        return given_up;
    }

    static void log_exception(const std::exception_ptr& exception) {
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            spdlog::error("a connection ended by an exception: {}", error.what());
        }
    }

    asio::awaitable<void> give_up_late_peers() {
        while (!stopping_) {
            lateness_timer_.expires_after(options_.http.lateness_max);
            co_await lateness_timer_.async_wait(as_result);
            connections_.give_up_late();
        }
    }

    asio::awaitable<void> tick_all() {
        while (!stopping_) {
            tick_timer_.expires_after(options_.tick_time);
            co_await tick_timer_.async_wait(as_result);
            if (const auto count = std::exchange(given_up_, 0); count > 0) {
                spdlog::warn("{} connections without a request were closed for new ones", count);
            }
            for (const auto& actor : actors_.all()) {
                actor->tick();
            }
        }
    }

    // False: time was up.
    bool close_accounts() {
        struct Countdown {
            std::mutex mutex;
            std::condition_variable changed;
            std::size_t left = 0;
        };
        const auto actors = actors_.all();
        auto countdown = std::make_shared<Countdown>();
        countdown->left = actors.size();
        for (const auto& actor : actors) {
            actor->close([countdown] {
                const std::lock_guard lock(countdown->mutex);
                --countdown->left;
                countdown->changed.notify_all();
            });
        }
        std::unique_lock lock(countdown->mutex);
        return countdown->changed.wait_for(lock, last_moment, [&] { return countdown->left == 0; });
    }

    ServerOptions options_;
    IpSource ip_source_;
    LaneThreads& lanes_;
    Budget bodies_;
    AccountActors actors_;
    SyncService service_;
    Connections connections_;
    std::uint16_t port_ = 0;
    bool stopping_ = false;     // only on io_control_, as the next one
    std::size_t given_up_ = 0;  // connections, since the last tick

    // Below what its coroutines use: they go with it.
    asio::io_context io_;
    asio::strand<asio::io_context::executor_type> io_control_ = asio::make_strand(io_);
    tcp::acceptor acceptor_;
    asio::steady_timer tick_timer_;
    asio::steady_timer lateness_timer_;
    std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Config& config, UserDirectory& users,
                                              LaneThreads& lanes, const ServerOptions& options) {
    remove_stale_temp_files(config.base);
    for (const auto& user : config.users) {
        remove_stale_temp_files_of_account(config.base / user.name);
    }
    auto server = std::make_unique<RunningServer>(config, users, lanes, options);
    TRY(server->run(config));
    return std::unique_ptr<Server>(std::move(server));
}

Result<void> Server::can_listen(const Config& config) {
    asio::io_context context;
    tcp::acceptor acceptor(context);
    return listen_on(acceptor, config);
}

std::string url_of(const asio::ip::address& host, std::uint16_t port) {
    return host.is_v6() ? fmt::format("http://[{}]:{}", host.to_string(), port)
                        : fmt::format("http://{}:{}", host.to_string(), port);
}

}  // namespace ankiwire::server
