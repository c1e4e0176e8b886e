#include "conformance/proxy_commands.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "conformance/exchange.hpp"
#include "conformance/listener.hpp"
#include "conformance/recorder.hpp"
#include "conformance/shadow.hpp"
#include "conformance/whole_file.hpp"

namespace ankiwire::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds timeout{600};
constexpr std::size_t waiting_bytes_max = std::size_t{1} << 30;

Result<HttpClient> client_for(const std::string& url, const std::string& ca_file) {
    TRY_ASSIGN(auto target, parse_url(url));
    return HttpClient(std::move(target), {.ca_file = ca_file, .timeout = timeout});
}

// Its reply, or one that says that there is none.
HttpReply passed_on(const HttpClient& client, const HttpRequest& request) {
    if (auto reply = forward(client, request)) {
        return std::move(*reply);
    } else {
        fmt::print(stderr, "ankiwire-conformance: {} {}: {}\n", request.verb, request.path,
                   reply.error().context);
    }
    return {.status = 502, .headers = {{"content-type", "text/plain"}}, .body = "502: no reply"};
}

// A second signal does not end the program before all is written. It would as soon as the listener
// and its handler of signals are gone; by then this thread is the only one.
void hold_signals() {
    sigset_t ends;
    ::sigemptyset(&ends);
    ::sigaddset(&ends, SIGINT);
    ::sigaddset(&ends, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
}

// Says where it listens, once it does; returns at a signal.
Result<std::unique_ptr<Listener>> serve(const std::string& address, Listener::Handler handler) {
    TRY_ASSIGN(auto listener, Listener::open(address, std::move(handler)));
    fmt::print("listening on http://{}/\n", listener->address());
    std::fflush(stdout);
    listener->run(/*signals=*/true);
    hold_signals();
    return listener;
}

// Sends exchanges to the second server one after the other, on a thread of its own: the first one
// never waits. What waits for too long a server is a limited number of bytes.
class Mirror {
public:
    explicit Mirror(HttpClient client)
        : client_(std::move(client)), shadow_(system_now().value), thread_([this] { run(); }) {}
    Mirror(const Mirror&) = delete;
    Mirror& operator=(const Mirror&) = delete;
    ~Mirror() { finish(); }

    void add(Exchange exchange) {
        const std::scoped_lock lock(mutex_);
        const auto bytes = exchange.request.body.size() + exchange.reply.body.size();
        if (waiting_bytes_ + bytes > waiting_bytes_max) {
            ++left_out_;
            return;
        }
        waiting_bytes_ += bytes;
        waiting_.push_back(std::move(exchange));
        changed_.notify_one();
    }

    // Waits until all have been sent.
    void finish() {
        {
            const std::scoped_lock lock(mutex_);
            finished_ = true;
            changed_.notify_one();
        }
        if (thread_.joinable()) {
            thread_.join();
            fmt::print("{} replies compared, {} differ", compared_, differing_);
            fmt::print("{}\n", left_out_ == 0 ? ""
                                              : fmt::format(", {} requests left out: the second "
                                                            "server is too slow",
                                                            left_out_));
        }
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return finished_ || !waiting_.empty(); });
            if (waiting_.empty()) {
                return;
            }
            const auto exchange = std::move(waiting_.front());
            waiting_.pop_front();
            waiting_bytes_ -= exchange.request.body.size() + exchange.reply.body.size();
            lock.unlock();
            send(exchange);
            lock.lock();
        }
    }

    void send(const Exchange& exchange) {
        ++compared_;
        const auto reply = forward(client_, shadow_.as_of_second(exchange.request));
        const auto found = reply ? shadow_.compare(exchange, *reply)
                                 : method_of(exchange.request.path) + ": " + reply.error().context;
        if (found) {
            ++differing_;
            fmt::print("{}\n", *found);
            std::fflush(stdout);
        }
    }

    HttpClient client_;
    Shadow shadow_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Exchange> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t left_out_ = 0;
    bool finished_ = false;
    std::size_t compared_ = 0;
    std::size_t differing_ = 0;
    std::thread thread_;  // last: it uses the others
};

}  // namespace

Result<void> record(const ProxyArguments& arguments) {
    TRY(check_writable(arguments.out));
    TRY_ASSIGN(const auto client, client_for(arguments.to, arguments.ca_file));
    const auto now = system_now().value;
    std::mutex mutex;
    std::vector<Exchange> exchanges;
    TRY_ASSIGN(const auto listener, serve(arguments.listen, [&](HttpRequest request) {
                   auto reply = passed_on(client, request);
                   const std::scoped_lock lock(mutex);
                   exchanges.push_back({std::move(request), reply});
                   return reply;
               }));
    const fs::path out = arguments.out;
    const auto recording = transcribe(exchanges, {.name = out.stem().string(),
                                                  .about = arguments.about,
                                                  .server = arguments.server,
                                                  .now_ms = now});
    for (const auto& [name, sql] : recording.collections) {
        TRY(write_file(out.parent_path() / (name + ".sql"), sql));
    }
    TRY(write_file(out, recording.transcript));
    fmt::print("{}: {} requests\n", arguments.out, exchanges.size());
    return {};
}

Result<void> shadow(const ProxyArguments& arguments) {
    TRY_ASSIGN(const auto client, client_for(arguments.to, arguments.ca_file));
    TRY_ASSIGN(auto second, client_for(arguments.second, arguments.ca_file));
    Mirror mirror(std::move(second));
    TRY_ASSIGN(const auto listener, serve(arguments.listen, [&](HttpRequest request) {
                   auto reply = passed_on(client, request);
                   mirror.add({std::move(request), reply});
                   return reply;
               }));
    mirror.finish();
    return {};
}

}  // namespace ankiwire::conformance
