// Contract of a full upload, for any file: corrupt_upload, or a collection that can be opened, all
// of which a client can be sent, which takes that back or calls it inconsistent, and which can be
// downgraded and uploaded again.
//
// Input: a whole SQLite file, or changes of a small one, in lines behind a first one that picks it
// by a letter, a capital to try the downgrade, too: `cards.due=i5` sets a column of all rows to a
// number (i), a fraction (f), text (t), bytes (b) or null (n); `+a` executes one of the statements
// below; `@10=ab` puts bytes at a place.
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "collection/collection_store.hpp"
#include "collection/full_sync.hpp"
#include "collections.hpp"
#include "files/temp_folder.hpp"
#include "sqlite/database_file.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"

using namespace ankiwire;

namespace {

namespace fs = std::filesystem;

constexpr TimestampMs now{1'750'000'000'000};
constexpr std::size_t lines_max = 40;
constexpr int chunks_max = 1000;

// What add-ons and foreign hands leave, or what an attacker may.
constexpr std::array statements{
    "create trigger t after update on col begin delete from cards; end",
    "create view v as select * from notes",
    "create virtual table f using fts5(x)",
    "create table extra (id integer primary key, x text collate unicase)",
    "create index i on notes (upper(sfld))",
    "create index i on cards (due) where due > 1",
    "alter table notes add column y generated always as (id + 1)",
    "alter table cards add column more",
    "drop table graves",
    "drop table tags",
    "drop index ix_cards_nid",
    "alter table col rename to kol; create view col as select * from kol",
    "insert into graves values (1, 2, 3), (1, 1, -1), (1, 0, 9)",
    "insert into col select 2, crt, mod, scm, ver, dty, usn, ls, conf, models, decks, dconf, tags "
    "from col",
    "update sqlite_sequence set seq = 1",
    "analyze",
    "pragma auto_vacuum = 1; vacuum",
    "pragma encoding = 'UTF-16'; vacuum",
    "pragma user_version = 7; pragma application_id = 3",
    "insert into cards select id + 1000, nid, did, ord, mod, usn, type, queue, due, ivl, factor, "
    "reps, lapses, left, odue, odid, flags, data from cards",
    "insert into revlog select id + 1000, cid, usn, ease, ivl, lastIvl, factor, time, type from "
    "revlog",
    "delete from notes",
    "delete from notetypes; delete from fields; delete from templates",
    "delete from decks",
};

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '_';
    });
}

