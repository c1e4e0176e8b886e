// Contract of media both ways, for any names and contents: a batch is refused and nothing is there,
// or each of its names is sent back with the bytes that it came with, in a zip that can be read.
// Input: name=content in each line; a content that begins with `+` is the rest many times over.
#include <spdlog/spdlog.h>
#include <sys/mman.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "files/temp_folder.hpp"
#include "json/reader.hpp"
#include "media_batch.hpp"
#include "rig/rig.hpp"
#include "zip/reader.hpp"
#include "zstd/stream.hpp"

using namespace ankiwire;

namespace {

using Files = std::map<std::string, std::string>;

constexpr std::size_t files_max = 30;  // more than a batch may have
constexpr int bytes_of_many = 200'000;

// What is no UTF-8 JSON cannot carry.
std::string as_carried(std::string_view name) {
    std::string json;
    json::Writer(json).string(name);
    const auto document = json::Document::parse(json);
    CHECK(document);
    return std::string(*document->root().string());
}

std::vector<media::Change> changes_in(std::string_view text) {
    std::vector<media::Change> changes;
    while (!text.empty() && changes.size() < files_max) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        auto [name, content] = fuzz::media_change(line);
        if (content && content->starts_with('+')) {
            const auto piece = content->substr(1);
            for (int i = 0; i < bytes_of_many / static_cast<int>(piece.size() + 1); ++i) {
                *content += piece;
            }
        }
        changes.emplace_back(as_carried(name), std::move(content));
    }
    return changes;
}

Files files_of(std::string_view archive) {
    const files::FileDescriptor file(memfd_create("archive", MFD_CLOEXEC));
    CHECK(files::write_all(file, archive));
    const auto reader = zip::Reader::open(file, limits::media_zip_files_max + 1);
    CHECK(reader);
    std::map<std::string, std::string> contents;
    for (const auto& entry : reader->entries()) {
        CHECK(reader->read(entry, [&](std::string_view piece) -> Result<void> {
            contents[entry.name] += piece;
            return {};
        }));
    }
    const auto meta = json::Document::parse(contents.at("_meta"));
    CHECK(meta);
    Files named;
    CHECK(meta->root().object()->for_each([&](std::string_view entry, json::Value name) {
        named[std::string(*name.string())] = contents.at(std::string(entry));
        return Result<void>();
    }));
    CHECK(named.size() + 1 == contents.size());
    return named;
}

// Asks for all of them, in as many requests as the server wants.
Files download(rig::Rig& server, std::vector<std::string> names) {
    Files all;
    while (!names.empty()) {
        std::string request;
        json::Writer writer(request);
        writer.begin_object().key("files").begin_array();
        for (const auto& name : names) {
            writer.string(name);
        }
        writer.end_array().end_object();
        const auto answer = server.post(
            {rig::head_of_11("a", wire::Method::download_files, "key"), zstd::pack(request)});
        CHECK(answer.status == 200);
        const auto files = files_of(answer.body);
        CHECK(!files.empty() && files.size() <= names.size());
        for (const auto& [name, content] : files) {
            CHECK(std::erase(names, name) == 1);
            all[name] = content;
        }
    }
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    spdlog::set_level(spdlog::level::off);
    const auto changes = changes_in({reinterpret_cast<const char*>(data), size});
    const files::TempFolder folder;
    rig::Rig server(folder.path());
    const auto sent = server.post({rig::head_of_11("a", wire::Method::upload_changes, "key"),
                                   zstd::pack(media::zip_of(changes))});
    Files expected;
    if (sent.status == 200) {
        for (const auto& [name, content] : changes) {
            if (content) {
                expected[name] = *content;
            } else {
                expected.erase(name);
            }
        }
    } else {
        CHECK(sent.status == 400);
    }
    const auto count =
        server.post({rig::head_of_11("a", wire::Method::media_sanity, "key"),
                     zstd::pack("{\"local\":" + std::to_string(expected.size()) + "}")});
    CHECK(count.status == 200 && count.body == R"({"data":"OK","err":""})");
    std::vector<std::string> names;
    for (const auto& [name, content] : expected) {
        names.push_back(name);
    }
    CHECK(download(server, std::move(names)) == expected);
    return 0;
}
