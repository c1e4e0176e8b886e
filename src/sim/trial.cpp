#include "sim/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <utility>

#include "base/check.hpp"
#include "sim/clock.hpp"
#include "sim/must.hpp"
#include "wire/decode.hpp"
#include "wire/encode.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::sim {
namespace {

namespace fs = std::filesystem;
using wire::Method;

constexpr std::int64_t first_day = 1'700'000'100'000;
constexpr std::int64_t rest_ms = 60'000;
constexpr std::string_view user = "user";
constexpr int settle_rounds = 4;
constexpr std::array<std::string_view, Command::verb_count> verbs{
    "wait", "edit", "sync", "lose", "rest", "force", "upload", "download", "add", "miscount"};
constexpr auto no_end = std::numeric_limits<std::uint64_t>::max();

// Of the config: what each side sets for itself when a day begins.
bool is_of_days(std::string_view key) { return key == "lastUnburied" || key == "rollover"; }

void erase_days(Contents& contents) {
    std::erase_if(contents.config, [](const auto& entry) { return is_of_days(entry.first); });
}

template <class Object>
void sort_by_id(std::vector<Object>& objects) {
    std::ranges::sort(objects, {}, &Object::id);
}

// The reply with its lists in one order, and without what the model does not know.
std::string sorted(Method method, const std::string& reply) {
    if (method == Method::start) {
        auto graves = must(wire::decode_graves_response(reply));
        std::ranges::sort(graves.cards);
        std::ranges::sort(graves.notes);
        std::ranges::sort(graves.decks);
        return wire::encode_graves_response(graves);
    }
    if (method == Method::apply_changes) {
        auto changes = must(wire::decode_changes_response(reply));
        sort_by_id(changes.notetypes);
        sort_by_id(changes.decks);
        sort_by_id(changes.deck_configs);
        std::ranges::sort(changes.tags);
        changes.created.reset();
        if (changes.config) {
            std::erase_if(*changes.config, [](const auto& entry) { return is_of_days(entry.key); });
            std::ranges::sort(*changes.config, {}, &ConfigEntry::key);
        }
        return wire::encode_changes_response(changes);
    }
    return reply;
}

void append(Chunk&& from, Chunk& to) {
    std::ranges::move(from.revlog, std::back_inserter(to.revlog));
    std::ranges::move(from.cards, std::back_inserter(to.cards));
    std::ranges::move(from.notes, std::back_inserter(to.notes));
    to.done = from.done;
}

std::string sorted(Chunk chunk) {
    sort_by_id(chunk.revlog);
    sort_by_id(chunk.cards);
    sort_by_id(chunk.notes);
    return wire::encode_chunk_response(chunk);
}

// Both, from a little before where they differ.
std::string difference_of(const std::string& here, const std::string& there) {
    constexpr std::ptrdiff_t shown = 200;
    const auto differ = std::ranges::mismatch(here, there).in1 - here.begin();
    const auto from = std::max<std::ptrdiff_t>(differ - shown / 2, 0);
    const auto part = [&](const std::string& text) {
        return text.substr(std::min(static_cast<std::size_t>(from), text.size()), shown);
    };
    return fmt::format("here:  … {}\nthere: … {}", part(here), part(there));
}

fs::path folder_with(const fs::path& folder, std::string_view start) {
    const auto account = rig::Rig::folder_of(folder / "base", user);
    fs::create_directories(account);
    fs::create_directories(folder / "scratch");
    std::ofstream(account / "collection.anki2", std::ios::binary) << start;
    Clock::set_ms(first_day);
    return folder / "base";
}

}  // namespace

std::string to_text(const Command& command) {
    const auto& numbers = command.numbers;
    return fmt::format("{} {} {} {} {} {}", verbs.at(static_cast<std::size_t>(command.verb)),
                       command.device, numbers[0], numbers[1], numbers[2], numbers[3]);
}

