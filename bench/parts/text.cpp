// What is done to texts and bytes, whatever they are.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "load/contents.hpp"
#include "model/note_text.hpp"
#include "model/unicase.hpp"
#include "parts/measured.hpp"
#include "wire/encode.hpp"
#include "wire/form.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::parts {
namespace {

constexpr std::size_t bytes_max = std::size_t{1} << 30U;

std::string text_of_notes(std::int64_t count) {
    return wire::encode_chunk_response(load::rows(1, count, {1}));
}

void zstd_pack(benchmark::State& state) {
    const auto text = text_of_notes(state.range());
    for (auto _ : state) {
        measured([&] { benchmark::DoNotOptimize(zstd::pack(text)); });
    }
    set_cost(state, static_cast<std::int64_t>(text.size()), "byte");
}
BENCHMARK(zstd_pack)->Apply(sizes);

void zstd_unpack(benchmark::State& state) {
    const auto text = text_of_notes(state.range());
    const auto packed = zstd::pack(text);
    for (auto _ : state) {
        measured([&] { CHECK(zstd::unpack(packed, bytes_max)); });
    }
    set_cost(state, static_cast<std::int64_t>(text.size()), "byte");
}
BENCHMARK(zstd_unpack)->Apply(sizes);

// An upload of an old client, in the pieces in which a connection has it.
void multipart(benchmark::State& state) {
    constexpr std::size_t piece_bytes = std::size_t{64} << 10U;
    const auto content = zstd::pack(text_of_notes(state.range()));
    const auto form =
        "--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nkey\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"data\"\r\n"
        "Content-Type: application/octet-stream\r\n\r\n" +
        content + "\r\n--b--\r\n";
    for (auto _ : state) {
        measured([&] {
            auto reader = wire::FormReader::make("multipart/form-data; boundary=b");
            CHECK(reader);
            std::size_t bytes = 0;
            const auto count = [&bytes](std::string_view piece) -> Result<void> {
                bytes += piece.size();
                return {};
            };
            for (std::string_view rest = form; !rest.empty();) {
                const auto piece = rest.substr(0, piece_bytes);
                CHECK(reader->push(piece, count));
                rest.remove_prefix(piece.size());
            }
            CHECK(reader->finish(count) && bytes == content.size());
        });
    }
    set_cost(state, static_cast<std::int64_t>(form.size()), "byte");
}
BENCHMARK(multipart)->Apply(sizes);

// Names of decks in order, as SQLite's indexes ask for it.
void unicase(benchmark::State& state) {
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(state.range()));
    for (std::int64_t i = 0; i < state.range(); ++i) {
        names.push_back(fmt::format("Fächer::{} ÉTÉ {}", i % 7, i * 7919 % state.range()));
    }
    for (auto _ : state) {
        auto sorted = names;
        measured([&] {
            std::ranges::sort(
                sorted, [](const auto& a, const auto& b) { return unicase_compare(a, b) < 0; });
        });
    }
    set_cost(state, state.range());
}
BENCHMARK(unicase)->Apply(sizes);

// What each note that is taken over costs besides its row.
void sort_field_and_checksum_of_notes(benchmark::State& state) {
    std::vector<std::string> texts;
    texts.reserve(static_cast<std::size_t>(state.range()));
    for (std::int64_t i = 0; i < state.range(); ++i) {
        texts.push_back("<div>" + load::fields(i) + "</div><img src=\"a.jpg\">");
    }
    for (auto _ : state) {
        measured([&] {
            for (const auto& text : texts) {
                benchmark::DoNotOptimize(sort_field_and_checksum(text, 0));
            }
        });
    }
    set_cost(state, state.range());
}
BENCHMARK(sort_field_and_checksum_of_notes)->Apply(sizes);

}  // namespace
}  // namespace ankiwire::parts
