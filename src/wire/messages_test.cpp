#include "wire/messages.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace ankiwire::wire {
namespace {

TEST(Methods, are_named_as_in_the_path) {
    EXPECT_EQ(method_name(Method::host_key), "hostKey");
    EXPECT_EQ(method_name(Method::apply_graves), "applyGraves");
    EXPECT_EQ(method_name(Method::sanity_check), "sanityCheck2");
    EXPECT_EQ(method_name(Method::download), "download");
}

TEST(Methods, are_found_by_their_own_names) {  // R-TRANS-01
    for (int i = 0; i < method_count; ++i) {
        const auto method = static_cast<Method>(i);
        EXPECT_EQ(method_from_path(method_name(method)), method) << i;
    }
}

// R-TRANS-02
TEST(Methods, are_the_last_segment_that_is_not_empty) {
    const std::vector<std::pair<std::string_view, std::optional<Method>>> cases = {
        {"/sync/meta", Method::meta},
        {"/sync//meta", Method::meta},
        {"//meta", Method::meta},
        {"/some/prefix/sync/applyChunk", Method::apply_chunk},
        {"/sync/chunk/", Method::chunk},
        {"/sync/chunk///", Method::chunk},
        {"/meta/sync", std::nullopt},
        {"/sync/Meta", std::nullopt},
        {"/sync/meta2", std::nullopt},
        {"/sync/sanityCheck", std::nullopt},
        {"/msync/begin", Method::begin},
        {"/anki/uploadChanges", Method::upload_changes},
        {"/msync/start2", std::nullopt},
        {"///", std::nullopt},
        {"", std::nullopt},
    };
    for (const auto& [path, method] : cases) {
        EXPECT_EQ(method_from_path(path), method) << path;
    }
}

TEST(Messages, are_equal_only_if_all_of_them_is) {
    EXPECT_NE((HostKeyRequest{"a", Password("b")}), (HostKeyRequest{"a", Password("c")}));
    EXPECT_NE((MetaRequest{11, "a"}), (MetaRequest{11, "b"}));
    MetaResponse meta;
    meta.media_usn = {1};
    EXPECT_NE(meta, MetaResponse());
    EXPECT_NE((StartRequest{{1}, true, Graves()}), (StartRequest{{1}, true, {}}));
    SanityCheckResponse verdict;
    verdict.server.emplace();
    EXPECT_NE(verdict, SanityCheckResponse());
}

}  // namespace
}  // namespace ankiwire::wire
