#include "sim/transcript.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>

#include "base/check.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "sim/collection_sql.hpp"
#include "sim/must.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::sim {
namespace {

using wire::Method;

constexpr std::size_t line_chars_max = 100;
constexpr std::string_view command_prefix = "#   ";

// Where a row has its usn.
constexpr std::array<std::pair<std::string_view, std::size_t>, 3> usn_of_row{
    {{"revlog", 2}, {"cards", 5}, {"notes", 4}}};

// Broken after commas, but not within a text.
std::string wrapped(const std::string& line, char quote = '"') {
    std::string text;
    std::size_t width = 0;
    std::size_t comma = 0;  // behind the last one, in `text`
    bool in_text = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == quote && (i == 0 || line[i - 1] != '\\')) {
            in_text = !in_text;
        }
        text += line[i];
        ++width;
        if (!in_text && line[i] == ' ' && i > 0 && line[i - 1] == ',') {
            comma = text.size();
        }
        if (width > line_chars_max && comma > 0) {
            width = text.size() - comma + 2;
            text.replace(comma - 1, 1, "\n  ");
            comma = 0;
        }
    }
    return text;
}

template <class Row>
void append(std::vector<Row>& rows, const std::vector<Row>& more) {
    rows.insert(rows.end(), more.begin(), more.end());
}

// With all chunks of a sync as one: servers may cut them otherwise (R-CHUNK-14). If a device has
// not asked for all of them, they are left out.
std::vector<Exchange> with_joined_chunks(const std::vector<Exchange>& exchanges) {
    std::vector<Exchange> told;
    Chunk joined;
    for (const auto& exchange : exchanges) {
        if (exchange.method != Method::chunk) {
            joined = {};
            told.push_back(exchange);
            continue;
        }
        const auto chunk = must(wire::decode_chunk_response(exchange.reply));
        append(joined.revlog, chunk.revlog);
        append(joined.cards, chunk.cards);
        append(joined.notes, chunk.notes);
        joined.done = chunk.done;
        if (joined.done) {
            told.push_back(exchange);
            told.back().reply = wire::encode_chunk_response(joined);
        }
    }
    return told;
}

class TranscriptWriter {
public:
    explicit TranscriptWriter(std::string_view empty) : empty_(empty) {}

    void add(const Exchange& exchange) {
        auto& client = clients_[exchange.session];
        if (client.empty()) {
            const auto number = clients_.size() - 1;
            client = static_cast<char>('a' + number % 26);
            client += number < 26 ? "" : std::to_string(number / 26);
            steps_ += '\n';
        }
        method_ = exchange.method;
        const auto request = fmt::format("{}: {}{}", client, wire::method_name(method_),
                                         method_ == Method::chunk ? " until=done" : "");
        if (method_ == Method::upload) {
            steps_ += request + " collection empty\n";
            add_upload(exchange);
        } else if (method_ == Method::download) {
            steps_ += request + "\n";
            add_download(exchange.reply);
        } else {
            add_json(request, exchange);
        }
    }
    [[nodiscard]] const std::string& steps() const { return steps_; }

private:
    void add_json(std::string request, const Exchange& exchange) {
        is_reply_ = false;
        if (!exchange.body.empty()) {
            request += " " + body(exchange.body);
        }
        is_reply_ = true;
        auto reply = fmt::format("-> {}", exchange.status);
        if (exchange.status == 200) {
            reply += " " + body(exchange.reply);
        }
        steps_ += wrapped(request) + "\n" + wrapped(reply) + "\n";
    }

    // Its stamps are those of the account from then on (R-FULL-17, R-FULL-18).
    void add_upload(const Exchange& exchange) {
        for (const auto& statement : statements_for(empty_, exchange.body)) {
            steps_ += wrapped("  " + statement, '\'') + "\n";
        }
        steps_ += fmt::format("-> {} text \"{}\"\n", exchange.status, exchange.reply);
        const auto stamps = stamps_of(exchange.body);
        usns_.clear();
        mods_[stamps.modified.value] = std::to_string(stamps.modified.value);
    }

    // It may have been dated for it, and have got a usn (R-FULL-12).
    void add_download(const std::string& file) {
        const auto stamps = stamps_of(file);
        const auto name = fmt::format("usn{}", ++downloads_);
        usns_[stamps.usn.value] = name;
        steps_ += fmt::format(
            "-> 200 collection\n  select scm, usn, mod from col\n  = {} | <int:{}> | {}\n",
            stamps.schema_modified.value, name, new_mod(stamps.modified.value));
        for (const auto& query : queries_of(file)) {
            steps_ += fmt::format("  {}\n", query.sql);
            for (const auto& row : query.rows) {
                steps_ += fmt::format("  = {}\n", row);
            }
        }
    }

    std::string body(const std::string& text) {
        const auto document = json::Document::parse(text);
        CHECK(document);
        return value(document->root(), {}, false);
    }

