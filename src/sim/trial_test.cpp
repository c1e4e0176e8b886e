// Whatever two to four devices do: the server answers as the model does, in the end all have the
// same, and nothing is lost but by a rule.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <regex>

#include "files/read_file.hpp"
#include "files/temp_folder.hpp"
#include "sim/empty_collection.hpp"
#include "sim/transcript.hpp"

namespace ankiwire::sim {

void showValue(const Command& command, std::ostream& out) { out << to_text(command); }

namespace {

namespace fs = std::filesystem;
using files::read_file;

// Nobody cuts the power here, and each sync is waited for.
files::TempFolder folder_in_memory() {
    const fs::path memory = "/dev/shm";
    return files::TempFolder(fs::is_directory(memory) ? memory : fs::temp_directory_path());
}

const std::string& start() {
    static const auto bytes = empty_collection();
    return bytes;
}

// What there is besides edits and syncs.
enum class With { nothing, full_syncs, many_rows };

// The sizes about which chunks begin and end, alone or with cards to their notes.
rc::Gen<std::uint64_t> any_count() {
    return rc::gen::shrink(
        rc::gen::element<std::uint64_t>(5, 83, 84, 124, 125, 126, 249, 250, 251, 499, 500, 501),
        [](std::uint64_t count) { return rc::shrink::integral(count); });
}

rc::Gen<Command> any_command(With with) {
    using enum Command::Verb;
    const std::size_t full_syncs = with == With::nothing ? 0 : 1;
    const std::size_t many_rows = with == With::many_rows ? 10 : 0;
    const auto verb = rc::gen::weightedElement<Command::Verb>({{8, wait},
                                                               {30, edit},
                                                               {12 + many_rows, sync},
                                                               {3, lose},
                                                               {1, rest},
                                                               {full_syncs, force},
                                                               {full_syncs, upload},
                                                               {full_syncs, download},
                                                               {2 * full_syncs, miscount},
                                                               {many_rows, add}});
    const auto number = rc::gen::inRange<std::uint64_t>(0, 12);
    return rc::gen::apply(
        [](Command::Verb what, std::size_t device, std::array<std::uint64_t, 4> numbers,
           std::uint64_t count) {
            if (what == wait) {
                numbers[0] *= 250;
            }
            if (what == add) {  // long texts take their time
                constexpr std::array kinds{0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2};
                numbers[0] = static_cast<std::uint64_t>(kinds.at(numbers[0]));
                numbers[1] = count;
            }
            return Command{what, device, numbers};
        },
        verb, rc::gen::inRange<std::size_t>(0, 4),
        rc::gen::container<std::array<std::uint64_t, 4>>(number), any_count());
}

rc::Gen<std::vector<Command>> any_history(With with) {
    using History = std::vector<Command>;
    if (with != With::many_rows) {
        return rc::gen::container<History>(any_command(with));
    }
    // A few commands, but any of them.
    return rc::gen::scale(
        0.12, rc::gen::container<History>(rc::gen::resize(rc::kNominalSize, any_command(with))));
}

// One that fails is told as a transcript, which replays to any server.
void live_and_end_equal(With with) {
    const auto history = *any_history(with);
    // Never in the millisecond of another's.
    const auto clock = rc::gen::element<std::int64_t>(0, 0, 0, -1499, 2013);
    const TrialOptions options{.devices = *rc::gen::inRange<std::size_t>(2, 5),
                               .clocks_ms = {*clock, *clock, *clock, *clock}};
    const auto folder = folder_in_memory();
    Trial trial(folder.path(), start(), options);
    const auto found = trial.live(history);
    if (!found.empty()) {
        RC_LOG(found);
        const auto text = transcript("A server answered this in another way.", history,
                                     trial.exchanges(), start());
        RC_LOG(text.size() < 1'000'000 ? text : "too long to be told");
    }
    RC_ASSERT(found.empty());
}

RC_GTEST_PROP(Trial, the_server_does_what_the_model_does_and_all_devices_end_equal, ()) {
    live_and_end_equal(With::full_syncs);
}

RC_GTEST_PROP(Trial, so_they_do_without_full_syncs, ()) { live_and_end_equal(With::nothing); }

RC_GTEST_PROP(Trial, so_they_do_with_more_rows_than_a_chunk_holds, ()) {
    live_and_end_equal(With::many_rows);
}

// Device 2 edits a notetype before device 1 gives it a `+`, and tells of it later.
std::vector<Command> history_of_a_sign() {
    using enum Command::Verb;
    const auto nth = [](Edit kind) { return static_cast<std::uint64_t>(kind); };
    return {{edit, 0, {nth(Edit::add_note)}},
            {sync, 0},
            {sync, 1},
            {sync, 2},
            {edit, 1, {nth(Edit::add_object)}},  // a notetype
            {edit, 1, {nth(Edit::rename), 0, 1}},
            {edit, 0, {nth(Edit::rename)}},  // the other one, alike
            {rest},
            {edit, 2, {nth(Edit::edit_object)}},
            {wait, 0, {1000}},
            {sync, 0},
            {sync, 1},
            {sync, 2},
            {sync, 1}};
}

TEST(Trial, a_sign_of_a_device_wins_over_an_older_edit) {
    const auto folder = folder_in_memory();
    EXPECT_EQ(Trial(folder.path(), start(), {.devices = 3}).live(history_of_a_sign()), "");
}

TEST(Trial, the_next_edit_wins_over_the_sign) {
    auto history = history_of_a_sign();
    history.push_back({Command::Verb::wait, 0, {1000}});
    history.push_back(history[8]);
    const auto folder = folder_in_memory();
    EXPECT_EQ(Trial(folder.path(), start(), {.devices = 3}).live(history), "");
}

// --- kept histories ------------------------------------------------------------------------------

// In the order of Inversion.
constexpr std::array<std::string_view, inversion_count> names_of_inversions{
    "none",
    "older-rows-win",
    "ties-of-rows-are-the-servers",
    "a-seen-row-wins-by-its-date",
    "reviews-are-replaced",
    "graves-are-ignored",
    "a-repeated-grave-stays-old",
    "what-comes-back-keeps-its-grave",
    "older-objects-win",
    "ties-of-objects-are-the-clients",
    "a-sent-tie-keeps-its-date",
    "names-may-be-equal",
    "old-names-are-kept",
    "tags-are-respelled",
    "the-older-config-wins",
    "config-is-merged",
    "rows-keep-the-clients-usn",
    "usn-stays",
    "counts-are-not-compared",
    "a-failed-check-is-committed",
    "an-upload-leaves-the-usn",
    "an-upload-leaves-the-graves",
    "an-upload-leaves-notes",
    "what-was-uploaded-is-sent",
    "a-download-has-no-reviews",
    "a-full-chunk-loses-a-row"};

// The clock of the second device is behind.
TrialOptions options_of(Inversion inversion) {
    return {.devices = 3, .clocks_ms = {0, -1499}, .inversion = inversion};
}

bool is_noticed(const std::vector<Command>& history, Inversion inversion) {
    const auto folder = folder_in_memory();
    return !Trial(folder.path(), start(), options_of(inversion)).live(history).empty();
}

// The shortest history that is found to show it.
std::vector<Command> find_history(Inversion inversion) {
    constexpr int attempts = 5000;
    const auto with = inversion < Inversion::counts_are_not_compared    ? With::nothing
                      : inversion < Inversion::a_full_chunk_loses_a_row ? With::full_syncs
                                                                        : With::many_rows;
    const auto gen = any_history(with);
    for (int seed = 0; seed < attempts; ++seed) {
        auto found = gen(rc::Random(static_cast<std::uint64_t>(seed)), seed % 60 + 4);
        if (!is_noticed(found.value(), inversion)) {
            continue;
        }
        auto smaller = found.shrinks();
        for (auto next = smaller.next(); next; next = smaller.next()) {
            if (is_noticed(next->value(), inversion)) {
                found = *next;
                smaller = found.shrinks();
            }
        }
        return found.value();
    }
    return {};
}

std::string transcript_of(std::string_view name, const std::vector<Command>& history) {
    const auto folder = folder_in_memory();
    Trial trial(folder.path(), start(), options_of(Inversion::none));
    EXPECT_EQ(trial.live(history), "");
    return transcript(fmt::format("A server in which {} answers this in another way.",
                                  std::regex_replace(std::string(name), std::regex("-"), " ")),
                      history, trial.exchanges(), start());
}

class KeptHistory : public testing::TestWithParam<int> {};

// With ANKIWIRE_WRITE_HISTORIES=1 it makes each transcript anew, of the history in its head or, if
// there is none, of the shortest one that it finds.
TEST_P(KeptHistory, shows_that_a_rule_is_turned_round) {
    const auto name = names_of_inversions.at(static_cast<std::size_t>(GetParam()));
    const auto inversion = static_cast<Inversion>(GetParam());
    const auto path = fs::path(ANKIWIRE_FIXTURES) / "histories" / fmt::format("{}.sync", name);
    if (std::getenv("ANKIWIRE_WRITE_HISTORIES") != nullptr) {
        auto known = history_of(read_file(path));
        ASSERT_TRUE(known);
        const auto text = transcript_of(name, known->empty() ? find_history(inversion) : *known);
        std::ofstream(path) << text;
    }
    const auto kept = read_file(path);
    const auto history = history_of(kept);
    ASSERT_TRUE(history);
    EXPECT_EQ(transcript_of(name, *history), kept);
    EXPECT_TRUE(is_noticed(*history, inversion));
}

INSTANTIATE_TEST_SUITE_P(Trial, KeptHistory, testing::Range(1, inversion_count));

}  // namespace
}  // namespace ankiwire::sim