Result<Command> command_of(const std::string& text) {
    std::istringstream words(text);
    std::string name;
    Command command;
    words >> name >> command.device;
    for (auto& number : command.numbers) {
        words >> number;
    }
    const auto verb = std::ranges::find(verbs, name);
    if (!words || verb == verbs.end()) {
        return fail(ErrorKind::malformed, "no command: " + text);
    }
    command.verb = static_cast<Command::Verb>(verb - verbs.begin());
    return command;
}

Trial::Trial(const fs::path& folder, std::string_view start, const TrialOptions& options)
    : scratch_(folder / "scratch"),
      rig_(folder_with(folder, start)),
      start_file_(start),
      start_(read_start()),
      model_(start_, options.inversion),
      ledger_(start_.contents) {
    for (std::size_t number = 0; number < options.devices; ++number) {
        const bool is_old = number + 1 == options.devices;
        devices_.emplace_back(Device::Kind{.number = static_cast<int>(number),
                                           .takes_ties = !is_old,
                                           .is_python = is_old,
                                           .clock_ms = options.clocks_ms.at(number)},
                              start_);
    }
}

CollectionFile Trial::read_start() {
    const auto file = read_collection(
        rig::Rig::folder_of(scratch_.parent_path() / "base", user) / "collection.anki2",
        scratch_ / "start");
    return must(file);
}

std::string Trial::new_session(const Device& device) {
    return fmt::format("device {} sync {}", device.number(), ++sessions_);
}

std::string Trial::live(const std::vector<Command>& history) {
    for (const auto& command : history) {
        if (auto found = act(command); !found.empty()) {
            return "in `" + to_text(command) + "`: " + found;
        }
    }
    return settle();
}

std::string Trial::act(const Command& command) {
    using Verb = Command::Verb;
    auto& device = devices_.at(command.device % devices_.size());
    Clock::advance_ms(10);  // what has the same millisecond is taken for the same state
    switch (command.verb) {
        case Verb::wait:
            Clock::advance_ms(static_cast<std::int64_t>(command.numbers[0]));
            return {};
        case Verb::rest:
            Clock::advance_ms(rest_ms);
            rig_.tick();
            return {};
        case Verb::edit:
        case Verb::add:
            edit(device, command);
            return {};
        case Verb::miscount: {
            Dice dice({command.numbers.begin(), command.numbers.end()});
            device.miscount(dice, device.clock());
            return {};
        }
        case Verb::force:
            device.force_full_sync(device.clock());
            return {};
        case Verb::sync:
            return sync(device, no_end);
        case Verb::lose:
            return sync(device, command.numbers[0]);
        case Verb::upload:
            return upload(device);
        case Verb::download:
            return download(device);
    }
    CHECK(false);
}

void Trial::edit(Device& device, const Command& command) {
    const auto before = device.contents();
    const auto& [what, number, third, fourth] = command.numbers;
    if (command.verb == Command::Verb::add) {
        Dice dice({third, fourth});
        device.add_many(static_cast<Many>(what % many_count), number, dice, device.clock());
    } else {
        Dice dice({number, third, fourth});
        device.edit(static_cast<Edit>(what % edit_count), dice, device.clock());
    }
    ledger_.edited(device.number(), before, device.contents());
}

Trial::Answered Trial::post(const std::string& session, Method method, const std::string& body) {
    if (method == Method::chunk) {
        return post_chunk(session, body);
    }
    const auto answer = rig_.post({rig::head_of_11(user, method, session), zstd::pack(body)});
    const auto expected = ask_model(session, method, body);
    Answered answered{.found = {}, .reply = answer.body, .is_ok = answer.status == 200};
    if (answer.status != expected.status) {
        answered.found =
            fmt::format("{} is answered with {}, and not {}: {}", wire::method_name(method),
                        answer.status, expected.status, answer.problem);
    } else if (answered.is_ok && sorted(method, answer.body) != sorted(method, expected.json)) {
        answered.found =
            fmt::format("to {} {}\n{}", wire::method_name(method), body,
                        difference_of(sorted(method, answer.body), sorted(method, expected.json)));
    }
    return answered;
}

