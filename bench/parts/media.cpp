// Batches of media, as devices send and get them: 25 files in a zip.
#include <fmt/format.h>

#include <cstdint>

#include "files/temp_folder.hpp"
#include "load/contents.hpp"
#include "media/media_store.hpp"
#include "parts/collection.hpp"
#include "parts/measured.hpp"

namespace ankiwire::parts {
namespace {

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

void media_zip_out(benchmark::State& state) {
    const auto files = load::files(0, static_cast<std::size_t>(state.range()));
    for (auto _ : state) {
        measured([&] { benchmark::DoNotOptimize(media::zip_of(files)); });
    }
    set_cost(state, std::int64_t{load::files_of_a_zip}, "file");
}
BENCHMARK(media_zip_out)->Arg(1000)->Arg(10'000)->Arg(500'000);

}  // namespace
}  // namespace ankiwire::parts
