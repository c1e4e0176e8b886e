#include "model/fixture_tsv.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "model/utf8.hpp"

namespace ankiwire {
namespace {

std::string unescape(const std::string& text) {
    std::string out;
    for (std::size_t pos = 0; pos < text.size(); ++pos) {
        if (text[pos] != '\\') {
            out += text[pos];
            continue;
        }
        const char escape = text.at(++pos);
        if (escape == 'u') {
            const std::size_t end = text.find('}', pos);
            const std::string digits = text.substr(pos + 2, end - pos - 2);
            append_code_point(out, static_cast<char32_t>(std::stoul(digits, nullptr, 16)));
            pos = end;
        } else {
            out += escape == 'n' ? '\n' : escape == 't' ? '\t' : escape;
        }
    }
    return out;
}

}  // namespace

std::vector<std::vector<std::string>> read_fixture_tsv(const std::string& file_name) {
    std::ifstream file(ANKIWIRE_FIXTURES "/" + file_name);
    EXPECT_TRUE(file.is_open()) << file_name;
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(file, line);) {
        std::vector<std::string>& row = rows.emplace_back();
        for (std::size_t start = 0; start <= line.size();) {
            const std::size_t end = std::min(line.find('\t', start), line.size());
            row.push_back(unescape(line.substr(start, end - start)));
            start = end + 1;
        }
    }
    return rows;
}

TEST(FixtureTsv, undoes_the_escapes) {
    EXPECT_EQ(unescape(R"(a\tb\n\\n\u{1f}\u{e9})"), "a\tb\n\\n\x1f\u00e9");
}

}  // namespace ankiwire
