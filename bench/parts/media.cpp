// Batches of media, as devices send and get them: 25 files in a zip.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "files/temp_folder.hpp"
#include "media/batch_fixture.hpp"
#include "media/media_store.hpp"
#include "parts/collection.hpp"
#include "parts/measured.hpp"

namespace ankiwire::parts {
namespace {

constexpr std::int64_t files_of_a_batch = 25;

std::vector<media::Change> batch(std::int64_t number, std::size_t bytes) {
    std::vector<media::Change> changes;
    for (std::int64_t i = 0; i < files_of_a_batch; ++i) {
        const auto name = fmt::format("{:07}.jpg", number * files_of_a_batch + i);
        std::string content = name;
        std::uint32_t noise = static_cast<std::uint32_t>(number * files_of_a_batch + i);
        while (content.size() < bytes) {
            noise = noise * 1'664'525U + 1'013'904'223U;
            content += static_cast<char>(noise >> 24U);
        }
        changes.emplace_back(name, std::move(content));
    }
    return changes;
}

// Of files of so many bytes.
void media_zip_in(benchmark::State& state) {
    const files::TempFolder folder;
    auto store = media::MediaStore::open(folder.path(), to_secs(now()));
    CHECK(store);
    std::int64_t number = 0;
    for (auto _ : state) {
        state.PauseTiming();
        const auto zip = media::zip_of(batch(number, static_cast<std::size_t>(state.range())));
        const auto path = media::staging_folder(folder.path()) / fmt::format("upload.{}", number++);
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
    set_cost(state, files_of_a_batch, "file");
}
BENCHMARK(media_zip_in)->Arg(1000)->Arg(10'000)->Arg(500'000);

void media_zip_out(benchmark::State& state) {
    const auto files = batch(0, static_cast<std::size_t>(state.range()));
    for (auto _ : state) {
        measured([&] { benchmark::DoNotOptimize(media::zip_of(files)); });
    }
    set_cost(state, files_of_a_batch, "file");
}
BENCHMARK(media_zip_out)->Arg(1000)->Arg(10'000)->Arg(500'000);

}  // namespace
}  // namespace ankiwire::parts
