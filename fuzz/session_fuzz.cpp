// Contract of the whole server above its sockets, for any calls of several devices of two accounts:
// each is answered, and with no status of 500 or more but 501; what is stored is sound, and is as
// before if no call has answered that it has changed something; media files are those of their
// rows.
//
// Input: a call in each line: account, session key, form, method (tables below), body. `@` as a
// body is made of the reply before. Each input has a server and folders of its own, so that no
// input depends on others; `a` begins with a collection, `b` is new.
#include <spdlog/spdlog.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/hex.hpp"
#include "collection/collection_store.hpp"
#include "collections.hpp"
#include "files/temp_folder.hpp"
#include "media/media_store.hpp"
#include "media/sha1.hpp"
#include "media_batch.hpp"
#include "rig/rig.hpp"
#include "wire/messages.hpp"
#include "wire/sync_header.hpp"
#include "zip/gzip.hpp"
#include "zstd/stream.hpp"

using namespace ankiwire;
using wire::Method;

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 2> accounts{"a", "b"};
constexpr std::array<std::string_view, 4> session_keys{"", "one", "two", "three"};
constexpr TimestampMs long_ago{1'700'000'000'000};
constexpr std::size_t calls_max = 60;

constexpr std::string_view method_letters = "kmsgctrnfaUDbCulMRT";
constexpr char restart = 'R';
constexpr char tick = 'T';
constexpr std::array methods{Method::host_key,       Method::meta,          Method::start,
                             Method::apply_graves,   Method::apply_changes, Method::chunk,
                             Method::apply_chunk,    Method::sanity_check,  Method::finish,
                             Method::abort,          Method::upload,        Method::download,
                             Method::begin,          Method::media_changes, Method::upload_changes,
                             Method::download_files, Method::media_sanity};

enum class Form { header, gzip_form, plain_form, query, raw_header, broken };

struct Call {
    std::string_view user;
    std::string_view session_key;
    Form form;
    Method method;
    std::string body;
};

// What bodies are made of.
struct Seeds {
    Seeds() {
        spdlog::set_level(spdlog::level::off);
        fuzz::make_collection(folder.path() / "begin", "two-of-each");
        for (const char* name : {"empty", "objects", "one-note", "schema-11"}) {
            fuzz::make_collection(folder.path() / name, name);
            uploads.push_back(fuzz::bytes_of(folder.path() / name));
        }
    }
    files::TempFolder folder;
    std::vector<std::string> uploads;
};

const Seeds& seeds() {
    static const Seeds all;
    return all;
}

// "name=content|name=content|name|": the last one is deleted.
std::string media_zip(std::string_view text) {
    std::vector<media::Change> changes;
    while (!text.empty()) {
        const auto change = text.substr(0, text.find('|'));
        text.remove_prefix(std::min(change.size() + 1, text.size()));
        changes.push_back(fuzz::media_change(change));
    }
    return media::zip_of(changes);
}

// What a device could say next: the server's own rows and counts.
std::string body_of_reply(Method method, const std::string& reply) {
    switch (method) {
        case Method::apply_graves:
        case Method::apply_chunk:
            return R"({"chunk":)" + reply + "}";
        case Method::apply_changes:
            return R"({"changes":)" + reply + "}";
        case Method::sanity_check: {
            const auto at = std::min(reply.find(R"("s":)") + 4, reply.size());
            return R"({"client":)" + reply.substr(at);
        }
        default:
            return reply;
    }
}

std::string body_of(Method method, std::string_view text, const std::string& last_reply) {
    if (text == "@") {
        return body_of_reply(method, last_reply);
    }
    if (method == Method::upload && text.size() == 1) {
        const auto& uploads = seeds().uploads;
        return uploads[static_cast<unsigned char>(text[0]) % uploads.size()];
    }
    if (method == Method::upload_changes && !text.starts_with('#')) {
        return media_zip(text);
    }
    return std::string(text);
}

std::string form_of(const Call& call) {
    std::string body;
    const auto add = [&body](std::string_view name, std::string_view value) {
        body += "--x\r\nContent-Disposition: form-data; name=\"";
        ((body += name) += "\"\r\n\r\n") += value;
        body += "\r\n";
    };
    const bool packed = call.form == Form::gzip_form;
    add("c", packed ? "1" : "0");
    add("k", call.user);
    add("s", call.session_key);
    add("data", packed ? zip::gzip(call.body) : call.body);
    return body + "--x--\r\n";
}

