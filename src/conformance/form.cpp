#include "conformance/form.hpp"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <cctype>
#include <charconv>
#include <map>

#include "zip/gzip.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::string_view line_end = "\r\n";

Error malformed(const std::string& what) { return fail(ErrorKind::malformed, what); }

// The value of a parameter such as name="k"; empty if there is none.
std::string_view parameter(std::string_view header, std::string_view name) {
    for (auto at = header.find(';'); at != std::string_view::npos; at = header.find(';')) {
        header.remove_prefix(at + 1);
        header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
        if (!header.starts_with(name) || !header.substr(name.size()).starts_with('=')) {
            continue;
        }
        auto value = header.substr(name.size() + 1);
        if (value.starts_with('"')) {
            value.remove_prefix(1);
            return value.substr(0, value.find('"'));
        }
        return value.substr(0, value.find(';'));
    }
    return {};
}

// The name in the lines above a part's content.
std::string_view name_of_part(std::string_view lines) {
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find(line_end));
        const auto colon = line.find(':');
        if (boost::algorithm::iequals(line.substr(0, colon), "content-disposition")) {
            return parameter(line, "name");
        }
        lines.remove_prefix(std::min(line.size() + line_end.size(), lines.size()));
    }
    return {};
}

std::string percent_decoded(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ec == std::errc()) {
            plain += static_cast<char>(value);
            i += 2;
        } else {
            plain += text[i] == '+' ? ' ' : text[i];
        }
    }
    return plain;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += {'%', digits[byte / 16], digits[byte % 16]};
        }
    }
    return encoded;
}

}  // namespace

const FormPart* find_part(const Form& form, std::string_view name) {
    const auto found = std::ranges::find(form, name, &FormPart::name);
    return found == form.end() ? nullptr : &*found;
}

FormBody write_form(const Form& form, const FormStyle& style) {
    FormBody body{.content_type = std::string(form_type), .bytes = {}};
    std::string boundary(parameter(form_type, "boundary"));
    const auto is_inside = [&](const FormPart& part) {
        return ("\r\n" + part.content).find("\r\n--" + boundary) != std::string::npos;
    };
    while (std::ranges::any_of(form, is_inside)) {
        boundary += 'x';
        body.content_type += 'x';
    }
    // As Rust clients write it; Python clients add the type.
    const std::string of_data =
        style.file.empty()
            ? "; filename=\"data\""
            : "; filename=\"" + style.file + "\"\r\nContent-Type: application/octet-stream";
    for (const auto& part : form) {
        body.bytes += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.name +
                      "\"" + (part.name == "data" ? of_data : "") + "\r\n\r\n" + part.content +
                      "\r\n";
    }
    body.bytes += style.has_end ? "--" + boundary + "--\r\n" : "";
    return body;
}

Result<ReadForm> read_form(std::string_view content_type, std::string_view body) {
    const auto boundary = parameter(content_type, "boundary");
    if (!content_type.starts_with("multipart/form-data") || boundary.empty()) {
        return malformed("not the content type of a form");
    }
    const std::string first = "--" + std::string(boundary);
    const std::string next = "\r\n" + first;
    if (!body.starts_with(first)) {
        return malformed("the form does not begin with its boundary");
    }
    body.remove_prefix(first.size());
    ReadForm form;
    while (body.starts_with(line_end)) {
        body.remove_prefix(line_end.size());
        const auto lines_end = body.find("\r\n\r\n");
        if (lines_end == std::string_view::npos) {
            return malformed("a part of the form has no content");
        }
        const auto name = name_of_part(body.substr(0, lines_end));
        body.remove_prefix(lines_end + 4);
        const auto end = body.find(next);
        auto content = body.substr(0, end);
        body.remove_prefix(std::min(content.size() + next.size(), body.size()));
        if (end == std::string_view::npos && content.ends_with(line_end)) {
            content.remove_suffix(line_end.size());
        }
        form.parts.push_back({std::string(name), std::string(content)});
    }
    form.has_end = body.starts_with("--");
    return form;
}

std::string make_query(const Form& form) {
    std::string query;
    for (const auto& part : form) {
        query += query.empty() ? "" : "&";
        query += percent_encoded(part.name) + "=" + percent_encoded(part.content);
    }
    return query;
}

Form read_query(std::string_view query) {
    Form form;
    while (!query.empty()) {
        const auto one = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(one.size() + 1, query.size()));
        const auto equals = std::min(one.find('='), one.size());
        form.push_back({percent_decoded(one.substr(0, equals)),
                        percent_decoded(one.substr(std::min(equals + 1, one.size())))});
    }
    return form;
}

UsualForm usual_form(int protocol, std::string_view method) {
    struct Usual {
        std::string_view method;
        UsualForm until_9;  // as Python sends it
        UsualForm of_10;    // as Rust sends it
    };
    static constexpr std::array all = {
        Usual{"hostKey", {"c data"}, {"data c"}},
        Usual{"upload", {"k v c data"}, {"data c k s"}},
        Usual{"download", {"k v c"}, {"data c k s"}},
        Usual{"begin", {"k v c data"}, {"k v", true}},
        Usual{"mediaChanges", {"sk c data"}, {"data sk"}},
        Usual{"uploadChanges", {"sk c=0 data"}, {"data sk"}},
        Usual{"downloadFiles", {"sk c data"}, {"data sk"}},
        Usual{"mediaSanity", {"sk c data"}, {"data sk"}},
        Usual{"", {"k s c data"}, {"data c k s"}},  // any other one
    };
    const auto* found = std::ranges::find(all, method, &Usual::method);
    const auto& usual = found == all.end() ? all.back() : *found;
    return protocol < 10 ? usual.until_9 : usual.of_10;
}

Form form_of(std::string_view parts, std::string_view data, const FormValues& values) {
    const std::map<std::string, std::string, std::less<>> known = {{"c", "1"},
                                                                   {"k", values.key},
                                                                   {"sk", values.media_key},
                                                                   {"s", values.session},
                                                                   {"v", values.client},
                                                                   {"data", std::string(data)}};
    Form form;
    while (!parts.empty()) {
        const auto word = parts.substr(0, parts.find(' '));
        parts.remove_prefix(std::min(word.size() + 1, parts.size()));
        const auto equals = word.find('=');
        FormPart part{std::string(word.substr(0, equals)), {}};
        if (equals != std::string_view::npos) {
            part.content = word.substr(equals + 1);
        } else if (const auto found = known.find(part.name); found != known.end()) {
            part.content = found->second;
        }
        form.push_back(std::move(part));
    }
    if (const auto* packing = find_part(form, "c"); packing != nullptr && packing->content != "0") {
        for (auto& part : form) {
            part.content = part.name == "data" ? zip::gzip(part.content) : part.content;
        }
    }
    return form;
}

}  // namespace ankiwire::conformance