    // `name` is that of the member, or of the list that it is in.
    std::string value(json::Value value, std::string_view name, bool is_in_list) {
        if (value.is_object()) {
            return object(value.object().value());
        }
        if (value.is_array()) {
            return array(value.array().value(), name, is_in_list);
        }
        if (value.is_integer() && !is_in_list) {
            const auto number = value.int64().value();
            if (name == "usn" || name == "minUsn") {
                return usn(number);
            }
            if (is_reply_ && name == "lastUnburied") {  // the server's own day
                return "<int>";
            }
            if (is_reply_ && (method_ == Method::finish || method_ == Method::meta)) {
                return of_server(name, number);
            }
        }
        std::string text;
        value.append_to(text);
        return text;
    }

    std::string object(const json::Object& object) {
        std::string text;
        const auto name_member = object.find("name");
        const bool has_sign =
            name_member && name_member->is_string() && name_member->string().value().ends_with('+');
        std::set<std::string, std::less<>> names;
        (void)object.for_each([&](std::string_view name, json::Value member) -> Result<void> {
            const bool is_left_out =
                is_reply_ && method_ == Method::sanity_check && name != "status";
            if (!is_left_out) {
                text += text.empty() ? "" : ", ";
                std::string key;
                json::Writer(key).string(name);
                text +=
                    key + ": " +
                    (is_reply_ && has_sign && name == "mod" ? "<s>" : value(member, name, false));
            }
            names.emplace(name);
            return {};
        });
        if (is_reply_ && method_ == Method::chunk) {  // it may leave out what is empty, or not
            for (const auto& [name, position] : usn_of_row) {
                if (!names.contains(name)) {
                    text += fmt::format(", \"{}?\": []", name);
                }
            }
        }
        // Servers may know more members; and the model knows no days.
        const bool is_open = is_reply_ && method_ != Method::chunk && method_ != Method::start;
        return "{" + text + (is_open ? ", ...}" : "}");
    }

    std::string array(const json::Array& array, std::string_view name, bool is_in_list) {
        constexpr std::array<std::string_view, 6> lists{"models", "decks", "tags",
                                                        "revlog", "cards", "notes"};
        const auto row =
            std::ranges::find(usn_of_row, name, &std::pair<std::string_view, std::size_t>::first);
        const bool is_row = is_in_list && row != usn_of_row.end();
        std::string text;
        std::size_t position = 0;
        bool has_lists = false;
        for (const auto element : array) {
            const json::Value one(element);
            has_lists = has_lists || one.is_array();
            const bool is_usn = is_row && position == row->second;
            text += text.empty() ? "" : ", ";
            text += is_usn ? usn(one.int64().value()) : value(one, name, true);
            ++position;
        }
        const bool is_list = std::ranges::find(lists, name) != lists.end() && !is_row;
        const bool is_pair = name == "decks" && has_lists;
        return (is_reply_ && is_list && !is_pair && !text.empty() ? "[~ " : "[") + text + "]";
    }

    // What an upload has brought is known, as is that of `empty`; since a download it is counted
    // from there.
    std::string usn(std::int64_t number) {
        const auto later = usns_.upper_bound(number);
        if (later == usns_.begin()) {
            return std::to_string(number);
        }
        const auto& [first, name] = *std::prev(later);
        return number == first ? fmt::format("<{}>", name)
                               : fmt::format("<{}+{}>", name, number - first);
    }

    // What each server has otherwise: times, and its log of media.
    std::string of_server(std::string_view name, std::int64_t number) {
        if (name == "ts") {
            return "<s>";
        }
        if (name == "media_usn") {
            return "<int>";
        }
        if (name == "mod") {
            const auto known = mods_.find(number);
            return known == mods_.end() ? "<int>" : known->second;
        }
        return method_ == Method::finish ? new_mod(number) : std::to_string(number);
    }

    std::string new_mod(std::int64_t number) {
        const auto name = fmt::format("mod{}", ++new_mods_);
        mods_[number] = fmt::format("<{}>", name);
        return fmt::format("<ms:{}>", name);
    }

    const std::string_view empty_;
    std::map<std::string, std::string> clients_;  // by session
    std::map<std::int64_t, std::string> mods_;
    std::map<std::int64_t, std::string> usns_;  // of downloads since the last upload
    int new_mods_ = 0;
    int downloads_ = 0;
    Method method_{};
    bool is_reply_ = false;
    std::string steps_;
};

}  // namespace

std::string transcript(std::string_view about, const std::vector<Command>& history,
                       const std::vector<Exchange>& exchanges, std::string_view empty) {
    std::string text = fmt::format("# {}\n# The history of which this was made:\n", about);
    for (const auto& command : history) {
        text += fmt::format("{}{}\n", command_prefix, to_text(command));
    }
    TranscriptWriter writer(empty);
    for (const auto& exchange : with_joined_chunks(exchanges)) {
        writer.add(exchange);
    }
    return text + "derived a simulated history\naccount empty\n" + writer.steps();
}

Result<std::vector<Command>> history_of(std::string_view transcript) {
    std::vector<Command> history;
    std::istringstream lines{std::string(transcript)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(command_prefix)) {
            TRY_ASSIGN(const auto command, command_of(line.substr(command_prefix.size())));
            history.push_back(command);
        }
    }
    return history;
}

}  // namespace ankiwire::sim
