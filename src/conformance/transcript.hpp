// Cases of the suite as text (*.sync): what is sent, and what has to come back. README.md has the
// language. One file is one case, or one for each row of its table.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "conformance/node.hpp"

namespace ankiwire::conformance {

// A step whose body goes over the connection as it is: the whole of a request.
inline constexpr std::string_view raw_method = "raw";
// A status that is whatever comes, or nothing at all.
inline constexpr std::string_view any_status = "any";
// What a case may need, and a server does not tell,
inline constexpr std::string_view new_account = "new-account";
inline constexpr std::array<std::string_view, 4> told_needs = {new_account, "environment-users",
                                                               "may-be-stopped", "default-limits"};
// and what is seen by itself: a second account, and that no older protocol is spoken.
inline constexpr std::string_view second_user = "second-user";
inline constexpr std::string_view newest_alone = "newest-protocol-alone";
inline constexpr int newest_protocol = 11;
inline constexpr std::array older_protocols = {8, 9, 10};
// The client that is of the second account.
inline constexpr std::string_view other_client = "other";

struct RequestBody {
    enum class Kind { nothing, json, text, hex, zeros, form, collection, zip };
    Kind kind = Kind::nothing;
    Node json;         // json, form; of a zip: its list of changes
    Node entries;      // of a zip: an object from names to contents
    std::string text;  // text, hex; how many zeros; or the name of a collection
    std::string sql;   // what is executed on the collection
};

struct Query {
    int line = 0;
    std::string sql;
    std::vector<Node> rows;  // arrays
};

struct Expectation {
    enum class Kind { status_alone, json, text, zip, collection };
    int line = 0;
    std::string status;                          // 200, 4xx, or several: 400|409; or any_status
    std::map<std::string, std::string> headers;  // by name; * is anything
    std::optional<std::size_t> rows_max;         // in all its lists together
    Kind kind = Kind::status_alone;
    Node json;  // json, or a text; of a zip: a list of lists of a name and a content
    std::vector<Query> queries;
};

struct Step {
    int line = 0;
    std::string client;
    std::string method;
    std::map<std::string, std::string> options;
    RequestBody body;
    Expectation expected;
};

struct Case {
    std::string id;    // area/name, or area/name/row
    std::string file;  // as it is told in a report
    std::string description;
    std::vector<std::string> covers;           // requirement ids
    std::string origin;                        // when it was recorded, or what it is derived from
    std::map<std::string, std::string> given;  // values of names, which steps may use
    std::string account;             // the collection to begin with; empty: none, it is new
    std::string account_sql;         // what is done to it before
    std::vector<std::string> needs;  // what not every server has
    int protocol = newest_protocol;  // as which its clients speak
    std::vector<Step> steps;
};

bool needs(const Case& one, std::string_view what);

// Where the parts of transcripts come from.
class Library {
public:
    Library() = default;
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    virtual ~Library() = default;
    // not_found, each.
    [[nodiscard]] virtual Result<std::string_view> object(std::string_view name) const = 0;
    [[nodiscard]] virtual Result<std::string_view> common_steps(std::string_view name) const = 0;
};

// malformed: with file and line.
Result<std::vector<Case>> parse_transcript(const std::string& id, const std::string& file,
                                           std::string_view text, const Library& library);

}  // namespace ankiwire::conformance
