#include "conformance/reply.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/limits.hpp"
#include "conformance/bodies.hpp"
#include "conformance/collection_file.hpp"
#include "conformance/suite.hpp"
#include "conformance/utf8.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::conformance {
namespace {

constexpr std::size_t reply_bytes_max = std::size_t{2048} * limits::mib;

// The rows of each query.
std::optional<Mismatch> compare_collection(const std::vector<Query>& queries, std::string_view file,
                                           Bindings& bindings) {
    for (const auto& query : queries) {
        const auto rows = query_collection(file, query.sql);
        if (!rows) {
            return Mismatch{query.sql, "rows", rows.error().context};
        }
        Node expected;
        expected.kind = Node::Kind::array;
        expected.elements = query.rows;
        if (auto found = match(expected, *rows, bindings)) {
            return Mismatch{query.sql + " " + found->where, found->expected, found->received};
        }
    }
    return std::nullopt;
}

std::optional<Mismatch> compare_node(const Node& expected, const Result<Node>& received,
                                     std::string_view plain, Bindings& bindings) {
    if (received) {
        return match(expected, *received, bindings);
    }
    const auto why = plain.empty() ? "" : " (" + shown(received.error().context) + ")";
    return Mismatch{"", to_text(expected), shown(plain) + why};
}

std::size_t rows_of(const Node& reply) {
    std::size_t rows = 0;
    for (const auto& member : reply.members) {
        rows += member.elements.size();
    }
    return rows;
}

std::optional<Mismatch> compare_json(const Expectation& expected, std::string_view plain,
                                     Bindings& bindings) {
    const auto received = from_json(plain);
    if (received && rows_of(*received) > expected.rows_max.value_or(SIZE_MAX)) {
        return Mismatch{"rows", "at most " + std::to_string(*expected.rows_max),
                        std::to_string(rows_of(*received))};
    }
    return compare_node(expected.json, received, plain, bindings);
}

std::optional<Mismatch> compare_body(const Expectation& expected, std::string_view plain,
                                     Bindings& bindings) {
    switch (expected.kind) {
        case Expectation::Kind::status_alone:
            return std::nullopt;
        case Expectation::Kind::text:
            return match(expected.json, Node::of_text(std::string(plain)), bindings);
        case Expectation::Kind::json:
            return compare_json(expected, plain, bindings);
        case Expectation::Kind::zip:
            return compare_node(expected.json, read_media_zip(plain), "no media zip", bindings);
        case Expectation::Kind::collection:
            return compare_collection(expected.queries, plain, bindings);
    }
    return std::nullopt;
}

// A header is a text in which * is anything, or `absent`.
std::optional<Mismatch> compare_headers(const Expectation& expected, const HttpReply& reply) {
    for (const auto& [name, value] : expected.headers) {
        const auto found = reply.headers.find(name);
        const bool fits =
            found == reply.headers.end() ? value == "absent" : matches_glob(value, found->second);
        if (!fits) {
            return Mismatch{"the header " + name, value,
                            found == reply.headers.end() ? "no such header" : found->second};
        }
    }
    return std::nullopt;
}

}  // namespace

std::string shown(std::string_view text, std::size_t bytes_max) {
    if (text.empty()) {
        return "nothing";
    }
    return text.size() <= bytes_max ? printable(text)
                                    : printable(text.substr(0, bytes_max)) + "… (" +
                                          std::to_string(text.size()) + " bytes)";
}

bool fits_status(std::string_view pattern, const std::string& status) {
    while (true) {
        const auto end = pattern.find('|');
        const auto one = pattern.substr(0, end);
        const bool fits = one.size() == status.size() &&
                          std::ranges::equal(one, status, [](char expected, char received) {
                              return expected == 'x' || expected == received;
                          });
        if (fits || end == std::string_view::npos) {
            return fits;
        }
        pattern.remove_prefix(end + 1);
    }
}

Result<std::string> unpacked(const HttpReply& reply) {
    const auto size = reply.headers.find("anki-original-size");
    if (size == reply.headers.end()) {
        return reply.body;
    }
    TRY_ASSIGN(auto plain, zstd::unpack(reply.body, reply_bytes_max));
    if (std::to_string(plain.size()) != size->second) {
        return fail(ErrorKind::malformed, "anki-original-size is " + size->second +
                                              ", but the reply has " +
                                              std::to_string(plain.size()) + " bytes");
    }
    return plain;
}

void join_reply(Node& joined, const Node& next) {
    for (const auto& member : next.members) {
        auto value = member;
        const auto* before = joined.member(member.key);
        if (before != nullptr && value.kind == Node::Kind::array) {
            value.elements.insert(value.elements.begin(), before->elements.begin(),
                                  before->elements.end());
        }
        joined.set_member(member.key, std::move(value));
    }
}

std::optional<Mismatch> compare_reply(const Expectation& expected, const HttpReply& reply,
                                      Bindings& bindings) {
    const auto status = std::to_string(reply.status);
    const auto body = unpacked(reply);
    if (!fits_status(expected.status, status)) {
        return Mismatch{"status", expected.status,
                        status + ", with the body: " + shown(body ? *body : reply.body)};
    }
    if (auto found = compare_headers(expected, reply)) {
        return found;
    }
    return body ? compare_body(expected, *body, bindings)
                : Mismatch{"body", "what its header says", body.error().context};
}

}  // namespace ankiwire::conformance
