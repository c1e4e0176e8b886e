// Rows that travel 250 at a time (R-CHUNK-01, R-CHUNK-14). The hot path of every large sync.
#include <string>

#include "base/limits.hpp"
#include "collection/store_impl.hpp"
#include "model/names.hpp"
#include "model/note_text.hpp"

namespace ankiwire::collection {
namespace {

using sqlite::Statement;

// The statements that read on from a position. Each of the two by usn is a range of the index on
// usn; for one comparison of the pair (usn, id) SQLite would read every row of a usn again for each
// chunk.
struct RowSource {
    RowSource(const std::string& table, const std::string& columns)
        : most_are_pending("select case when exists (select 1 from " + table +
                           " where usn < ?1) then (select count(*) from " + table +
                           " where usn >= ?1) >= ?2 / 2 else 1 end"),
          by_id("select " + columns + " from " + table + " not indexed where usn >= ? and id >= ?" +
                is_usn + " order by id limit ?"),
          same_usn("select " + columns + " from " + table +
                   " where usn = ? and id >= ? order by id limit ?"),
          later_usns("select " + columns + " from " + table + " where usn > ?" + is_usn +
                     " order by usn, id limit ?") {}
    std::string most_are_pending;
    std::string by_id;
    std::string same_usn;
    std::string later_usns;

private:
    static constexpr const char* is_usn = " and usn <= 2147483647 and typeof(usn) = 'integer'";
};

// Numbers that do not fit count as 0, as they do in the official server.
template <class T>
T fitting_or_zero(const Statement& row, int column) {
    const std::int64_t value = row.int64(column);
    return row.is_integer(column) && clamp_to<T>(value) == value ? static_cast<T>(value) : T{0};
}

template <class T>
T clamped(const Statement& row, int column) {
    return clamp_to<T>(row.int64(column));
}

RevlogEntry read_revlog(const Statement& row) {
    const auto type = fitting_or_zero<std::uint8_t>(row, 8);
    return {.id = {row.int64(0)},
            .card_id = {row.int64(1)},
            .usn = {clamped<std::int32_t>(row, 2)},
            .ease = clamped<std::uint8_t>(row, 3),
            .interval = clamped<std::int32_t>(row, 4),
            .last_interval = clamped<std::int32_t>(row, 5),
            .factor = clamped<std::uint32_t>(row, 6),
            .taken_ms = fitting_or_zero<std::uint32_t>(row, 7),
            .type = type <= 5 ? type : std::uint8_t{0}};
}

Card read_card(const Statement& row) {
    return {.id = {row.int64(0)},
            .note_id = {row.int64(1)},
            .deck_id = {row.int64(2)},
            .ord = clamped<std::uint16_t>(row, 3),
            .mtime = {row.int64(4)},
            .usn = {clamped<std::int32_t>(row, 5)},
            .type = static_cast<std::uint8_t>(std::clamp<std::int64_t>(row.int64(6), 0, 3)),
            .queue = static_cast<std::int8_t>(std::clamp<std::int64_t>(row.int64(7), -3, 4)),
            .due = fitting_or_zero<std::int32_t>(row, 8),
            .interval_days = clamped<std::int32_t>(row, 9),
            .factor = clamped<std::uint16_t>(row, 10),
            .reps = clamped<std::uint32_t>(row, 11),
            .lapses = clamped<std::uint32_t>(row, 12),
            .left = clamped<std::uint32_t>(row, 13),
            .original_due = fitting_or_zero<std::int32_t>(row, 14),
            .original_deck_id = {row.int64(15)},
            .flags = clamped<std::uint8_t>(row, 16),
            .data = std::string(row.text(17))};
}

Note read_note(const Statement& row) {
    return {.id = {row.int64(0)},
            .guid = std::string(row.text(1)),
            .notetype_id = {row.int64(2)},
            .mtime = {row.int64(3)},
            .usn = {clamped<std::int32_t>(row, 4)},
            .tags = std::string(row.text(5)),
            .fields = std::string(row.text(6))};
}

// If most rows are pending, each page of the table is read once and nothing is looked up; else what
// is not pending is not looked at.
Result<ChunkCursor::Order> order_of(CollectionStore::Impl& store, const RowSource& source, Usn usn,
                                    std::int64_t row_count) {
    TRY_ASSIGN(auto query, store.query(source.most_are_pending));
    TRY_ASSIGN(const auto* const row, query.bind(usn, row_count).next_row());
    return row->int64(0) != 0 ? ChunkCursor::Order::by_id : ChunkCursor::Order::by_usn;
}

// `last` was sent; there may be more.
template <class Row>
void move_past(ChunkCursor::Position& position, const Row& last) {
    const bool is_by_usn = position.order == ChunkCursor::Order::by_usn;
    position.usn = is_by_usn ? last.usn : position.usn;
    position.id = last.id.value;
    if (position.id != INT64_MAX) {
        ++position.id;
    } else if (is_by_usn && position.usn.value != INT32_MAX) {
        ++position.usn.value;
        position.id = INT64_MIN;
    } else {
        position.exhausted = true;
    }
}

// What a chunk can still take.
struct Room {
    std::size_t rows = limits::chunk_objects_max;
    std::size_t text_bytes = limits::chunk_text_bytes_max;
    [[nodiscard]] bool is_used_up() const { return rows == 0 || text_bytes == 0; }
};

std::size_t text_bytes(const RevlogEntry&) { return 0; }
std::size_t text_bytes(const Card& card) { return card.data.size(); }
std::size_t text_bytes(const Note& note) {
    return note.guid.size() + note.tags.size() + note.fields.size();
}

// Appends rows while there is room; true if there are no more.
template <class Row>
Result<bool> append_rows(Query& query, Room& room, Row (*read)(const Statement&),
                         std::vector<Row>& out) {
    while (!room.is_used_up()) {
        TRY_ASSIGN(const Statement* row, query.next_row());
        if (row == nullptr) {
            return true;
        }
        out.push_back(read(*row));
        --room.rows;
        room.text_bytes -= std::min(room.text_bytes, text_bytes(out.back()));
    }
    return false;
}

template <class Row>
Result<void> read_rows(CollectionStore::Impl& store, const RowSource& source,
                       std::int64_t row_count, ChunkCursor::Position& position, Room& room,
                       Row (*read)(const Statement&), std::vector<Row>& out) {
    if (position.exhausted || room.is_used_up()) {
        return {};
    }
    if (!position.order) {
        TRY_ASSIGN(position.order, order_of(store, source, position.usn, row_count));
    }
    const auto append = [&](const std::string& sql, const auto&... from) -> Result<bool> {
        TRY_ASSIGN(auto query, store.query(sql));
        query.bind(from..., room.rows);
        return append_rows(query, room, read, out);
    };
    const bool is_by_id = position.order == ChunkCursor::Order::by_id;
    TRY_ASSIGN(bool ended,
               append(is_by_id ? source.by_id : source.same_usn, position.usn, position.id));
    if (ended && !is_by_id) {
        TRY_ASSIGN(ended, append(source.later_usns, position.usn));
    }
    if (!out.empty()) {
        move_past(position, out.back());
    }
    position.exhausted = position.exhausted || ended;  // R-CHUNK-03
    return {};
}

Error id_is_zero() { return fail(ErrorKind::inconsistent_data, "an object with id 0"); }

Result<void> apply_revlog(CollectionStore::Impl& store, const std::vector<RevlogEntry>& entries,
                          Usn server_usn) {
    TRY_ASSIGN(auto insert, store.query("insert or ignore into revlog "  // R-CHUNK-07
                                        "(id, cid, usn, ease, ivl, lastIvl, factor, time, type) "
                                        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    for (const auto& entry : entries) {
        TRY(insert.run(entry.id, entry.card_id, server_usn, entry.ease, entry.interval,
                       entry.last_interval, entry.factor, entry.taken_ms, entry.type));
    }
    return {};
}

// An incoming card or note replaces the stored one if the client has seen that (?1 is the client's
// usn) or if that is not newer: a tie is the client's (R-CHUNK-08, R-CHUNK-09).
Result<void> apply_cards(CollectionStore::Impl& store, const std::vector<Card>& cards,
                         const SyncContext& context) {
    TRY_ASSIGN(auto upsert,
               store.query("insert into cards (id, nid, did, ord, mod, usn, type, queue, due, ivl, "
                           "factor, reps, lapses, left, odue, odid, flags, data) "
                           "values (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
                           "?16, ?17, ?18, ?19) on conflict (id) do update set nid = excluded.nid, "
                           "did = excluded.did, ord = excluded.ord, mod = excluded.mod, "
                           "usn = excluded.usn, type = excluded.type, queue = excluded.queue, "
                           "due = excluded.due, ivl = excluded.ivl, factor = excluded.factor, "
                           "reps = excluded.reps, lapses = excluded.lapses, left = excluded.left, "
                           "odue = excluded.odue, odid = excluded.odid, flags = excluded.flags, "
                           "data = excluded.data "
                           "where cards.usn < ?1 or cards.mod <= excluded.mod"));
    TRY_ASSIGN(const bool any_grave, store.has_graves());
    for (const auto& card : cards) {
        if (card.id.value == 0) {
            return id_is_zero();
        }
        TRY(upsert.run(context.client_usn, card.id, card.note_id, card.deck_id, card.ord,
                       card.mtime, context.server_usn, card.type, card.queue, card.due,
                       card.interval_days, card.factor, card.reps, card.lapses, card.left,
                       card.original_due, card.original_deck_id, card.flags, card.data));
        if (any_grave) {
            TRY(store.remove_grave(GraveKind::card, card.id.value));
        }
    }
    return {};
}

Result<void> apply_notes(CollectionStore::Impl& store, const std::vector<Note>& notes,
                         const SyncContext& context) {
    TRY_ASSIGN(auto upsert,
               store.query("insert into notes (id, guid, mid, mod, usn, tags, flds, sfld, csum, "
                           "flags, data) values (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, '') "
                           "on conflict (id) do update set guid = excluded.guid, "
                           "mid = excluded.mid, mod = excluded.mod, usn = excluded.usn, "
                           "tags = excluded.tags, flds = excluded.flds, sfld = excluded.sfld, "
                           "csum = excluded.csum, flags = 0, data = '' "
                           "where notes.usn < ?1 or notes.mod <= excluded.mod"));
    TRY_ASSIGN(const bool any_grave, store.has_graves());
    for (const auto& note : notes) {
        if (note.id.value == 0) {
            return id_is_zero();
        }
        TRY_ASSIGN(const auto shape, store.notetype_shape(note.notetype_id));
        if (field_count(note.fields) != shape.field_count) {  // R-CHUNK-10
            return fail(ErrorKind::inconsistent_data, "a note with a wrong number of fields");
        }
        const auto fields = sanitize_fields(note.fields);
        const auto sorting = sort_field_and_checksum(fields, shape.sort_field_idx);  // R-CHUNK-12
        const auto tags = join_tags(split_tags(note.tags));
        TRY(upsert.run(context.client_usn, note.id, note.guid, note.notetype_id, note.mtime,
                       context.server_usn, tags, fields, sorting.sort_field, sorting.checksum));
        if (any_grave) {
            TRY(store.remove_grave(GraveKind::note, note.id.value));
        }
    }
    return {};
}

}  // namespace

Result<Chunk> CollectionStore::next_chunk(ChunkCursor& cursor) {
    static const RowSource revlog{"revlog", "id, cid, usn, ease, ivl, lastIvl, factor, time, type"};
    static const RowSource cards{"cards",
                                 "id, nid, did, ord, mod, usn, type, queue, due, ivl, factor, "
                                 "reps, lapses, left, odue, odid, flags, data"};
    static const RowSource notes{"notes", "id, guid, mid, mod, usn, tags, flds"};
    TRY_ASSIGN(const auto counts, impl_->counts_of_rows());
    Chunk chunk;
    Room room;
    TRY(read_rows(*impl_, revlog, counts.reviews, cursor.revlog, room, read_revlog, chunk.revlog));
    TRY(read_rows(*impl_, cards, counts.cards, cursor.cards, room, read_card, chunk.cards));
    TRY(read_rows(*impl_, notes, counts.notes, cursor.notes, room, read_note, chunk.notes));
    chunk.done = !room.is_used_up();  // R-CHUNK-02
    return chunk;
}

Result<void> CollectionStore::apply_chunk(const Chunk& chunk, const SyncContext& context) {
    TRY(impl_->expect_transaction());
    TRY(apply_revlog(*impl_, chunk.revlog, context.server_usn));
    TRY(apply_cards(*impl_, chunk.cards, context));
    return apply_notes(*impl_, chunk.notes, context);
}

}  // namespace ankiwire::collection
