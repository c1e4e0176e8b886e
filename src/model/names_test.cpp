#include "model/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <utf8proc.h>

#include <cstdlib>
#include <memory>

#include "model/fixture_tsv.hpp"

namespace ankiwire {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Names, stores_what_the_official_library_stores) {  // R-STORE-12, R-STORE-13
    const auto rows = read_fixture_tsv("names.tsv");
    ASSERT_GE(rows.size(), 150U);
    for (const auto& row : rows) {
        ASSERT_EQ(row.size(), 3U);
        const bool is_deck = row[0] == "deck";
        EXPECT_EQ(is_deck ? deck_name_from_human(row[1]) : normalize_tag(row[1]), row[2]) << row[1];
    }
}

TEST(Names, keeps_a_composition_that_only_a_removed_control_character_prevented) {
    EXPECT_EQ(deck_name_from_human("e\x01\u0301"), "e\u0301");
}

TEST(Names, shows_deck_names_with_colons) {
    EXPECT_EQ(deck_name_to_human("a\x1f"
                                 "b\x1f"
                                 "c:d"),
              "a::b::c:d");
    EXPECT_EQ(deck_name_to_human(""), "");
}

TEST(Names, splits_tags_at_both_kinds_of_space) {  // R-STORE-11
    EXPECT_THAT(split_tags(" one  two\u3000three\t"), ElementsAre("one", "two", "three\t"));
    EXPECT_THAT(split_tags(" \u3000"), IsEmpty());
}

TEST(Names, joins_tags_with_a_space_on_either_side) {  // R-STORE-11
    EXPECT_EQ(join_tags({}), "");
    EXPECT_EQ(join_tags({"one", "two"}), " one two ");
}

TEST(Names, replaces_invalid_utf8) { EXPECT_EQ(to_nfc("a\xff\u00e9"), "a\ufffd\u00e9"); }

TEST(Names, sorts_half_a_million_marks) {
    std::string marks = "a";
    for (int i = 0; i < 250'000; ++i) marks += "\u0301\u0316";
    EXPECT_EQ(to_nfc(marks).size(), marks.size() - 1);  // a and the first U+0301 became U+00E1
}

RC_GTEST_PROP(Names, normalises_as_utf8proc_does, ()) {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", "e", "\u00e9", "\u1ec7", "\u0301", "\u0316", "\u0323", "\u0345", "\u0344", "\u1100",
        "\u1161", "\u11a8", "\uac00", "\u0958", "\u212b", "\ufa47", "\U0001d15e", "\u09c7",
        "\u09be"));
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> expected(
        utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str())), &std::free);
    RC_ASSERT(to_nfc(text) == reinterpret_cast<const char*>(expected.get()));
}

}  // namespace ankiwire
