// For tests of the store: a collection in a temporary folder, looked at from outside while closed.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "collection/collection_store.hpp"
#include "files/temp_folder.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::collection {

template <class T>
testing::AssertionResult ok(const Result<T>& result) {
    return result ? testing::AssertionSuccess()
                  : testing::AssertionFailure() << result.error().context;
}

template <class T>
testing::AssertionResult fails(const Result<T>& result, ErrorKind kind) {
    if (result) {
        return testing::AssertionFailure() << "it succeeded";
    }
    return result.error().kind == kind ? testing::AssertionSuccess()
                                       : testing::AssertionFailure()
                                             << static_cast<int>(result.error().kind) << ": "
                                             << result.error().context;
}

class StoreFixture : public testing::Test {
protected:
    static constexpr TimestampMs now{1'700'000'000'000};
    static constexpr NotetypeId notetype_id{77};  // of add_notetype(): two fields, one template
    // The client has seen what is below usn 10; the server is at usn 20.
    static constexpr SyncContext context{{20}, {10}, {1'700'000'000}};

    CollectionStore open_store() {
        auto store = CollectionStore::open(path, now);
        EXPECT_TRUE(ok(store));
        return std::move(store).value();
    }

    // Runs fn(store) in a transaction of its own.
    template <class Fn>
    void change(Fn&& fn) {
        auto store = open_store();
        ASSERT_TRUE(ok(store.begin()));
        fn(store);
        ASSERT_TRUE(ok(store.commit()));
        ASSERT_TRUE(ok(store.close()));
    }
    void apply(const Chunk& chunk) {
        change([&](auto& store) { EXPECT_TRUE(ok(store.apply_chunk(chunk, context))); });
    }
    void apply(const UnchunkedChanges& changes) {
        change([&](auto& store) { EXPECT_TRUE(ok(store.apply_changes(changes, context))); });
    }
    // What apply() would have been refused with.
    template <class Changes>
    Result<void> refused(const Changes& changes) {
        auto store = open_store();
        EXPECT_TRUE(ok(store.begin()));
        if constexpr (std::is_same_v<Changes, Chunk>) {
            return store.apply_chunk(changes, context);
        } else {
            return store.apply_changes(changes, context);
        }
    }

    // From outside, while no store is open.
    void execute(const std::string& sql) const {
        auto db = sqlite::Database::open(path, {});
        ASSERT_TRUE(ok(db));
        ASSERT_TRUE(ok(db->execute(sql.c_str())));
    }
    [[nodiscard]] std::int64_t number(const std::string& sql) const { return number(path, sql); }
    [[nodiscard]] std::string text(const std::string& sql) const { return text(path, sql); }
    static std::int64_t number(const std::filesystem::path& file, const std::string& sql) {
        auto db = sqlite::Database::open(file, {});
        EXPECT_TRUE(ok(db));
        auto value = db->query_int64(sql);
        EXPECT_TRUE(ok(value)) << sql;
        return value ? *value : -999;
    }
    static std::string text(const std::filesystem::path& file, const std::string& sql) {
        auto db = sqlite::Database::open(file, {});
        EXPECT_TRUE(ok(db));
        auto value = db->query_text(sql);
        EXPECT_TRUE(ok(value)) << sql;
        return value ? *value : "";
    }
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            names.push_back(entry.path().filename());
        }
        return names;
    }

    static Notetype notetype(std::int64_t mtime = 100) {
        Notetype notetype;
        notetype.id = notetype_id;
        notetype.name = "Two fields";
        notetype.mtime = {mtime};
        notetype.fields.resize(2);
        notetype.fields[0].name = "Front";
        notetype.fields[1].name = "Back";
        notetype.templates.resize(1);
        notetype.templates[0].name = "Card 1";
        return notetype;
    }
    static Deck deck(std::int64_t id, std::string name, std::int64_t mtime = 100) {
        Deck deck;
        deck.id = {id};
        deck.name = std::move(name);
        deck.mtime = {mtime};
        deck.kind.mutable_normal()->set_config_id(1);
        return deck;
    }
    static Card card(std::int64_t id, std::int64_t mtime = 100) {
        Card card;
        card.id = {id};
        card.mtime = {mtime};
        card.data = "{}";
        return card;
    }
    static Note note(std::int64_t id, std::int64_t mtime = 100) {
        Note note;
        note.id = {id};
        note.guid = "guid";
        note.notetype_id = notetype_id;
        note.mtime = {mtime};
        note.fields =
            "front\x1f"
            "back";
        return note;
    }
    static RevlogEntry review(std::int64_t id) {
        RevlogEntry entry;
        entry.id = {id};
        entry.ease = 3;
        return entry;
    }
    void add_notetype() {
        UnchunkedChanges changes;
        changes.notetypes = {notetype()};
        apply(changes);
    }

    const files::TempFolder temp_folder;
    const std::filesystem::path folder = temp_folder.path();
    const std::filesystem::path path = folder / "collection.anki2";
};

}  // namespace ankiwire::collection
