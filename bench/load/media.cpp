// Media, 25 files at a time.
#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/files.hpp"
#include "load/contents.hpp"
#include "load/replies.hpp"
#include "load/works.hpp"
#include "media/batch_fixture.hpp"
#include "zip/reader.hpp"

namespace ankiwire::load {
namespace {

constexpr std::size_t file_bytes = 10'000;
constexpr std::size_t rows_of_a_list = 1000;

std::string names_of(std::size_t first) {
    std::string listed;
    for (std::size_t i = first; i < first + files_of_a_zip; ++i) {
        listed += fmt::format(R"({}"{}")", i == first ? "" : ",", file_name(i));
    }
    return R"({"files":[)" + listed + "]}";
}

using Replies = std::vector<std::string>;

// One after the other, on one connection; the replies are kept for the check.
Figures ask_each(const Options& options, const std::vector<Request>& requests,
                 std::function<Result<void>(const Replies&)> check) {
    Replies replies;
    auto figures = measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        for (const auto& each : requests) {
            TRY_ASSIGN(auto reply, times.timed([&] { return ask(connection, each); }));
            replies.push_back(std::move(reply));
        }
        times.count = options.count;
        return {};
    });
    figures.check = [replies = std::move(replies), check = std::move(check)] {
        return check(replies);
    };
    return figures;
}

Result<void> expect(std::size_t count, std::size_t expected, std::string_view what) {
    return count == expected
               ? Result<void>()
               : fail(ErrorKind::internal, fmt::format("{} of {} {}", count, expected, what));
}

// The files in it, each of which must be whole.
Result<std::size_t> files_in(std::string_view zip) {
    const files::FileDescriptor file(::memfd_create("zip", MFD_CLOEXEC));
    TRY(files::write_all(file, zip));
    TRY_ASSIGN(const auto reader, zip::Reader::open(file, files_of_a_zip + 1));
    std::size_t count = 0;
    for (const auto& entry : reader.entries()) {
        TRY(reader.read(entry, [](std::string_view) -> Result<void> { return {}; }));
        count += static_cast<std::size_t>(entry.name != "_meta" && entry.bytes == file_bytes);
    }
    return count;
}

}  // namespace

Result<Figures> media_up(const Options& options) {
    std::vector<Request> requests;
    for (std::size_t first = 0; first < options.count; first += files_of_a_zip) {
        requests.push_back(request(options.users.front(),
                                   {wire::Method::upload_changes,
                                    media::zip_of(files(first, file_bytes)), R"({"data":[25,)"}));
    }
    return ask_each(options, requests, [&options](const Replies&) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        TRY(ask(connection,
                request(options.users.front(),
                        {wire::Method::media_sanity,
                         fmt::format(R"({{"local":{}}})", options.count), R"({"data":"OK")"})));
        return {};
    });
}

Result<Figures> media_down(const Options& options) {
    std::vector<Request> requests;
    for (std::size_t first = 0; first < options.count; first += files_of_a_zip) {
        requests.push_back(
            request(options.users.front(), {wire::Method::download_files, names_of(first), "PK"}));
    }
    return ask_each(options, requests, [&options](const Replies& replies) -> Result<void> {
        std::size_t count = 0;
        for (const auto& zip : replies) {
            TRY_ASSIGN(const auto files, files_in(zip));
            count += files;
        }
        return expect(count, options.count, "files came");
    });
}

Result<Figures> media_changes(const Options& options) {
    std::vector<Request> requests;
    for (std::size_t last = 0; last <= options.count; last += rows_of_a_list) {
        const auto* expected = last < options.count ? R"({"data":[[)" : R"({"data":[])";
        requests.push_back(request(
            options.users.front(),
            {wire::Method::media_changes, fmt::format(R"({{"lastUsn":{}}})", last), expected}));
    }
    return ask_each(options, requests, [&options](const Replies& replies) {
        std::size_t count = 0;
        for (const auto& list : replies) {
            count += rows_in(list);
        }
        return expect(count, options.count, "rows came");
    });
}

}  // namespace ankiwire::load