Trial::Answered Trial::post_chunk(const std::string& session, const std::string& body) {
    if (std::exchange(chunks_session_, session) != session) {
        chunks_sent_ = chunks_due_ = {};
        while (!chunks_due_.done) {
            append(must(wire::decode_chunk_response(ask_model(session, Method::chunk, body).json)),
                   chunks_due_);
        }
    }
    const auto answer =
        rig_.post({rig::head_of_11(user, Method::chunk, session), zstd::pack(body)});
    Answered answered{.found = {}, .reply = answer.body, .is_ok = answer.status == 200};
    if (!answered.is_ok) {
        answered.found =
            fmt::format("chunk is answered with {}: {}", answer.status, answer.problem);
        return answered;
    }
    append(must(wire::decode_chunk_response(answer.body)), chunks_sent_);
    if (chunks_sent_.done && sorted(chunks_sent_) != sorted(chunks_due_)) {
        answered.found = "in chunks: " + difference_of(sorted(chunks_sent_), sorted(chunks_due_));
    }
    return answered;
}

ModelServer::Reply Trial::ask_model(const std::string& session, Method method,
                                    const std::string& body) {
    auto expected = model_.answer(method, session, body, Clock::now());
    exchanges_.push_back({session, method, body, expected.status, expected.json});
    return expected;
}

std::string Trial::sync(Device& device, std::uint64_t replies) {
    const auto session = new_session(device);
    device.begin_sync();
    for (; device.is_syncing(); --replies) {
        const auto request = device.next_request();
        const auto answered = post(session, request.method, request.body);
        if (!answered.found.empty()) {
            return answered.found;
        }
        if (replies == 0) {
            if (request.method == Method::finish) {
                ledger_.unanswered(device.number());
            }
            device.give_up();
            return {};
        }
        const auto progress =
            device.take(answered.is_ok ? std::optional(answered.reply) : std::nullopt);
        if (progress == Progress::failed && request.method == Method::sanity_check &&
            device.miscounts()) {
            return abort(device, session);
        }
        if (progress == Progress::failed) {
            return fmt::format("{} of device {} failed: {}", wire::method_name(request.method),
                               device.number(), answered.reply);
        }
        if (progress == Progress::ended && request.method == Method::finish) {
            return compare_tables();
        }
    }
    return {};
}

std::string Trial::abort(const Device& device, const std::string& session) {
    if (device.kind().is_python) {
        return {};
    }
    const auto aborted = post(session, Method::abort, {});
    return aborted.found.empty() ? compare_tables() : aborted.found;
}

std::string Trial::compare_tables() {
    const auto before = exchanges_.size();
    auto found = ask_for_tables();
    if (found.empty()) {
        exchanges_.resize(before);
    }
    return found;
}

std::string Trial::ask_for_tables() {
    const std::string session = fmt::format("device none sync {}", ++sessions_);
    auto answered =
        post(session, Method::meta, wire::encode_meta_request({.version = 11, .client = "sim"}));
    const auto ask = [&](Method method, const std::string& body) {
        if (answered.found.empty()) {
            answered = post(session, method, body);
        }
    };
    ask(Method::start,
        wire::encode_start_request({.client_usn = {}, .client_is_newer = false, .graves = {}}));
    ask(Method::apply_changes, wire::encode_apply_changes_request({}));
    for (bool done = false; !done && answered.found.empty();) {
        ask(Method::chunk, {});
        done = answered.found.empty() && must(wire::decode_chunk_response(answered.reply)).done;
    }
    ask(Method::abort, {});
    return answered.found;
}

