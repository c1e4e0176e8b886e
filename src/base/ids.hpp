// The numbers of the protocol as distinct types, so that none is taken for another.
// Collection times (mod, scm, ls) are milliseconds; times of objects are seconds (R-META-03).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace ankiwire {

template <class Tag, class Rep>
struct Number {
    Rep value{};
    friend constexpr auto operator<=>(Number, Number) = default;
};

using NoteId = Number<struct NoteIdTag, std::int64_t>;
using CardId = Number<struct CardIdTag, std::int64_t>;
using RevlogId = Number<struct RevlogIdTag, std::int64_t>;
using NotetypeId = Number<struct NotetypeIdTag, std::int64_t>;
using DeckId = Number<struct DeckIdTag, std::int64_t>;
using DeckConfigId = Number<struct DeckConfigIdTag, std::int64_t>;
using TimestampMs = Number<struct TimestampMsTag, std::int64_t>;
using TimestampSecs = Number<struct TimestampSecsTag, std::int64_t>;
using Usn = Number<struct UsnTag, std::int32_t>;
using MediaUsn =
    Number<struct MediaUsnTag, std::int32_t>;  // of media files; nothing to do with Usn

// What a client gives to objects that it has not sent yet. No row of a server has it.
inline constexpr Usn usn_pending{-1};

constexpr TimestampSecs to_secs(TimestampMs time) { return {time.value / 1000}; }

// A key that must not reach a log: no operator<<, no formatter; reveal() is easy to search for.
template <class Tag>
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    [[nodiscard]] const std::string& reveal() const { return text_; }
    friend bool operator==(const Secret&, const Secret&) = default;

private:
    std::string text_;
};

using HostKey = Secret<struct HostKeyTag>;
using Password = Secret<struct PasswordTag>;

// Names one running sync; made by the client, sent as `s`. Not a secret worth hiding from a log.
struct SessionKey {
    std::string text;
    friend bool operator==(const SessionKey&, const SessionKey&) = default;
};

}  // namespace ankiwire

template <class Tag, class Rep>
struct std::hash<ankiwire::Number<Tag, Rep>> {
    std::size_t operator()(ankiwire::Number<Tag, Rep> number) const noexcept {
        return std::hash<Rep>{}(number.value);
    }
};