rig::Answer make(rig::Rig& server, const Call& call) {
    const auto path = rig::path_of(call.method);
    const auto head = rig::head_of_11(call.user, call.method, call.session_key);
    switch (call.form) {
        case Form::gzip_form:
        case Form::plain_form:
            return server.post({.head = {.verb = server::Verb::post,
                                         .path = path,
                                         .query = {},
                                         .sync_header = {},
                                         .content_type = "multipart/form-data; boundary=x",
                                         .address = {}},
                                .body = form_of(call)});
        case Form::query:
            return server.post({.head = {.verb = server::Verb::get,
                                         .path = path,
                                         .query = "k=" + std::string(call.user) + "&v=" + call.body,
                                         .sync_header = {},
                                         .content_type = {},
                                         .address = {}},
                                .body = {}});
        case Form::raw_header:
            return server.post({head, call.body});
        case Form::header:
        case Form::broken:
            break;
    }
    rig::Request request{head, zstd::pack(call.body)};
    if (call.form == Form::broken) {
        request.pace.breaks_after = request.body.size() / 2;
    }
    return server.post(request);
}

// --- what must hold afterwards ---

struct Stored {
    collection::CollectionState state;
    SanityCounts counts;
    friend bool operator==(const Stored&, const Stored&) = default;
};

Stored stored_in(const fs::path& folder) {
    auto store = collection::CollectionStore::open(folder / "collection.anki2", long_ago);
    CHECK(store && store->begin());
    const auto pending = store->has_pending_rows();
    CHECK(pending && !*pending);
    const auto counts = store->counts();
    CHECK(counts);
    store->rollback();
    const auto state = store->committed();
    CHECK(store->close());
    auto db = sqlite::Database::open(folder / "collection.anki2", {});
    CHECK(db);
    const auto verdict = db->query_text("pragma integrity_check(1)");
    CHECK(verdict && *verdict == "ok");
    return {state, *counts};
}

void check_media(const fs::path& folder) {
    auto store = media::MediaStore::open(folder, to_secs(long_ago));
    CHECK(store);
    const auto changes = store->changes_after({0});
    CHECK(changes);
    std::int64_t live = 0;
    for (const auto& change : *changes) {
        if (change.sha1_hex.empty()) {
            continue;
        }
        ++live;
        const auto file = files::open_for_reading(folder / "media" / change.name);
        CHECK(file);
        const auto sum = media::sha1_of(*file);
        CHECK(sum && hex_of(*sum) == change.sha1_hex);
    }
    const auto count = store->file_count();
    CHECK(count && *count == live);
    CHECK(store->close());
}

Stored stored_at_first() {
    static const Stored before = [] {
        const files::TempFolder folder;
        fs::copy_file(seeds().folder.path() / "begin", folder.path() / "collection.anki2");
        return stored_in(folder.path());
    }();
    return before;
}

// --- the calls ---

bool changes_the_collection(Method method) {
    return method == Method::finish || method == Method::upload || method == Method::download;
}

class Play {
public:
    Play() {
        fs::create_directory(folder_a());
        fs::copy_file(seeds().folder.path() / "begin", folder_a() / "collection.anki2");
        server_.emplace(base_.path());
    }

    void call(std::string_view line) {
        if (line.size() < 4) {
            return;
        }
        const char letter = line[3];
        const auto index = method_letters.find(letter);
        if (letter == restart) {
            server_.reset();
            server_.emplace(base_.path());
        } else if (letter == tick) {
            server_->tick();
        } else if (index != std::string_view::npos) {
            const auto method = methods.at(index);
            make_call({.user = accounts.at(line[0] == 'b'),
                       .session_key = session_keys.at(line[1] & 3),
                       .form = form_of(line[2]),
                       .method = method,
                       .body = body_of(method, line.substr(4), last_.body)});
        }
    }

    void check() {
        server_.reset();
        const auto now = stored_in(folder_a());
        CHECK(may_have_changed_ || now == stored_at_first());
        check_media(folder_a());
        const auto folder_b = base_.path() / "b";
        if (fs::exists(folder_b / "collection.anki2")) {
            stored_in(folder_b);
        }
        if (fs::exists(folder_b)) {
            check_media(folder_b);
        }
    }

private:
    [[nodiscard]] fs::path folder_a() const { return base_.path() / "a"; }

    static Form form_of(char letter) {
        constexpr std::string_view letters = "hgpqxb";
        const auto at = letters.find(letter);
        return at == std::string_view::npos ? Form::header : static_cast<Form>(at);
    }

    void make_call(const Call& call) {
        last_ = make(*server_, call);
        CHECK(last_.status < 500 || last_.status == 501);
        CHECK(last_.status >= 200 || call.form == Form::broken);
        may_have_changed_ |=
            call.user == "a" && last_.status == 200 && changes_the_collection(call.method);
    }

    files::TempFolder base_;
    std::optional<rig::Rig> server_;
    rig::Answer last_;
    bool may_have_changed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    Play play;
    for (std::size_t calls = 0; !rest.empty() && calls < calls_max; ++calls) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        play.call(line);
    }
    play.check();
    return 0;
}
