// Normal syncs of many objects.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "load/contents.hpp"
#include "load/replies.hpp"
#include "load/small_sync.hpp"
#include "load/works.hpp"
#include "wire/encode.hpp"

namespace ankiwire::load {
namespace {

constexpr std::int64_t first_id = 10'000'000;

// What a device has got.
struct Received {
    std::size_t cards = 0;
    std::size_t notes = 0;
    std::size_t revlog = 0;

    [[nodiscard]] std::size_t rows() const { return cards + notes + revlog; }
};

Result<Received> get_all(const Options& options, const User& user, Times& times) {
    const auto next = request(user, {wire::Method::chunk, "{}", R"({"done":)"});
    Received received;
    TRY_ASSIGN(auto connection, Connection::open(options.port));
    TRY(ask(connection, request(user, meta())));
    TRY(ask(connection, request(user, start({0}, false))));
    TRY(ask(connection, request(user, no_changes())));
    for (bool done = false; !done;) {
        TRY_ASSIGN(const auto text, times.timed([&] { return ask(connection, next); }));
        received.cards += rows_behind(R"("cards":)", text);
        received.notes += rows_behind(R"("notes":)", text);
        received.revlog += rows_behind(R"("revlog":)", text);
        done = text.starts_with(R"({"done":true)");
    }
    TRY(ask(connection, request(user, finish())));
    return received;
}

// That it is the whole collection, which has that many rows.
Result<void> check_all(const Options& options, const User& user, const Received& received) {
    if (received.rows() != options.count) {
        return fail(ErrorKind::internal,
                    fmt::format("{} of {} rows came", received.rows(), options.count));
    }
    TRY_ASSIGN(auto counts, counts_of(options.port, user));
    counts.cards = static_cast<std::uint32_t>(received.cards);
    counts.notes = static_cast<std::uint32_t>(received.notes);
    counts.revlog = static_cast<std::uint32_t>(received.revlog);
    return check_counts(options.port, user, counts);
}

// That a new device gets all tags.
Result<void> check_tags(const Options& options, std::size_t expected) {
    const auto& user = options.users.front();
    TRY_ASSIGN(auto connection, Connection::open(options.port));
    TRY(ask(connection, request(user, meta())));
    TRY(ask(connection, request(user, start({0}, false))));
    TRY_ASSIGN(const auto text, ask(connection, request(user, no_changes())));
    const auto count = count_of(R"("subject)", text);
    return count == expected
               ? Result<void>()
               : fail(ErrorKind::internal, fmt::format("{} of {} tags are there", count, expected));
}

}  // namespace

Result<Figures> chunk(const Options& options) {
    std::vector<Received> received;
    auto figures = measure(1, [&](std::size_t, Times& times) -> Result<void> {
        for (const auto& user : options.users) {
            TRY_ASSIGN(const auto all, get_all(options, user, times));
            received.push_back(all);
            times.count += all.rows();
        }
        return {};
    });
    figures.check = [&options, received]() -> Result<void> {
        for (std::size_t i = 0; i < received.size(); ++i) {
            TRY(check_all(options, options.users[i], received[i]));
        }
        return {};
    };
    return figures;
}

Result<Figures> apply_chunk(const Options& options) {
    const auto& user = options.users.front();
    TRY_ASSIGN(auto counts, counts_of(options.port, user));
    std::vector<Request> chunks;
    const auto count = static_cast<std::int64_t>(options.count) / (3 * rows_of_a_table);
    for (std::int64_t i = 0; i < count; ++i) {
        auto chunk = rows(first_id + i * rows_of_a_table, rows_of_a_table, {options.notetype});
        chunk.done = i + 1 == count;
        chunks.push_back(request(
            user, {wire::Method::apply_chunk, wire::encode_apply_chunk_request(chunk), "null"}));
    }
    for (auto* rows : {&counts.cards, &counts.notes, &counts.revlog}) {
        *rows += static_cast<std::uint32_t>(count * rows_of_a_table);
    }
    auto figures = measure(1, [&](std::size_t, Times& times) -> Result<void> {
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
    figures.check = [&options, counts] {
        return check_counts(options.port, options.users.front(), counts);
    };
    return figures;
}

Result<Figures> apply_changes(const Options& options) {
    const auto& user = options.users.front();
    TRY_ASSIGN(auto counts, counts_of(options.port, user));
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
    counts.notetypes += static_cast<std::uint32_t>(changes.notetypes.size());
    counts.decks += static_cast<std::uint32_t>(changes.decks.size());
    auto figures = measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection, request(user, meta())));
        TRY(ask(connection, request(user, start(usn, false))));
        TRY(times.timed([&] { return ask(connection, apply); }));
        TRY(ask(connection, request(user, finish())));
        return {};
    });
    figures.check = [&options, counts, tags = changes.tags.size()]() -> Result<void> {
        TRY(check_counts(options.port, options.users.front(), counts));
        return check_tags(options, tags);
    };
    return figures;
}

}  // namespace ankiwire::load
