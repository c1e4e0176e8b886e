// A whole small sync, with all of the server that is above the sockets: it should not matter how
// large the collection is.
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

void small_sync(benchmark::State& state) {
    const files::TempFolder folder;
    const auto account = rig::Rig::folder_of(folder.path(), user);
    std::filesystem::create_directory(account);
    make_collection(account / "collection.anki2", state.range());
    rig::Rig rig(folder.path());
    auto at = load::learn(
        [&rig](const load::Call& call) -> Result<std::string> { return ask(rig, call).body; });
    CHECK(at);
    for (auto _ : state) {
        const auto calls = load::next_small_sync(*at);
        measured([&] {
            for (const auto& call : calls) {
                const auto answer = ask(rig, call);
                CHECK(answer.status == 200 && answer.body.starts_with(call.expects));
            }
        });
    }
}
BENCHMARK(small_sync)->Apply(sizes);

}  // namespace
}  // namespace ankiwire::parts
