#include "model/note_text.hpp"

#include <gtest/gtest.h>

#include "model/fixture_tsv.hpp"

namespace ankiwire {
namespace {

constexpr std::size_t mib = 1 << 20;

std::string repeat(std::string_view piece, std::size_t size) {
    std::string text;
    while (text.size() < size) text += piece;
    return text;
}

}  // namespace

TEST(NoteText, gives_what_the_official_library_stores) {  // R-STORE-10
    const auto rows = read_fixture_tsv("note_text.tsv");
    ASSERT_GE(rows.size(), 300U);
    for (const auto& row : rows) {
        ASSERT_EQ(row.size(), 4U);
        const auto [sort_field, checksum] = sort_field_and_checksum(row[0], std::stoul(row[1]));
        EXPECT_EQ(sort_field, row[2]) << row[0];
        EXPECT_EQ(checksum, std::stoul(row[3], nullptr, 16)) << row[0];
    }
}

TEST(NoteText, has_an_empty_sort_field_beyond_the_last_field) {  // R-STORE-10
    const auto [sort_field, checksum] = sort_field_and_checksum(
        "a\x1f"
        "b",
        2);
    EXPECT_EQ(sort_field, "");
    EXPECT_EQ(checksum, field_checksum("a"));
}

TEST(NoteText, takes_the_checksum_from_the_start_of_sha1) {  // R-STORE-10
    EXPECT_EQ(field_checksum("abc"), 0xa9993e36U);
}

TEST(NoteText, strips_invalid_utf8_like_any_other_text) {
    EXPECT_EQ(strip_html_preserving_media_filenames("\xff<b\xe2>\xc5&amp;"), "\xff\xc5&");
    EXPECT_EQ(strip_html_preserving_media_filenames("<img\xff\xe2src=\xc5>\xc5"), " \xc5 \xc5");
}

TEST(NoteText, drops_control_characters_but_not_separators) {  // R-STORE-09
    std::string text(
        "a\0b\tc\nd\re\x1f"
        "f\x7fg\u0085",
        15);
    EXPECT_EQ(sanitize_fields(text),
              "ab\tc\nde\x1f"
              "fg\u0085");
}

TEST(NoteText, counts_fields) {
    EXPECT_EQ(field_count(""), 1U);
    EXPECT_EQ(field_count("a\x1f"), 2U);
    EXPECT_EQ(field_count("a\x1f"
                          "b\x1f"
                          "c"),
              3U);
}

// A matcher that starts again at each piece would take hours.
class HostileText : public testing::TestWithParam<std::string_view> {};

TEST_P(HostileText, is_stripped_in_linear_time) {
    const std::string text = repeat(GetParam(), mib);
    for (const std::string_view end : {"", " src=\"x\">", "'>"}) {
        EXPECT_LE(strip_html_preserving_media_filenames(text + std::string(end)).size(),
                  text.size() + end.size());
    }
}

INSTANTIATE_TEST_SUITE_P(Patterns, HostileText,
                         testing::Values("<", "</", "<>", "<img ", "<img src=", "<img src=\"",
                                         "<img src='x", "<img \"", "<img '\"", "<img x>\"'", "<!--",
                                         "<!--x>", "<style", "<style>", "</style", "<script x>",
                                         "</script<style>", "&", "&;", "&amp"));

}  // namespace ankiwire
