// What clients up to 2.1.56 send in place of the `anki-sync` header: values by name, in a query
// string or in a body of multipart/form-data, of which the part `data` is the method's own body.
// Sources: spec/11-legacy.md, RFC 2046 section 5.1.1.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_sink.hpp"
#include "base/result.hpp"

namespace ankiwire::wire {

using FormValues = std::map<std::string, std::string, std::less<>>;

// "k=…&v=…", with %xx and + decoded. Of a repeated name the last one counts.
FormValues parse_query(std::string_view query);

// Whether a `Content-Type` is that of a form.
bool is_form_type(std::string_view content_type);

// Reads a form that comes in pieces, of any size. Invariant: memory is a constant; `data` is passed
// on as it comes, and what nothing reads is passed over (R-LEG-07). After an error it is of no use.
class FormReader {
public:
    // `content_type` names the boundary. malformed: it names none.
    static Result<FormReader> make(std::string_view content_type);

    // malformed: a second `data`; another value, or the head of a part, that is too long.
    Result<void> push(std::string_view piece, const ByteSink& data);
    // The end of the body ends the last part, if its line has ended, as Anki 2.0 needs it
    // (R-LEG-05). malformed: there is no such part.
    Result<void> finish(const ByteSink& data);

    // Those of c, k, s, sk and v that there are. Of a repeated name the last one counts, and `k`
    // and `sk` are one (R-LEG-36).
    [[nodiscard]] const FormValues& values() const { return values_; }

private:
    enum class State { before_parts, in_head, in_part, behind_parts };
    // What ends a part, with the two hyphens or the padding that follow it.
    struct Delimiter {
        std::size_t begin;
        std::size_t end;
        bool is_last;
    };

    explicit FormReader(std::string delimiter) : delimiter_(std::move(delimiter)) {}
    [[nodiscard]] std::optional<Delimiter> find_delimiter(std::string_view text) const;
    // Take what they read from `rest`. False: more has to come first.
    Result<bool> advance(std::string_view& rest, const ByteSink& data);
    Result<bool> read_head(std::string_view& rest);
    Result<void> begin_part(std::string_view name);
    Result<void> add_to_part(std::string_view content, const ByteSink& data);

    std::string delimiter_;
    std::string buffer_ = "\r\n";  // the first delimiter may be the first line
    State state_ = State::before_parts;
    std::string name_;  // of the part that is read; empty if nothing reads it
    bool has_data_ = false;
    FormValues values_;
};

}  // namespace ankiwire::wire
