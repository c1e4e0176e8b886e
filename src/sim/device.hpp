// A client as the official ones are (rslib/src/sync/collection/ of anki at c32cb29; older ones as
// spec/11-legacy.md says), with its collection in plain maps. It makes one request at a time, so
// that others can come between.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/contents.hpp"
#include "sim/dice.hpp"
#include "wire/messages.hpp"

namespace ankiwire::sim {

// What a device wants to be sent next.
struct Outgoing {
    wire::Method method;
    std::string body;  // not packed
};

enum class Progress {
    running,      // there is a next request
    ended,        // in sync
    must_choose,  // only an upload or a download goes on
    failed,       // given up; the collection is as before
};

// What a user does. The kinds behind set_config leave traces on which devices may lawfully differ
// (spec/05-normal-sync.md), or need them.
enum class Edit {
    add_note,
    edit_note,
    delete_note,
    review,
    edit_object,
    add_object,
    delete_deck,
    set_config,
    restore_note,
    flag_card,
    rename,
    register_tag,
};
inline constexpr int edit_count = 12;

// Of what an add-on or an import brings many at once.
enum class Many {
    reviews,     // the last one has the greatest id that there is
    notes,       // with a card each
    long_notes,  // together more text than a chunk takes
};
inline constexpr int many_count = 3;

class Device {
public:
    struct Kind {
        int number;                 // of all devices: its ids are its own
        bool takes_ties = true;     // else only objects that are newer, as up to 2.1.36
        bool is_python = false;     // sends a table after the other, and does not abort
        std::int64_t clock_ms = 0;  // how far its clock is ahead of the server's
    };
    // Begins as a copy of what a new collection has.
    Device(const Kind& kind, CollectionFile start);

    // One edit by its user; of those up to set_config, if none is told.
    void edit(Dice& dice, TimestampMs now);
    void edit(Edit kind, Dice& dice, TimestampMs now);
    void add_many(Many what, std::uint64_t count, Dice& dice, TimestampMs now);
    void force_full_sync(TimestampMs now);
    // Its collection is damaged, until a full sync replaces it: it counts a row too many of one
    // table, or one too few.
    void miscount(Dice& dice, TimestampMs now);
    [[nodiscard]] bool miscounts() const { return miscount_.has_value(); }

    // --- a normal sync ---
    void begin_sync();
    [[nodiscard]] bool is_syncing() const { return stage_.has_value(); }
    // Whether its last sync has found that only an upload or a download goes on.
    [[nodiscard]] bool must_choose() const { return must_choose_; }
    [[nodiscard]] Outgoing next_request() const;
    // What came back; no reply: the connection broke, and the device gives up.
    Progress take(const std::optional<std::string>& reply);
    void give_up();
    // What it will have if its finish is answered.
    [[nodiscard]] const Contents& draft() const { return draft_->contents; }

    // --- full syncs ---
    void replace_with(CollectionFile downloaded);
    // What it uploads: no row of it is to be sent again, and each other device has to choose.
    [[nodiscard]] CollectionFile ready_for_upload(TimestampMs now) const;

    [[nodiscard]] const Contents& contents() const { return now_.contents; }
    [[nodiscard]] const Stamps& stamps() const { return now_.stamps; }
    [[nodiscard]] const Kind& kind() const { return kind_; }
    [[nodiscard]] int number() const { return kind_.number; }
    [[nodiscard]] TimestampMs clock() const;
    // Whether it has put a `+` behind the name of a copy that it was sent, which is so dated then,
    // and has that copy still.
    [[nodiscard]] bool has_signed(const Fact& copy) const;

private:
    enum class Stage { meta, start, graves, changes, chunk, apply_chunk, sanity, finish };
    struct Home {
        Contents contents;
        Graves graves;  // that were not sent
        Stamps stamps;
        // When it has last put a `+` behind a name, by the id of the notetype or deck.
        std::map<std::int64_t, TimestampSecs> signs{};
    };

    struct Deleted {
        Note note;
        std::vector<Card> cards;
    };

    // The wrong count of a sanity check.
    struct Miscount {
        std::uint32_t SanityCounts::* table;
        bool is_too_many;
    };

    void was_edited(TimestampMs now);
    std::int64_t new_id(TimestampMs now);
    Note& add_note(Dice& dice, TimestampMs now);
    void edit_note(Dice& dice, TimestampMs now);
    void delete_note(Dice& dice);
    void review(Dice& dice, TimestampMs now);
    void add_review(RevlogId id, CardId card, std::int32_t interval);
    void edit_object(Dice& dice, TimestampMs now);
    void add_object(Dice& dice, TimestampMs now);
    void delete_deck(Dice& dice, TimestampMs now);
    void set_config(Dice& dice);
    void restore_note(TimestampMs now);
    void flag_card(Dice& dice);
    void rename(Dice& dice, TimestampMs now);
    void register_tag(Dice& dice);

    Progress take_meta(const std::string& reply);
    void take_graves(const Graves& graves);
    void take_changes(const UnchunkedChanges& changes);
    template <class Object>
    void take_objects(const std::vector<Object>& objects,
                      std::map<decltype(Object::id), Object>& map);
    void take_chunk(const Chunk& chunk);
    [[nodiscard]] UnchunkedChanges pending_changes() const;
    [[nodiscard]] Chunk pending_rows() const;
    void mark_sent();
    [[nodiscard]] SanityCounts counts() const;

    Kind kind_;
    Home now_;
    std::optional<Home> draft_;
    std::optional<Stage> stage_;
    Usn server_usn_{};
    bool is_newer_ = false;
    bool must_choose_ = false;
    std::optional<Miscount> miscount_;
    std::int64_t last_id_ = 0;
    int edits_ = 0;
    std::vector<Deleted> trash_;  // what it has deleted, newest last
};

}  // namespace ankiwire::sim
