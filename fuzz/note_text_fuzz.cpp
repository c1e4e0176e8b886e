// Contract of model/{note_text,names,unicase}.hpp, for any bytes: normal forms stay as they are, no
// text is slow (after a first byte '+' the rest is repeated up to 16 KiB), and unicase_compare
// is zero where the keys are equal, and only there. Two texts are split at the first '|'.
#include <algorithm>

#include "base/check.hpp"
#include "model/names.hpp"
#include "model/note_text.hpp"
#include "model/unicase.hpp"

using namespace ankiwire;

namespace {

void check_text(std::string_view text) {
    CHECK(to_nfc(to_nfc(text)) == to_nfc(text));
    CHECK(split_tags(join_tags(split_tags(text))) == split_tags(text));
    // Only the second pass is final: what is removed from "a:\0:b" leaves a separator.
    const std::string tag = normalize_tag(normalize_tag(text));
    CHECK(normalize_tag(tag) == tag);
    const auto deck = deck_name_from_human(deck_name_to_human(deck_name_from_human(text)));
    CHECK(deck_name_from_human(deck_name_to_human(deck)) == deck);
    const std::string fields = sanitize_fields(text);
    CHECK(sanitize_fields(fields) == fields && field_count(fields) == field_count(text));
    const auto [sort_field, checksum] = sort_field_and_checksum(text, 0);
    CHECK(field_checksum(sort_field) == checksum);
    (void)strip_html_preserving_media_filenames(text);
}

void check_order(std::string_view a, std::string_view b) {
    CHECK((unicase_compare(a, b) == 0) == (unicase_key(a) == unicase_key(b)));
    CHECK((unicase_compare(a, b) < 0) == (unicase_compare(b, a) > 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string text(rest);
    while (data[0] == '+' && text.size() < 16 * 1024) {
        text += rest;
    }
    check_text(text);
    const auto middle = std::min(rest.find('|'), rest.size() - 1);
    check_order(rest.substr(0, middle), rest.substr(middle + 1));
    return 0;
}