template <class Number>
Number number_in(std::string_view text) {
    Number number{};
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::vector<std::string> make_seeds() {
    std::vector<std::string> seeds;
    const files::TempFolder folder;
    for (const char* name : {"one-note", "objects", "two-of-each", "schema-11", "empty"}) {
        const auto path = folder.path() / name;
        fuzz::make_collection(path, name, "pragma page_size = 512");
        seeds.push_back(fuzz::bytes_of(path));
    }
    return seeds;
}

// Whatever cannot be done is left undone.
void set_column(sqlite::Database& db, std::string_view line) {
    const auto dot = line.find('.');
    const auto equals = line.find('=');
    if (dot == line.npos || equals == line.npos || equals < dot || equals + 1 == line.size()) {
        return;
    }
    const auto table = line.substr(0, dot);
    const auto column = line.substr(dot + 1, equals - dot - 1);
    if (!is_name(table) || !is_name(column)) {
        return;
    }
    auto sql = "update " + std::string(table) + " set " + std::string(column) + " = ?";
    const auto value = line.substr(equals + 2);
    const char type = line[equals + 1];
    if (type == 'f') {
        sql += " + " + std::to_string(number_in<double>(value));
    }
    auto statement = db.prepare(sql);
    if (!statement) {
        return;
    }
    if (type == 'i' || type == 'f') {
        statement->bind(1, type == 'f' ? 0 : number_in<std::int64_t>(value));
    } else if (type == 't') {
        statement->bind_text(1, value);
    } else if (type == 'b') {
        statement->bind_blob(1, value);
    }
    (void)statement->run().has_value();
}

void patch(const fs::path& path, std::string_view line) {
    const auto bytes = line.substr(std::min(line.find('=') + 1, line.size()));
    auto file = fuzz::bytes_of(path);
    auto at = number_in<std::size_t>(line.substr(1));
    for (const char byte : bytes) {
        file[at++ % file.size()] = byte;
    }
    fuzz::write_bytes(path, file);
}

void change(sqlite::Database& db, std::string_view line) {
    if (!line.starts_with('+')) {
        set_column(db, line);
        return;
    }
    const auto which = static_cast<unsigned char>(line.size() > 1 ? line[1] : 'a');
    (void)db.execute(statements.at((which + 256U - 'a') % statements.size())).has_value();
}

void make_file(const fs::path& path, std::string_view input) {
    if (input.starts_with("SQLite format 3") || input.empty()) {
        fuzz::write_bytes(path, input);
        return;
    }
    static const auto seeds = make_seeds();
    fuzz::write_bytes(path, seeds.at(static_cast<unsigned char>(input[0]) % seeds.size()));
    input.remove_prefix(std::min(input.find('\n'), input.size() - 1) + 1);
    std::optional<sqlite::Database> db;
    for (std::size_t lines = 0; !input.empty() && lines < lines_max; ++lines) {
        const auto line = input.substr(0, input.find('\n'));
        input.remove_prefix(std::min(line.size() + 1, input.size()));
        if (line.starts_with('@')) {
            db.reset();
            patch(path, line);
            continue;
        }
        if (!db) {
            if (auto opened = sqlite::Database::open(path, {})) {
                db.emplace(std::move(opened).value());
            }
        }
        if (db) {
            change(*db, line);
        }
    }
}

// --- what must hold of a file that was taken ---

// What is written can be read, and says the same.
template <class Message>
Message reread(const std::string& json, Result<Message> (*decode)(std::string_view),
               std::string (*encode)(const Message&)) {
    auto message = decode(json);
    CHECK(message);
    CHECK(encode(*message) == json);
    return std::move(message).value();
}

// A file may hold what a sync may not bring, such as an object with the id 0.
void check_taken(const Result<void>& taken) {
    CHECK(taken || taken.error().kind == ErrorKind::inconsistent_data);
}

void sync_all(const fs::path& path) {
    auto store = collection::CollectionStore::open(path, now);
    CHECK(store && store->begin());
    const auto pending = store->has_pending_rows();
    CHECK(pending && !*pending);
    CHECK(store->roll_over_day(to_secs(now)));
    const collection::SyncContext context{
        .server_usn = store->committed().usn, .client_usn = {0}, .now = to_secs(now)};
    const auto graves = store->graves_since({0});
    CHECK(graves);
    reread(wire::encode_graves_response(*graves), wire::decode_graves_response,
           wire::encode_graves_response);
    const auto changes = store->changes_since({0}, true);
    CHECK(changes);
    const auto received = reread(wire::encode_changes_response(*changes),
                                 wire::decode_changes_response, wire::encode_changes_response);
    collection::ChunkCursor cursor({0});
    std::vector<Chunk> chunks;
    do {
        auto chunk = store->next_chunk(cursor);
        CHECK(chunk);
        for (auto& card : chunk->cards) {
            card.interval_days = std::max(card.interval_days, 0);  // R-FULL-08
        }
        chunks.push_back(reread(wire::encode_chunk_response(*chunk), wire::decode_chunk_response,
                                wire::encode_chunk_response));
        CHECK(chunks.size() < chunks_max);
    } while (!chunks.back().done);
    const auto before = store->counts();
    CHECK(before);
    check_taken(store->apply_changes(received, context));
    for (const auto& chunk : chunks) {
        check_taken(store->apply_chunk(chunk, context));
    }
    CHECK(store->apply_graves(*graves, context.server_usn));
    store->rollback();
    CHECK(store->close());
}

void downgrade_and_upload(const fs::path& path, const collection::ContentCounts& counts) {
    const auto older = path.parent_path() / "older";
    fs::copy_file(path, older);
    CHECK(collection::finish_snapshot(older));
    CHECK(collection::downgrade_snapshot(older));
    const auto again = collection::validate_upload(older, to_secs(now));
    CHECK(again && *again == counts);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const files::TempFolder folder;
    const auto path = folder.path() / "collection.anki2";
    make_file(path, {reinterpret_cast<const char*>(data), size});
    const auto counts = collection::validate_upload(path, to_secs(now));
    if (!counts) {
        CHECK(counts.error().kind == ErrorKind::corrupt_upload);
        return 0;
    }
    CHECK(!fs::exists(sqlite::log_path(path)));
    if (size > 0 && std::isupper(data[0]) != 0) {
        downgrade_and_upload(path, *counts);
    }
    sync_all(path);
    return 0;
}
