#include "sim/shrink.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace ankiwire::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> up_to(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

auto has(int item) {
    return [item](const std::vector<int>& part) { return std::ranges::count(part, item) > 0; };
}

TEST(Shrink, finds_the_one_that_matters) {
    EXPECT_THAT(shrink(up_to(100), has(37)), ElementsAre(37));
}

TEST(Shrink, keeps_what_matters_together_in_its_order) {
    EXPECT_THAT(shrink(up_to(100), [](const auto& part) { return has(3)(part) && has(98)(part); }),
                ElementsAre(3, 98));
}

TEST(Shrink, leaves_nothing_of_what_fails_anyway) {
    EXPECT_THAT(shrink(up_to(9), [](const auto&) { return true; }), IsEmpty());
}

TEST(Shrink, tries_again_what_a_later_omission_made_unnecessary) {
    // 0 can only go after 9.
    const auto fails = [](const std::vector<int>& part) {
        return has(5)(part) && (has(0)(part) || !has(9)(part));
    };
    EXPECT_THAT(shrink(up_to(10), fails), ElementsAre(5));
}

}  // namespace
}  // namespace ankiwire::sim
