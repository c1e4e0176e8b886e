// Whatever is encoded decodes to itself.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "wire/decode.hpp"
#include "wire/encode.hpp"

namespace ankiwire::wire {
namespace {

// Any number, the limits and the small ones more often than chance has them.
template <class Int>
rc::Gen<Int> any(Int min = std::numeric_limits<Int>::min(),
                 Int max = std::numeric_limits<Int>::max()) {
    const auto least = static_cast<std::int64_t>(min);
    const auto most = static_cast<std::int64_t>(max);
    const auto small =
        rc::gen::inRange(std::max<std::int64_t>(least, -3), std::min<std::int64_t>(most, 1000));
    return rc::gen::cast<Int>(
        rc::gen::oneOf(small, rc::gen::inRange(least, most), rc::gen::element(least, most)));
}

template <class Number>
rc::Gen<Number> number() {
    return rc::gen::map(any<decltype(Number::value)>(), [](auto value) { return Number{value}; });
}

// Valid UTF-8 of all lengths, with what JSON must escape.
rc::Gen<std::string> text() {
    const auto piece = rc::gen::element<std::string>(
        "a", "Z", " ", "\"", "\\", "/", "\n", "\x1f", std::string(1, '\0'), "\x7f", "\xc3\xa9",
        "\xe2\x80\xa8", "\xef\xbf\xbd", "\xf0\x9f\x8e\xb4", "some plain text of a field");
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                        [](const std::vector<std::string>& pieces) {
                            std::string whole;
                            for (const auto& one : pieces) {
                                whole += one;
                            }
                            return whole;
                        });
}

template <class T>
rc::Gen<std::vector<T>> list_of(rc::Gen<T> element) {
    return rc::gen::container<std::vector<T>>(std::move(element));
}

rc::Gen<Graves> graves() {
    return rc::gen::build<Graves>(rc::gen::set(&Graves::cards, list_of(number<CardId>())),
                                  rc::gen::set(&Graves::notes, list_of(number<NoteId>())),
                                  rc::gen::set(&Graves::decks, list_of(number<DeckId>())));
}

rc::Gen<RevlogEntry> revlog_entry() {
    return rc::gen::build<RevlogEntry>(
        rc::gen::set(&RevlogEntry::id, number<RevlogId>()),
        rc::gen::set(&RevlogEntry::card_id, number<CardId>()),
        rc::gen::set(&RevlogEntry::usn, number<Usn>()),
        rc::gen::set(&RevlogEntry::ease, any<std::uint8_t>()),
        rc::gen::set(&RevlogEntry::interval, any<std::int32_t>()),
        rc::gen::set(&RevlogEntry::last_interval, any<std::int32_t>()),
        rc::gen::set(&RevlogEntry::factor, any<std::uint32_t>()),
        rc::gen::set(&RevlogEntry::taken_ms, any<std::uint32_t>()),
        rc::gen::set(&RevlogEntry::type, any<std::uint8_t>(0, 5)));
}

rc::Gen<Card> card() {
    return rc::gen::build<Card>(
        rc::gen::set(&Card::id, number<CardId>()), rc::gen::set(&Card::note_id, number<NoteId>()),
        rc::gen::set(&Card::deck_id, number<DeckId>()),
        rc::gen::set(&Card::ord, any<std::uint16_t>()),
        rc::gen::set(&Card::mtime, number<TimestampSecs>()),
        rc::gen::set(&Card::usn, number<Usn>()), rc::gen::set(&Card::type, any<std::uint8_t>(0, 3)),
        rc::gen::set(&Card::queue, any<std::int8_t>(-3, 4)),
        rc::gen::set(&Card::due, any<std::int32_t>()),
        rc::gen::set(&Card::interval_days, any<std::int32_t>(0)),
        rc::gen::set(&Card::factor, any<std::uint16_t>()),
        rc::gen::set(&Card::reps, any<std::uint32_t>()),
        rc::gen::set(&Card::lapses, any<std::uint32_t>()),
        rc::gen::set(&Card::left, any<std::uint32_t>()),
        rc::gen::set(&Card::original_due, any<std::int32_t>()),
        rc::gen::set(&Card::original_deck_id, number<DeckId>()),
        rc::gen::set(&Card::flags, any<std::uint8_t>()), rc::gen::set(&Card::data, text()));
}

rc::Gen<Note> note() {
    return rc::gen::build<Note>(
        rc::gen::set(&Note::id, number<NoteId>()), rc::gen::set(&Note::guid, text()),
        rc::gen::set(&Note::notetype_id, number<NotetypeId>()),
        rc::gen::set(&Note::mtime, number<TimestampSecs>()),
        rc::gen::set(&Note::usn, number<Usn>()), rc::gen::set(&Note::tags, text()),
        rc::gen::set(&Note::fields, text()));
}

rc::Gen<Chunk> chunk() {
    return rc::gen::build<Chunk>(
        rc::gen::set(&Chunk::done), rc::gen::set(&Chunk::revlog, list_of(revlog_entry())),
        rc::gen::set(&Chunk::cards, list_of(card())), rc::gen::set(&Chunk::notes, list_of(note())));
}

rc::Gen<SanityCounts> counts() {
    const auto count = any<std::uint32_t>();
    return rc::gen::build<SanityCounts>(
        rc::gen::set(&SanityCounts::due, rc::gen::container<std::array<std::uint32_t, 3>>(count)),
        rc::gen::set(&SanityCounts::cards, count), rc::gen::set(&SanityCounts::notes, count),
        rc::gen::set(&SanityCounts::revlog, count), rc::gen::set(&SanityCounts::graves, count),
        rc::gen::set(&SanityCounts::notetypes, count), rc::gen::set(&SanityCounts::decks, count),
        rc::gen::set(&SanityCounts::deck_configs, count));
}

using ClientCounts = std::variant<SanityCounts, std::string>;

rc::Gen<ClientCounts> client_counts() {
    return rc::gen::oneOf(
        rc::gen::map(counts(), [](SanityCounts value) { return ClientCounts(value); }),
        rc::gen::map(text(), [](std::string value) { return ClientCounts(std::move(value)); }));
}

// decode(encode(value)) == value, for a hundred values.
template <class T>
bool survives(rc::Gen<T> gen, std::string (*encode)(const T&),
              Result<T> (*decode)(std::string_view)) {
    return rc::check([&] {
        const T value = *gen;
        const auto decoded = decode(encode(value));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(*decoded == value);
    });
}

TEST(RoundTrip, host_key) {
    const auto request = rc::gen::apply(
        [](std::string user, std::string password) {
            return HostKeyRequest{std::move(user), Password(std::move(password))};
        },
        text(), text());
    EXPECT_TRUE(survives(request, encode_host_key_request, decode_host_key_request));
    const auto response = rc::gen::map(
        text(), [](std::string key) { return HostKeyResponse{HostKey(std::move(key))}; });
    EXPECT_TRUE(survives(response, encode_host_key_response, decode_host_key_response));
}

TEST(RoundTrip, meta) {
    const auto request =
        rc::gen::build<MetaRequest>(rc::gen::set(&MetaRequest::version, any<std::int32_t>()),
                                    rc::gen::set(&MetaRequest::client, text()));
    EXPECT_TRUE(survives(request, encode_meta_request, decode_meta_request));
    const auto response = rc::gen::build<MetaResponse>(
        rc::gen::set(&MetaResponse::modified, number<TimestampMs>()),
        rc::gen::set(&MetaResponse::schema_modified, number<TimestampMs>()),
        rc::gen::set(&MetaResponse::usn, number<Usn>()),
        rc::gen::set(&MetaResponse::server_time, number<TimestampSecs>()),
        rc::gen::set(&MetaResponse::message, text()), rc::gen::set(&MetaResponse::may_continue),
        rc::gen::set(&MetaResponse::empty),
        rc::gen::set(&MetaResponse::media_usn, number<MediaUsn>()));
    EXPECT_TRUE(survives(response, encode_meta_response, decode_meta_response));
}

TEST(RoundTrip, start) {
    const auto some = rc::gen::map(graves(), [](Graves value) { return std::optional(value); });
    const auto request = rc::gen::build<StartRequest>(
        rc::gen::set(&StartRequest::client_usn, number<Usn>()),
        rc::gen::set(&StartRequest::client_is_newer),
        rc::gen::set(&StartRequest::graves,
                     rc::gen::oneOf(some, rc::gen::just(std::optional<Graves>()))));
    EXPECT_TRUE(survives(request, encode_start_request, decode_start_request));
}

TEST(RoundTrip, graves) {
    EXPECT_TRUE(survives(graves(), encode_apply_graves_request, decode_apply_graves_request));
    EXPECT_TRUE(survives(graves(), encode_graves_response, decode_graves_response));
}

TEST(RoundTrip, chunk) {
    EXPECT_TRUE(survives(chunk(), encode_apply_chunk_request, decode_apply_chunk_request));
    EXPECT_TRUE(survives(chunk(), encode_chunk_response, decode_chunk_response));
}

TEST(RoundTrip, sanity_check) {
    const auto request = rc::gen::map(
        client_counts(), [](ClientCounts value) { return SanityCheckRequest{std::move(value)}; });
    EXPECT_TRUE(survives(request, encode_sanity_check_request, decode_sanity_check_request));
    const auto some =
        rc::gen::map(counts(), [](SanityCounts value) { return std::optional(value); });
    const auto response = rc::gen::build<SanityCheckResponse>(
        rc::gen::set(&SanityCheckResponse::ok),
        rc::gen::set(&SanityCheckResponse::client, client_counts()),
        rc::gen::set(&SanityCheckResponse::server,
                     rc::gen::oneOf(some, rc::gen::just(std::optional<SanityCounts>()))));
    EXPECT_TRUE(survives(response, encode_sanity_check_response, decode_sanity_check_response));
}

TEST(RoundTrip, finish) {
    EXPECT_TRUE(rc::check([] {
        const auto modified = *number<TimestampMs>();
        const auto decoded = decode_finish_response(encode_finish_response(modified));
        RC_ASSERT(decoded.has_value());
        RC_ASSERT(*decoded == modified);
    }));
}

Notetype sample_notetype() {
    Notetype notetype{{1}, "Basic", {2}, {3}, {}, {}, {}};
    notetype.config.set_css(".card {}");
    notetype.fields.push_back({"Front", {}});
    notetype.templates.push_back({"Card 1", {}});
    return notetype;
}

Deck sample_deck() {
    Deck deck{{4},
              "parent\x1f"
              "child",
              {5},
              {6},
              {},
              {}};
    deck.kind.mutable_normal()->set_config_id(7);
    return deck;
}

rc::Gen<UnchunkedChanges> changes() {
    return rc::gen::exec([] {
        UnchunkedChanges changes;
        changes.notetypes.assign(*rc::gen::inRange<std::size_t>(0, 3), sample_notetype());
        changes.decks.assign(*rc::gen::inRange<std::size_t>(0, 3), sample_deck());
        changes.deck_configs.assign(*rc::gen::inRange<std::size_t>(0, 3),
                                    {{7}, "Default", {8}, {9}, {}});
        changes.tags = *list_of(text());
        if (*rc::gen::arbitrary<bool>()) {
            const auto keys = *rc::gen::unique<std::vector<std::string>>(text());
            const auto json =
                rc::gen::element<std::string>("null", "true", "-5", "18446744073709551615", "0.1",
                                              R"("\u001f\"")", "[]", R"({"b":[1,2.0],"a":{}})");
            changes.config.emplace();
            for (const auto& key : keys) {
                changes.config->push_back({key, *json});
            }
        }
        if (*rc::gen::arbitrary<bool>()) {
            changes.created = *number<TimestampSecs>();
        }
        return changes;
    });
}

// The objects have no equality; their text is schema11's concern, here it must only arrive.
void expect_same(const UnchunkedChanges& decoded, const UnchunkedChanges& sent) {
    RC_ASSERT(decoded.tags == sent.tags);
    RC_ASSERT(decoded.config == sent.config);
    RC_ASSERT(decoded.created == sent.created);
    RC_ASSERT(decoded.notetypes.size() == sent.notetypes.size());
    RC_ASSERT(decoded.decks.size() == sent.decks.size());
    RC_ASSERT(decoded.deck_configs.size() == sent.deck_configs.size());
    RC_ASSERT(encode_changes_response(decoded) == encode_changes_response(sent));
}

TEST(RoundTrip, changes) {
    EXPECT_TRUE(rc::check([] {
        const auto sent = *changes();
        const auto request = decode_apply_changes_request(encode_apply_changes_request(sent));
        RC_ASSERT(request.has_value());
        expect_same(*request, sent);
        const auto response = decode_changes_response(encode_changes_response(sent));
        RC_ASSERT(response.has_value());
        expect_same(*response, sent);
    }));
}

}  // namespace
}  // namespace ankiwire::wire
