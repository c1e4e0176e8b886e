#include "sim/media_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "json/reader.hpp"
#include "sim/must.hpp"

namespace ankiwire::sim {

std::string MediaLog::request() const { return fmt::format(R"({{"lastUsn":{}}})", last_usn_); }

std::string MediaLog::take(const std::string& answer) {
    const auto document = must(json::Document::parse(answer));
    const auto rows = must(must(must(document.root().object()).member("data")).array());
    auto last = last_usn_;
    std::string found;
    const auto read = rows.for_each([&](json::Value row) -> Result<void> {
        std::vector<json::Value> cells;
        TRY(must(row.array()).for_each([&](json::Value cell) -> Result<void> {
            cells.push_back(cell);
            return {};
        }));
        const std::string name(must(cells.at(0).string()));
        const auto usn = must(cells.at(1).int32());
        const auto sum = must(cells.at(2).string());
        if (usn <= last_usn_) {
            found = fmt::format("a row of usn {} after usn {}", usn, last_usn_);
        }
        if (sum.empty()) {
            sums_.erase(name);
        } else {
            sums_[name] = sum;
        }
        last = std::max(last, usn);
        return {};
    });
    CHECK(read);
    last_usn_ = last;
    return found;
}

}  // namespace ankiwire::sim
