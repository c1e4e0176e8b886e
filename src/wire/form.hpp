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

// Reads a form that comes in pieces, of any size. Invariant: memory is a constant; `data` is passed
// on as it comes. After an error it is of no use.
class FormReader {
public:
    // `content_type` names the boundary. malformed: it names none.
    static Result<FormReader> make(std::string_view content_type);

    // malformed: a part without a name, or a second `data`; too_large: the other parts, or the
    // head of one.
    Result<void> push(std::string_view piece, const ByteSink& data);
    // The end of the body ends the last part, as Anki 2.0 needs it (R-LEG-05).
    Result<void> finish(const ByteSink& data);

    // All parts but `data`. Of a repeated name the last one counts.
    [[nodiscard]] const FormValues& values() const { return values_; }

private:
    enum class State { before_parts, in_head, in_part, behind_parts };
    // What ends a part, and is followed by a line end or by two hyphens.
    struct Delimiter {
        std::size_t at;
        bool is_last;
    };

    explicit FormReader(std::string delimiter) : delimiter_(std::move(delimiter)) {}
    [[nodiscard]] std::optional<Delimiter> find_delimiter() const;
    // False: more has to come first.
    Result<bool> advance(const ByteSink& data);
    Result<bool> read_head();
    Result<void> add_to_part(std::string_view content, const ByteSink& data);

    std::string delimiter_;
    std::string buffer_ = "\r\n";  // the first delimiter may be the first line
    State state_ = State::before_parts;
    std::string name_;  // of the part that is read
    bool has_data_ = false;
    std::size_t bytes_kept_ = 0;
    FormValues values_;
};

}  // namespace ankiwire::wire
