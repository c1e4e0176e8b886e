// Puts typed holes in the places of what is secret, or another value at each run: keys, times, ids
// that are times, numbers of the media log. The same value is the same name everywhere.
//   in a reply      <ms:mod1> where it first appears, <mod1> from then on
//   in a request    <note1>, and `given note1=…` at the head if no reply had told it
// Invariant: filled with the values that were recorded, requests are those that were recorded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/node.hpp"

namespace ankiwire::conformance {

class Holes {
public:
    // Times are what lies within three days of `now_ms`. If `same_state` the server's counters are
    // compared from the beginning on, else only after a full sync.
    Holes(std::int64_t now_ms, bool same_state) : now_ms_(now_ms), state_is_known_(same_state) {}

    // The host key: <key>.
    void set_key(std::string key) { key_ = std::move(key); }
    void set_state_known() { state_is_known_ = true; }

    Node in_request(std::string_view method, Node body);
    Node in_reply(std::string_view method, Node body);

    // What names of requests stand for, in their order.
    [[nodiscard]] const std::vector<std::pair<std::string, std::int64_t>>& given() const {
        return given_;
    }

private:
    enum class Side { request, reply };
    // `label` is what a time here is called, `table` the list that it is in.
    void replace(Node& node, std::string_view table, std::string_view label, Side side);
    void replace_elements(Node& list, std::string_view table, Side side);
    void replace_time(Node& node, std::string_view label, Side side);
    void replace_media_usn(Node* node, Side side);
    void replace_meta(Node& body);

    std::int64_t now_ms_;
    bool state_is_known_;
    std::string key_;
    std::map<std::int64_t, std::string> names_;
    std::map<std::string, int, std::less<>> counts_;  // of names by label
    std::vector<std::pair<std::string, std::int64_t>> given_;
    std::optional<std::int64_t> media_usn_;  // <media>
};

}  // namespace ankiwire::conformance
