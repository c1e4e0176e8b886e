// What devices send, and what they do with the answers.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "media/batch_fixture.hpp"
#include "sim/clock.hpp"
#include "sim/must.hpp"
#include "sim/world.hpp"
#include "wire/decode.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::sim {
namespace {

using wire::Method;

constexpr std::string_view upload_ok = "OK";
constexpr std::array media_sizes{1, 700, 3000};  // few: mostly the checksum tells files apart
constexpr std::array media_names{"a.jpg", "b.mp3", "c.png", "d d.txt", "ä.jpg", "f.svg"};

}  // namespace

void World::note_outcome(const Sending& call, const Answer& answer) {
    if (!call.promise) {
        return;
    }
    const auto& fate = call.fate;
    const bool is_ok =
        answer.status == 200 && (call.method != Method::upload || answer.body == upload_ok);
    const bool was_answered = !fate.is_lost && !fate.is_reply_lost;
    if (is_ok && was_answered) {
        account().is_done(*call.promise);
    } else if (!is_ok && was_answered && !fate.is_sent_twice && !disk_->has_failed() &&
               !disk_->is_off()) {
        account().is_refused(*call.promise);
    }
}

std::string World::check_stamps(const std::string& meta_answer) {
    const auto meta = must(wire::decode_meta_response(meta_answer));
    const Stamps told{
        .modified = meta.modified, .schema_modified = meta.schema_modified, .usn = meta.usn};
    const auto last = std::exchange(last_told_, told);
    auto found = account().are_told(told);
    return found.empty() && told.schema_modified == last.schema_modified ? going_back(last, told)
                                                                         : found;
}

World::Sending World::sync_call(Device& device, const Fate& fate) {
    auto request = device.next_request();
    const auto method = request.method;
    std::optional<std::size_t> promise;
    if (method == Method::finish) {
        promise = account().may_sync(device.draft());
    }
    return {.device = &device,
            .method = method,
            .packed = zstd::pack(request.body),
            .fate = fate,
            .then =
                [this, &device, method](const Answer& answer) {
                    if (method == Method::meta && answer.status == 200) {
                        if (auto found = check_stamps(answer.body); !found.empty()) {
                            return found;
                        }
                    }
                    const auto progress = device.take(
                        answer.status == 200 ? std::optional(answer.body) : std::nullopt);
                    if (progress == Progress::failed) {
                        given_up_ =
                            fmt::format("device {} gave up its sync at {}: {} {}", device.number(),
                                        wire::method_name(method), answer.status,
                                        answer.status == 200 ? answer.body : answer.problem);
                    }
                    if (progress == Progress::failed && dice_.one_in(2)) {
                        next_.emplace_back([&device] { return abort_call(device); });
                    }
                    if (progress == Progress::must_choose) {
                        next_.emplace_back([this, &device] {
                            return dice_.one_in(4) ? upload_call(device, some_fate())
                                                   : download_call(device, some_fate());
                        });
                    }
                    if (progress == Progress::ended && method == Method::finish) {
                        ++tally_.syncs;
                        must_check_ = must_check_ || dice_.one_in(20);
                    }
                    return std::string();
                },
            .promise = promise};
}

World::Sending World::abort_call(const Device& device) {
    return {.device = &device,
            .method = Method::abort,
            .packed = {},
            .fate = {},
            .then = [](const Answer&) { return std::string(); }};
}

World::Sending World::upload_call(Device& device, const Fate& fate) {
    Clock::advance_ms(1);  // no two uploads have the same schema stamp
    auto file = device.ready_for_upload(Clock::now());
    const auto bytes = file_of({}, file, scratch_ / "upload");
    CHECK(bytes);
    const auto promise = account().may_upload(file.contents, file.stamps);
    return {.device = &device,
            .method = Method::upload,
            .packed = zstd::pack(*bytes),
            .fate = fate,
            .then =
                [this, &device, file = std::move(file)](const Answer& answer) {
                    if (answer.status != 200 || answer.body != upload_ok) {
                        return std::string();
                    }
                    ++tally_.uploads;
                    device.replace_with(file);
                    must_check_ = true;
                    return std::string();
                },
            .promise = promise};
}

World::Sending World::download_call(Device& device, const Fate& fate) {
    return {.device = &device,
            .method = Method::download,
            .packed = {},
            .fate = fate,
            .then = [this, &device](const Answer& answer) {
                if (answer.status != 200) {
                    return std::string();
                }
                auto file = read_download(answer.body, scratch_ / "download");
                if (!file) {
                    return "a download cannot be read: " + file.error().context;
                }
                device.replace_with(std::move(*file));
                return account().is_possible(device.contents())
                           ? std::string()
                           : "a download has what was never there";
            }};
}

MediaChanges World::some_media(std::uint64_t count) {
    MediaChanges changes;
    for (; count > 0; --count) {
        auto& content = changes[media_names[dice_.below(media_names.size())]];
        content.reset();
        if (!dice_.one_in(4)) {
            const auto size = media_sizes[dice_.below(media_sizes.size())];
            content.emplace(size, static_cast<char>(dice_.below(256)));
        }
    }
    return changes;
}

World::Sending World::media_call(const Device& device, const MediaChanges& changes,
                                 const Fate& fate) {
    const auto promise = account().may_change_media(changes);
    auto packed = zstd::pack(media::zip_of(changes));
    return {.device = &device,
            .method = Method::upload_changes,
            .packed = std::move(packed),
            .fate = fate,
            .then =
                [this](const Answer& answer) {
                    tally_.media_batches += answer.status == 200 ? 1 : 0;
                    return std::string();
                },
            .promise = promise};
}

MediaLog& World::media_log_of(const Device& device) {
    return media_logs_[static_cast<std::size_t>(device.number())];
}

World::Sending World::media_log_call(const Device& device, const Fate& fate) {
    auto& log = media_log_of(device);
    return {.device = &device,
            .method = Method::media_changes,
            .packed = zstd::pack(log.request()),
            .fate = fate,
            .then = [this, &log](const Answer& answer) {
                if (answer.status != 200) {
                    return std::string();
                }
                auto found = log.take(answer.body);
                return found.empty() && !account().had_media(log.sums())
                           ? "the log of media leads to what was never there"
                           : found;
            }};
}

}  // namespace ankiwire::sim
