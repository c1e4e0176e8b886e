// convert_file 11|18 FILE...: for tests, makes of each file what a client of protocol 8 to 10
// downloads (11), or what its upload becomes (18). Says of each why it was refused, or nothing.
#include <cstdio>
#include <string_view>

#include "base/clock.hpp"
#include "collection/full_sync.hpp"

namespace {

using namespace ankiwire;

std::string refusal(const std::filesystem::path& file, bool downgrade) {
    if (downgrade) {
        const auto size = collection::downgrade_snapshot(file);
        return size ? "" : size.error().context;
    }
    const auto counts = collection::validate_upload(file, to_secs(system_now()));
    return counts ? "" : counts.error().context;
}

}  // namespace

int main(int argc, char** argv) {
    const bool downgrade = argc > 1 && std::string_view(argv[1]) == "11";
    for (int i = 2; i < argc; ++i) {
        std::puts(refusal(argv[i], downgrade).c_str());
    }
}
