// Holds the replies of a second server against those of the first, for requests that both got.
// What may differ, as the time and the keys, is taken for equal; names of it hold over requests.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "conformance/exchange.hpp"
#include "conformance/holes.hpp"
#include "conformance/match.hpp"

namespace ankiwire::conformance {

class Shadow {
public:
    explicit Shadow(std::int64_t now_ms) : holes_(now_ms, /*same_state=*/true) {}

    // The same request, with the key that the second server has given to this user.
    [[nodiscard]] HttpRequest as_of_second(const HttpRequest& request) const;

    // In words, where the second server's reply differs; nullopt: nowhere.
    std::optional<std::string> compare(const Exchange& first, const HttpReply& second);

private:
    std::optional<Mismatch> compare_bodies(const Call& call, const std::string& first,
                                           const std::string& second);
    std::optional<Mismatch> compare_json(const Call& call, const std::string& first,
                                         const std::string& second);
    void learn_key(const std::string& first, const std::string& second);

    Holes holes_;
    Bindings bindings_;
    std::map<std::string, std::string> keys_;  // of the second server, by the first one's
    std::size_t given_ = 0;                    // how many of the holes' are bound
};

}  // namespace ankiwire::conformance
