#include "model/unicase.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/utf8.hpp"

namespace ankiwire {
namespace {

struct FoldRow {
    char32_t from;
    std::array<char32_t, 4> to;  // one to three code points, then 0
};

constexpr FoldRow fold_rows[] = {
#include "model/unicase_fold.inc"
};

constexpr std::size_t page_size = 256;
constexpr std::size_t page_count = std::rbegin(fold_rows)->from / page_size + 1;

// The pages that hold at least one row, and page 0 for all others.
constexpr std::size_t used_page_count = [] {
    std::size_t count = 1;
    char32_t last_page = page_count;
    for (const FoldRow& row : fold_rows) {
        if (row.from / page_size != last_page) ++count;
        last_page = row.from / page_size;
    }
    return count;
}();

struct FoldIndex {
    std::array<std::uint8_t, page_count> page_of{};
    std::array<std::array<std::uint16_t, page_size>, used_page_count> pages{};  // row + 1, or 0
};

constexpr FoldIndex fold_index = [] {
    FoldIndex index;
    std::uint8_t pages_used = 1;
    std::uint16_t row_number = 0;
    for (const FoldRow& row : fold_rows) {
        std::uint8_t& page = index.page_of[row.from / page_size];
        if (page == 0) page = pages_used++;
        index.pages[page][row.from % page_size] = ++row_number;
    }
    return index;
}();

// The folding of `value` if it is not `value` itself.
const FoldRow* find_fold(char32_t value) {
    if (value >= page_count * page_size) return nullptr;
    const std::uint16_t row =
        fold_index.pages[fold_index.page_of[value / page_size]][value % page_size];
    return row == 0 ? nullptr : &fold_rows[row - 1];
}

class FoldedText {
public:
    explicit FoldedText(std::string_view text) : rest_(text) {}

    // The next folded code point; -1 at the end, which sorts before all others.
    std::int32_t next() {
        if (*pending_ != 0) return static_cast<std::int32_t>(*pending_++);
        if (rest_.empty()) return -1;
        const CodePoint point = first_code_point(rest_);
        rest_.remove_prefix(point.size);
        const FoldRow* fold = find_fold(point.value);
        if (fold == nullptr) return static_cast<std::int32_t>(point.value);
        pending_ = fold->to.data() + 1;
        return static_cast<std::int32_t>(fold->to[0]);
    }

private:
    static constexpr char32_t nothing = 0;
    std::string_view rest_;
    const char32_t* pending_ = &nothing;  // ends with 0
};

}  // namespace

int unicase_compare(std::string_view a, std::string_view b) {
    const std::size_t shared_size = std::min(a.size(), b.size());
    std::size_t pos = 0;
    for (; pos < shared_size && is_ascii(a[pos]) && is_ascii(b[pos]); ++pos) {
        const char left = ascii_lower(a[pos]);
        const char right = ascii_lower(b[pos]);
        if (left != right) return left < right ? -1 : 1;
    }
    FoldedText left_text(a.substr(pos));
    FoldedText right_text(b.substr(pos));
    for (;;) {
        const std::int32_t left = left_text.next();
        const std::int32_t right = right_text.next();
        if (left != right) return left < right ? -1 : 1;
        if (left == -1) return 0;
    }
}

std::string unicase_key(std::string_view text) {
    std::string key;
    key.reserve(text.size());
    FoldedText folded(text);
    for (std::int32_t value = folded.next(); value != -1; value = folded.next()) {
        append_code_point(key, static_cast<char32_t>(value));
    }
    return key;
}

}  // namespace ankiwire
