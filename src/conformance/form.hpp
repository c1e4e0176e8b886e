// Requests of protocol 8 to 10 (spec/11-legacy.md): the parts of a multipart form, or of the query
// of a GET, in place of the header `anki-sync`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ankiwire::conformance {

struct FormPart {
    std::string name;
    std::string content;

    friend bool operator==(const FormPart&, const FormPart&) = default;
};
using Form = std::vector<FormPart>;

// nullptr: there is none of that name.
const FormPart* find_part(const Form& form, std::string_view name);

struct FormBody {
    std::string content_type;
    std::string bytes;
};
// The content type, unless a line of a part begins with the boundary.
inline constexpr std::string_view form_type =
    "multipart/form-data; boundary=ankiwire-conformance-boundary";
struct FormStyle {
    bool has_end =
        true;  // or the body stops behind the last part, as the desktop 2.0 sends `download`
    std::string file = {};  // the file name of `data`, which then has a type as well
};
FormBody write_form(const Form& form, const FormStyle& style = {});

struct ReadForm {
    Form parts;
    bool has_end = false;
};
// malformed: the content type names no boundary, or the body has no parts between it.
Result<ReadForm> read_form(std::string_view content_type, std::string_view body);

// `k=…&v=…`, percent-encoded, and back.
std::string make_query(const Form& form);
Form read_query(std::string_view query);

// As clients of protocol 8 to 10 most often send a method: names of parts, as a transcript's option
// `parts` has them, and whether it is a GET.
struct UsualForm {
    std::string_view parts;
    bool is_query = false;
};
UsualForm usual_form(int protocol, std::string_view method);

// What that option leaves open.
struct FormValues {
    std::string key;
    std::string media_key;
    std::string session;
    std::string client;
};
// The form of `c k s data`, names of parts in their order: each has the value of its meaning, or
// that behind `=`. `data` is packed if there is a part `c` that is not 0.
Form form_of(std::string_view parts, std::string_view data, const FormValues& values);

}  // namespace ankiwire::conformance
