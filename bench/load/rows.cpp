// Normal syncs of many objects.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "load/contents.hpp"
#include "load/works.hpp"
#include "wire/encode.hpp"

namespace ankiwire::load {
namespace {

constexpr std::int64_t first_id = 10'000'000;

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

// Each row is in brackets, and so is each list of rows, whose bracket is before another one.
std::size_t rows_in(std::string_view chunk) {
    return static_cast<std::size_t>(std::count(chunk.begin(), chunk.end(), '[')) -
           count_of(chunk, "[[");
}

Result<void> get_all(const Options& options, const User& user, Times& times) {
    const auto next = request(user, {wire::Method::chunk, "{}", R"({"done":)"});
    TRY_ASSIGN(auto connection, Connection::open(options.port));
    TRY(ask(connection, request(user, meta())));
    TRY(ask(connection, request(user, start({0}, false))));
    TRY(ask(connection, request(user, no_changes())));
    for (bool done = false; !done;) {
        TRY_ASSIGN(const auto text, times.timed([&] { return ask(connection, next); }));
        times.count += rows_in(text);
        done = text.starts_with(R"({"done":true)");
    }
    TRY(ask(connection, request(user, finish())));
    return {};
}

}  // namespace

Result<Figures> chunk(const Options& options) {
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        for (const auto& user : options.users) {
            TRY(get_all(options, user, times));
        }
        return {};
    });
}

Result<Figures> apply_chunk(const Options& options) {
    const auto& user = options.users.front();
    std::vector<Request> chunks;
    const auto count = static_cast<std::int64_t>(options.count) / (3 * rows_of_a_table);
    for (std::int64_t i = 0; i < count; ++i) {
        auto chunk = rows(first_id + i * rows_of_a_table, rows_of_a_table, {options.notetype});
        chunk.done = i + 1 == count;
        chunks.push_back(request(
            user, {wire::Method::apply_chunk, wire::encode_apply_chunk_request(chunk), "null"}));
    }
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, request(user, meta())));
        TRY(ask(connection, request(user, start(usn, false))));
        TRY(ask(connection, request(user, no_changes())));
        for (const auto& each : chunks) {
            TRY(times.timed([&] { return ask(connection, each); }));
        }
        times.count = static_cast<std::size_t>(count * 3 * rows_of_a_table);
        TRY(ask(connection, request(user, finish())));
        return {};
    });
}

Result<Figures> apply_changes(const Options& options) {
    const auto& user = options.users.front();
    UnchunkedChanges changes;
    for (std::int64_t i = 0; i < 200; ++i) {
        changes.notetypes.push_back(notetype(i));
    }
    for (std::int64_t i = 0; i < 5000; ++i) {
        changes.decks.push_back(deck(i));
    }
    for (int i = 0; i < 20'000; ++i) {
        changes.tags.push_back(fmt::format("subject{}::tag{}", i / 50, i));
    }
    const auto apply =
        request(user, {wire::Method::apply_changes, wire::encode_apply_changes_request(changes),
                       R"({"models":)"});
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, request(user, meta())));
        TRY(ask(connection, request(user, start(usn, false))));
        TRY(times.timed([&] { return ask(connection, apply); }));
        TRY(ask(connection, request(user, finish())));
        return {};
    });
}

}  // namespace ankiwire::load
