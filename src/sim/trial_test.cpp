// Whatever two to four devices do: the server answers as the model does, in the end all have the
// same, and nothing is lost but by a rule.
#include "sim/trial.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

#include "base/check.hpp"
#include "collection/collection_store.hpp"
#include "files/temp_folder.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::sim {

void showValue(const Command& command, std::ostream& out) { out << to_text(command); }

namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

// A new account's collection.
const std::string& new_collection() {
    static const std::string bytes = [] {
        const files::TempFolder folder;
        const auto path = folder.path() / "collection.anki2";
        auto store = collection::CollectionStore::open(path, {1'600'000'000'000});
        CHECK(store && store->close());
        return bytes_of(path);
    }();
    return bytes;
}

rc::Gen<Command> any_command() {
    using enum Command::Verb;
    const auto verb = rc::gen::weightedElement<Command::Verb>({{8, wait},
                                                               {30, edit},
                                                               {12, sync},
                                                               {3, lose},
                                                               {1, rest},
                                                               {1, force},
                                                               {1, upload},
                                                               {1, download}});
    const auto number = rc::gen::inRange<std::uint64_t>(0, 12);
    return rc::gen::apply(
        [](Command::Verb what, std::size_t device, std::array<std::uint64_t, 4> numbers) {
            if (what == wait) {
                numbers[0] *= 250;
            }
            return Command{what, device, numbers};
        },
        verb, rc::gen::inRange<std::size_t>(0, 4),
        rc::gen::container<std::array<std::uint64_t, 4>>(number));
}

RC_GTEST_PROP(Trial, the_server_does_what_the_model_does_and_all_devices_end_equal, ()) {
    const auto history = *rc::gen::container<std::vector<Command>>(any_command());
    const files::TempFolder folder;
    Trial trial(folder.path(), new_collection(), {.devices = 3});
    const auto found = trial.live(history);
    RC_LOG(found);
    RC_ASSERT(found.empty());
}

}  // namespace
}  // namespace ankiwire::sim
