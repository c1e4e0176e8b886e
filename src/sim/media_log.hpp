// What a device knows of its account's media: it follows the server's log of changes.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ankiwire::sim {

class MediaLog {
public:
    // JSON of a `mediaChanges` for what it does not know yet.
    [[nodiscard]] std::string request() const;
    // The answer to that. What is wrong with it, in words; or nothing.
    std::string take(const std::string& answer);

    // The account has come back from a backup: what is in its list is new to every device.
    void begin_anew() { sums_.clear(); }

    // SHA-1 in hexadecimal of each file, by name.
    [[nodiscard]] const std::map<std::string, std::string>& sums() const { return sums_; }

private:
    std::map<std::string, std::string> sums_;
    std::int32_t last_usn_ = 0;
};

}  // namespace ankiwire::sim
