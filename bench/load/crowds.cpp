// Many users, or many connections.
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "files/files.hpp"
#include "load/small_sync.hpp"
#include "load/works.hpp"

namespace ankiwire::load {

Result<Figures> logins(const Options& options) {
    std::vector<Request> requests;
    requests.reserve(options.users.size());
    for (const auto& user : options.users) {
        requests.push_back(log_in(user));
    }
    return measure(requests.size(), [&](std::size_t i, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        for (std::size_t n = 0; n < options.count; ++n) {
            TRY(times.timed([&] { return ask(connection, requests[i]); }));
        }
        return {};
    });
}

Result<Figures> connections(const Options& options) {
    const auto question = request(options.users.front(), meta());
    std::vector<Connection> open;
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        for (std::size_t i = 0; i < options.count; ++i) {
            TRY_ASSIGN(auto connection, Connection::open(options.port));
            open.push_back(std::move(connection));
            TRY(times.timed([&] { return ask(open.back(), question); }));
        }
        for (auto& each : open) {
            TRY(ask(each, question));  // is still there
        }
        return {};
    });
}

Result<Figures> school(const Options& options) {
    const auto users = options.users.size();
    const auto is_new = [users, count = options.count](std::size_t i) {
        return i * count % users < count;
    };
    TRY_ASSIGN(const auto bytes, files::size_of(std::filesystem::path(options.file)));
    std::vector<SmallSync> syncs(users);
    auto downloads = std::make_shared<std::vector<Packed>>(users, Packed(0));
    for (std::size_t i = 0; i < users; ++i) {
        const auto& user = options.users[i];
        if (is_new(i)) {
            (*downloads)[i] = Packed(bytes);
            syncs[i] = {log_in(user), request(user, meta()), download_request(user)};
        } else {
            TRY_ASSIGN(auto prepared, prepare_small_syncs(options.port, user, 1));
            syncs[i] = std::move(prepared.front());
        }
    }
    const auto begun = Clock::now();
    auto figures = measure(users, [&](std::size_t i, Times& times) -> Result<void> {
        const std::chrono::duration<double> wait(options.seconds * static_cast<double>(i) /
                                                 static_cast<double>(users));
        std::this_thread::sleep_until(begun + std::chrono::duration_cast<Clock::duration>(wait));
        if (!is_new(i)) {
            return times.timed([&] { return run(options.port, syncs[i]); });
        }
        times.count = 1;
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, syncs[i][0]));
        TRY(ask(connection, syncs[i][1]));
        return fetch(connection, syncs[i][2], (*downloads)[i]);
    });
    figures.check = [=]() -> Result<void> {
        for (std::size_t i = 0; i < users; ++i) {
            if (is_new(i)) {
                TRY(check_size((*downloads)[i], bytes));
            }
        }
        return {};
    };
    return figures;
}

}  // namespace ankiwire::load
