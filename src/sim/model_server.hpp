// A server as plain maps: the rules of spec/05-normal-sync.md said in the simplest way, as a second
// opinion on what the real one answers. It knows what a client of the official rules sends, and no
// bad requests, no `crt`, and no tags with parts.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "sim/contents.hpp"
#include "wire/messages.hpp"

namespace ankiwire::sim {

enum class GraveKind : std::uint8_t { card, note, deck };

// One rule turned round, to see that a difference is noticed.
enum class Inversion {
    none,
    older_rows_win,
    ties_of_rows_are_the_servers,
    a_seen_row_wins_by_its_date,
    reviews_are_replaced,
    graves_are_ignored,
    a_repeated_grave_stays_old,
    what_comes_back_keeps_its_grave,
    older_objects_win,
    ties_of_objects_are_the_clients,
    a_sent_tie_keeps_its_date,
    names_may_be_equal,
    old_names_are_kept,
    tags_are_respelled,
    the_older_config_wins,
    config_is_merged,
    rows_keep_the_clients_usn,
    usn_stays,
    // Of what takes a full sync:
    counts_are_not_compared,
    a_failed_check_is_committed,
    // Of full syncs:
    an_upload_leaves_the_usn,
    an_upload_leaves_the_graves,
    an_upload_leaves_notes,
    what_was_uploaded_is_sent,
    a_download_has_no_reviews,
    // Of what takes many rows:
    a_full_chunk_loses_a_row,
};
inline constexpr int inversion_count = 26;

class ModelServer {
public:
    explicit ModelServer(CollectionFile start, Inversion inversion = Inversion::none);

    struct Reply {
        int status;
        std::string json;
    };
    // What a request of protocol 11 is answered with, but for the order of lists.
    Reply answer(wire::Method method, const std::string& session_key, const std::string& json,
                 TimestampMs now);
    void upload(CollectionFile file);
    CollectionFile download(TimestampMs now);

    // Objects of which a client has sent an edit that was dated before what it was made of: the
    // client keeps it, and no one else hears of it (R-CHANGES-04).
    [[nodiscard]] const std::set<std::int64_t>& late() const { return late_; }
    // How often each object was made a second newer, to win a tie (R-CHANGES-05).
    [[nodiscard]] const std::map<std::int64_t, int>& won_ties() const { return won_ties_; }
    [[nodiscard]] const Contents& contents() const { return tables_.contents; }

private:
    struct Tables {
        Contents contents;
        std::map<std::pair<GraveKind, std::int64_t>, Usn> graves;
        Stamps stamps;
    };
    struct Session {
        std::string key;
        Usn client_usn;
        Usn server_usn;
        bool client_is_newer;
        Tables draft;
        std::optional<Chunk> rows;  // still to be sent
    };

    [[nodiscard]] std::string meta(const std::string& key, TimestampMs now);
    Reply start(const std::string& key, const std::string& json);
    void apply_graves(const Graves& graves);
    std::string apply_changes(UnchunkedChanges changes, TimestampSecs now);
    std::string chunk();
    void apply_chunk(const Chunk& chunk);
    std::string sanity_check(const std::string& json, TimestampMs now);
    std::string finish(TimestampMs now);
    void commit(TimestampMs now);

    template <class Object>
    void win_ties(std::map<decltype(Object::id), Object>& map, const std::vector<Object>& sent);
    template <class Object>
    void merge(std::map<decltype(Object::id), Object>& map, std::vector<Object> sent,
               TimestampSecs now);
    template <class Row>
    void merge_row(std::map<decltype(Row::id), Row>& map, Row row, GraveKind kind);
    void merge_tag(const std::string& tag);
    [[nodiscard]] bool is(Inversion inversion) const { return inversion_ == inversion; }

    Tables tables_;
    Inversion inversion_;
    std::map<std::string, TimestampMs> metas_;  // the schema stamp that each session was told
    std::optional<Session> session_;
    std::set<std::int64_t> late_;
    std::map<std::int64_t, int> won_ties_;
};

}  // namespace ankiwire::sim
