// Media, 25 files at a time.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "load/contents.hpp"
#include "load/works.hpp"
#include "media/batch_fixture.hpp"

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

// One after the other, on one connection.
Figures ask_each(const Options& options, const std::vector<Request>& requests) {
    return measure(1, [&](std::size_t, Times& times) -> Result<void> {
        TRY_ASSIGN(auto connection, Connection::open(options.port));
        for (const auto& each : requests) {
            TRY(times.timed([&] { return ask(connection, each); }));
        }
        times.count = options.count;
        return {};
    });
}

}  // namespace

Result<Figures> media_up(const Options& options) {
    std::vector<Request> requests;
    for (std::size_t first = 0; first < options.count; first += files_of_a_zip) {
        requests.push_back(request(options.users.front(),
                                   {wire::Method::upload_changes,
                                    media::zip_of(files(first, file_bytes)), R"({"data":[25,)"}));
    }
    return ask_each(options, requests);
}

Result<Figures> media_down(const Options& options) {
    std::vector<Request> requests;
    for (std::size_t first = 0; first < options.count; first += files_of_a_zip) {
        requests.push_back(
            request(options.users.front(), {wire::Method::download_files, names_of(first), "PK"}));
    }
    return ask_each(options, requests);
}

Result<Figures> media_changes(const Options& options) {
    std::vector<Request> requests;
    for (std::size_t last = 0; last <= options.count; last += rows_of_a_list) {
        const auto* expected = last < options.count ? R"({"data":[[)" : R"({"data":[])";
        requests.push_back(request(
            options.users.front(),
            {wire::Method::media_changes, fmt::format(R"({{"lastUsn":{}}})", last), expected}));
    }
    return ask_each(options, requests);
}

}  // namespace ankiwire::load
