// Whole syncs, with all of the server that is above the sockets. For a small one it should not
// matter how large the collection is.
#include <optional>

#include "collection/full_sync.hpp"
#include "files/temp_folder.hpp"
#include "load/small_sync.hpp"
#include "parts/collection.hpp"
#include "parts/measured.hpp"
#include "rig/rig.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::parts {
namespace {

constexpr auto user = "user";

rig::Answer ask(rig::Rig& rig, const load::Call& call) {
    return rig.post({rig::head_of_11(user, call.method, "session"), zstd::pack(call.body)});
}

// The next small sync of that user, from meta to finish.
void sync(rig::Rig& rig, load::State& at) {
    const auto calls = load::next_small_sync(at);
    measured([&] {
        for (const auto& call : calls) {
            const auto answer = ask(rig, call);
            CHECK(answer.status == 200 && answer.body.starts_with(call.expects));
        }
    });
}

// A server with one user, whose collection is open.
struct Served {
    explicit Served(std::int64_t count) {
        const auto account = rig::Rig::folder_of(folder.path(), user);
        std::filesystem::create_directory(account);
        make_collection(account / "collection.anki2", count);
        rig.emplace(folder.path());
        const auto learned = load::learn(
            [this](const load::Call& call) -> Result<std::string> { return ask(*rig, call).body; });
        CHECK(learned);
        at = *learned;
    }

    files::TempFolder folder;
    std::optional<rig::Rig> rig;
    load::State at;
};

void small_sync(benchmark::State& state) {
    Served served(state.range());
    for (auto _ : state) {
        sync(*served.rig, served.at);
    }
}
BENCHMARK(small_sync)->Apply(sizes);

// That opens all that a user has.
void first_sync(benchmark::State& state) {
    Served served(state.range());
    for (auto _ : state) {
        state.PauseTiming();
        served.rig.emplace(served.folder.path());
        state.ResumeTiming();
        sync(*served.rig, served.at);
    }
}
BENCHMARK(first_sync)->Apply(sizes);

// A whole collection on its way out.
void download(benchmark::State& state) {
    Served served(state.range());
    for (auto _ : state) {
        measured(
            [&] { CHECK(ask(*served.rig, {wire::Method::download, "{}", {}}).status == 200); });
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(download)->Arg(1000)->Arg(50'000)->Unit(benchmark::kMillisecond);

// What is asked of an uploaded collection.
void upload_checks(benchmark::State& state) {
    const files::TempFolder folder;
    const auto path = folder.path() / "upload";
    make_collection(path, state.range());
    for (auto _ : state) {
        measured([&] { CHECK(collection::validate_upload(path, to_secs(now()))); });
    }
    set_cost(state, 3 * state.range());
}
BENCHMARK(upload_checks)->Apply(sizes);

}  // namespace
}  // namespace ankiwire::parts
