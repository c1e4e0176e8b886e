// Media, 25 files at a time.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "load/works.hpp"
#include "media/batch_fixture.hpp"

namespace ankiwire::load {
namespace {

constexpr std::size_t files_of_a_zip = 25;
constexpr std::size_t file_bytes = 10'000;
constexpr std::size_t rows_of_a_list = 1000;

std::string name_of(std::size_t number) { return fmt::format("{:05}.jpg", number); }

// Nothing that could be packed; other bytes in each file, and the same ones in each run. (Knuth's
// MMIX generator.)
std::string content(std::uint64_t& state) {
    std::string bytes(file_bytes, '\0');
    std::generate(bytes.begin(), bytes.end(), [&] {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<char>(state >> 56U);
    });
    return bytes;
}

// The files from number `first` on, as a device sends them.
std::string zip_from(std::size_t first, std::uint64_t& state) {
    std::vector<media::Change> files;
    for (std::size_t i = first; i < first + files_of_a_zip; ++i) {
        files.emplace_back(name_of(i), content(state));
    }
    return media::zip_of(files);
}

std::string names_of(std::size_t first) {
    std::string listed;
    for (std::size_t i = first; i < first + files_of_a_zip; ++i) {
        listed += fmt::format(R"({}"{}")", i == first ? "" : ",", name_of(i));
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
    std::uint64_t state = 1;
    std::vector<Request> requests;
    for (std::size_t first = 0; first < options.count; first += files_of_a_zip) {
        requests.push_back(
            request(options.users.front(),
                    {wire::Method::upload_changes, zip_from(first, state), R"({"data":[25,)"}));
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
