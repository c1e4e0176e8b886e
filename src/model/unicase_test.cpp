#include "model/unicase.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "model/utf8.hpp"

namespace ankiwire {
namespace {

std::string utf8(char32_t value) {
    std::string text;
    append_code_point(text, value);
    return text;
}

std::map<char32_t, std::string> read_folds() {
    std::ifstream file(ANKIWIRE_FIXTURES "/unicase-fold.txt");
    std::map<char32_t, std::string> folds;
    for (std::string line; std::getline(file, line);) {
        std::istringstream numbers(line);
        std::uint32_t from = 0;
        numbers >> std::hex >> from;
        for (std::uint32_t to = 0; numbers >> to;) append_code_point(folds[from], to);
    }
    return folds;
}

int sign(int number) { return (number > 0) - (number < 0); }

rc::Gen<std::string> arbitrary_text() {
    const auto piece = rc::gen::element<std::string>(
        "a", "A", "b", "B", "S", "ss", "ff", "iff", "@", "[", "`", "{", "\u00df", "\u1e9e",
        "\u017f", "\u212a", "k", "\ufb03", "\u0390", "\u00e9", "\u00c9", "\u0130", "i\u0307",
        "\uffee", "\U00010400", "\U00010428", "\xff", "\xe2\x82", std::string(1, '\0'));
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                        [](const std::vector<std::string>& pieces) {
                            std::string text;
                            for (const std::string& each : pieces) text += each;
                            return text;
                        });
}

}  // namespace

TEST(Unicase, folds_every_code_point_as_the_official_table_does) {  // R-STORE-02
    const std::map<char32_t, std::string> folds = read_folds();
    ASSERT_EQ(folds.size(), 1487U);
    for (char32_t value = 0; value <= 0x10ffff; ++value) {
        if (value >= 0xd800 && value <= 0xdfff) continue;
        const std::string text = utf8(value);
        const auto fold = folds.find(value);
        const std::string expected = fold == folds.end() ? text : fold->second;
        ASSERT_EQ(unicase_key(text), expected) << std::hex << std::uint32_t{value};
    }
}

TEST(Unicase, sorts_a_before_B) {
    EXPECT_LT(unicase_compare("a", "B"), 0);
    EXPECT_GT(unicase_compare("B", "a"), 0);
}

TEST(Unicase, sorts_a_prefix_first) {
    EXPECT_LT(unicase_compare("", "a"), 0);
    EXPECT_LT(unicase_compare("Deck", "deck one"), 0);
    EXPECT_LT(unicase_compare("\u00e9", "\u00c9a"), 0);
}

TEST(Unicase, sorts_by_code_point_not_by_utf16_unit) {
    EXPECT_LT(unicase_compare("\uffee", "\U0001f600"), 0);
}

TEST(Unicase, folds_to_several_code_points) {
    EXPECT_EQ(unicase_compare("Ma\u00dfe", "MASSE"), 0);
    EXPECT_EQ(unicase_compare("\u1e9e", "ss"), 0);
    EXPECT_EQ(unicase_compare("\u0130", "i\u0307"), 0);
    EXPECT_LT(unicase_compare("\u00df", "ssa"), 0);
}

TEST(Unicase, keeps_the_official_order_of_triple_folds) {
    EXPECT_EQ(unicase_compare("\ufb03", "iff"), 0);
    EXPECT_NE(unicase_compare("\ufb03", "ffi"), 0);
}

TEST(Unicase, does_not_fold_letters_younger_than_unicode_12) {  // R-STORE-02
    EXPECT_NE(unicase_compare("\u2c2f", "\u2c5f"), 0);
    EXPECT_NE(unicase_compare("\U00010570", "\U00010597"), 0);
}

TEST(Unicase, does_not_normalise) { EXPECT_NE(unicase_compare("\u00e9", "e\u0301"), 0); }

TEST(Unicase, counts_invalid_utf8_as_replacement_characters) {
    EXPECT_EQ(unicase_compare("\xff", "\ufffd"), 0);
    EXPECT_EQ(unicase_compare("a\xe2\x82z", "A\ufffdZ"), 0);
    EXPECT_EQ(unicase_compare("\xe0\x80", "\ufffd\ufffd"), 0);
    EXPECT_EQ(unicase_key("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");
}

RC_GTEST_PROP(Unicase, compares_as_the_keys_do, ()) {
    const std::string a = *arbitrary_text();
    const std::string b = *arbitrary_text();
    RC_ASSERT(unicase_compare(a, b) == sign(unicase_key(a).compare(unicase_key(b))));
    RC_ASSERT(unicase_compare(a, b) == -unicase_compare(b, a));
}

}  // namespace ankiwire