std::string Trial::upload(Device& device) {
    const auto file = device.ready_for_upload(device.clock());
    const auto session = new_session(device);
    const auto& sent = exchanges_.emplace_back(
        Exchange{.session = session,
                 .method = Method::upload,
                 .body = must(file_of(start_file_, file, scratch_ / "upload")),
                 .status = 200,
                 .reply = "OK"});
    const auto answer =
        rig_.post({rig::head_of_11(user, Method::upload, session), zstd::pack(sent.body)});
    if (answer.body != sent.reply) {
        return "an upload is answered with " + answer.body + " " + answer.problem;
    }
    model_.upload(file);
    device.replace_with(file);
    ledger_.replaced(std::nullopt, file.contents);
    return compare_tables();
}

std::string Trial::download(Device& device) {
    const auto session = new_session(device);
    const auto answer = rig_.post({rig::head_of_11(user, Method::download, session), {}});
    auto expected = model_.download(Clock::now());
    exchanges_.push_back({.session = session,
                          .method = Method::download,
                          .body = {},
                          .status = 200,
                          .reply = must(file_of(start_file_, expected, scratch_ / "expected"))});
    auto file = read_download(answer.body, scratch_ / "download");
    if (!file) {
        return "a download: " + file.error().context + " " + answer.problem;
    }
    auto contents = file->contents;
    erase_days(contents);
    erase_days(expected.contents);
    auto found = difference(contents, expected.contents);
    if (file->stamps.usn != expected.stamps.usn ||
        file->stamps.modified != expected.stamps.modified ||
        file->stamps.schema_modified != expected.stamps.schema_modified) {
        found += "the stamps of a download differ";
    }
    ledger_.replaced(device.number(), contents);
    device.replace_with(std::move(*file));
    return found.empty() ? compare_tables() : "a download: " + found;
}

std::string Trial::settle() {
    for (int round = 0; round < settle_rounds; ++round) {
        for (auto& device : devices_) {
            Clock::advance_ms(10);
            if (auto found = sync(device, no_end); !found.empty()) {
                return found;
            }
            if (device.must_choose()) {
                if (auto found = download(device); !found.empty()) {
                    return found;
                }
            }
        }
    }
    for (const auto& device : devices_) {
        if (device.miscounts()) {
            return fmt::format("device {} was never told that its counts differ", device.number());
        }
        if (auto found = compare_with_first(device); !found.empty()) {
            return fmt::format("device {} and device 0 differ: {}", device.number(), found);
        }
    }
    const auto found = ask_for_tables();
    return found.empty() ? ledger_.check(model_.contents(), model_.late(), model_.won_ties())
                         : found;
}

// What may differ, and why, is told in spec/05-normal-sync.md.
std::string Trial::compare_with_first(const Device& device) const {
    auto contents = device.contents();
    auto first = devices_[0].contents();
    erase_days(contents);
    erase_days(first);
    auto others = facts(first);
    std::string found;
    for (const auto& [key, fact] : facts(contents)) {
        const auto other = others.find(key);
        if (other == others.end()) {
            found += "only there: " + key + "\n";
            continue;
        }
        if (!may_differ(device, fact, other->second)) {
            found += fmt::format("{}: {}\n", key, difference_of(fact.text, other->second.text));
        }
        others.erase(other);
    }
    for (const auto& [key, fact] : others) {
        found += "only here: " + key + "\n";
    }
    return contents.config == first.config ? found : found + "the config differs\n";
}

bool Trial::may_differ(const Device& device, const Fact& own, const Fact& other) const {
    const bool is_late = model_.late().contains(own.id);
    const bool is_tie_of_old = own.id != 0 && !device.kind().takes_ties && own.date == other.date;
    const bool has_sign = own.name != other.name;  // the date goes with it
    // One that is dated before a `+` of the other device, which so has not taken it.
    const bool is_older_than_sign = (device.has_signed(own) && other.date < own.date) ||
                                    (devices_[0].has_signed(other) && own.date < other.date);
    return is_late || is_tie_of_old || is_older_than_sign ||
           (own.text == other.text && (own.date == other.date || has_sign));
}

}  // namespace ankiwire::sim
