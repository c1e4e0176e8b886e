// Batches of media, as devices send and get them: 25 files in a zip; and the list of changes.
#include <fmt/format.h>

#include <cstdint>

#include "files/temp_folder.hpp"
#include "load/contents.hpp"
#include "media/media_store.hpp"
#include "parts/collection.hpp"
#include "parts/measured.hpp"
#include "rig/rig.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::parts {
namespace {

constexpr auto user = "user";

// Of files of so many bytes.
void media_zip_in(benchmark::State& state) {
    const files::TempFolder folder;
    auto store = media::MediaStore::open(folder.path(), to_secs(now()));
    CHECK(store);
    std::size_t first = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto bytes = static_cast<std::size_t>(state.range());
        const auto zip = media::zip_of(load::files(first, bytes));
        const auto path = media::staging_folder(folder.path()) / fmt::format("upload.{}", first);
        first += load::files_of_a_zip;
        state.ResumeTiming();
        measured([&] {
            CHECK(files::make_folders(path.parent_path()));
            {
                const auto file = files::create(path);
                CHECK(file && files::write_all(*file, zip));
            }
            auto staged = media::StagedBatch::unpack(path);
            CHECK(staged && store->apply(*staged, to_secs(now())));
        });
    }
    CHECK(store->close());
    set_cost(state, std::int64_t{load::files_of_a_zip}, "file");
}
BENCHMARK(media_zip_in)->Arg(1000)->Arg(10'000)->Arg(500'000);

rig::Answer ask(rig::Rig& rig, wire::Method method, const std::string& body) {
    auto answer = rig.post({rig::head_of_11(user, method, {}), zstd::pack(body)});
    CHECK(answer.status == 200);
    return answer;
}

// Sends so many files of so many bytes.
void fill(rig::Rig& rig, std::size_t count, std::size_t bytes) {
    for (std::size_t first = 0; first < count; first += load::files_of_a_zip) {
        ask(rig, wire::Method::upload_changes, media::zip_of(load::files(first, bytes)));
    }
}

// By all of the server that is above the sockets.
void media_zip_out(benchmark::State& state) {
    const files::TempFolder folder;
    rig::Rig rig(folder.path());
    const auto bytes = static_cast<std::size_t>(state.range());
    fill(rig, load::files_of_a_zip, bytes);
    std::string names;
    for (const auto& [name, content] : load::files(0, bytes)) {
        names += fmt::format("{}\"{}\"", names.empty() ? "" : ",", name);
    }
    for (auto _ : state) {
        measured([&] {
            ask(rig, wire::Method::download_files, fmt::format(R"({{"files":[{}]}})", names));
        });
    }
    set_cost(state, std::int64_t{load::files_of_a_zip}, "file");
}
BENCHMARK(media_zip_out)->Arg(1000)->Arg(10'000)->Arg(200'000);

void media_changes(benchmark::State& state) {
    const files::TempFolder folder;
    rig::Rig rig(folder.path());
    fill(rig, static_cast<std::size_t>(state.range()), 100);
    for (auto _ : state) {
        measured([&] { ask(rig, wire::Method::media_changes, R"({"lastUsn":0})"); });
    }
    set_cost(state, state.range());
}
BENCHMARK(media_changes)->Arg(1000);

}  // namespace
}  // namespace ankiwire::parts
