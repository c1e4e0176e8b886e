#include "server/form_request.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "server/server_fixture.hpp"
#include "zip/gzip.hpp"

namespace ankiwire::server {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Parts = std::vector<std::pair<std::string, std::string>>;

const std::string meta = R"({"v":10,"cv":"x"})";

std::string body_of(const Parts& parts) {
    std::string body;
    for (const auto& [name, content] : parts) {
        body += "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content +
                "\r\n";
    }
    return body + "--b--\r\n";
}

// What waits on the disk.
std::vector<std::string> forms_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (const auto name = entry.path().filename().string(); name.starts_with("form-")) {
            names.push_back(name);
        }
    }
    return names;
}

class FormTest : public ServerTest {
protected:
    static std::string form(const std::string& path, const Parts& parts) {
        const auto body = body_of(parts);
        return "POST " + path +
               " HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
               "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    [[nodiscard]] std::string key() const { return std::string(header_.host_key.reveal()); }

    [[nodiscard]] std::vector<std::string> waiting() const { return forms_in(folder_.path()); }
};

TEST_F(FormTest, is_answered_without_packing) {  // R-LEG-01, R-LEG-02, R-LEG-11
    start();
    const auto reply = connect()->ask(
        form("/sync/meta", {{"data", R"({"v":10,"cv":"x"})"}, {"s", "abc"}, {"k", key()}}));
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr("\"cont\":true"));
    EXPECT_EQ(reply.header("anki-original-size"), "");
}

TEST_F(FormTest, leaves_nothing_on_the_disk) {  // R-LIM-15
    start();
    const auto client = connect();
    const auto large = std::string(900'000, 'x');
    EXPECT_THAT(client->ask(form("/sync/upload", {{"data", large}, {"k", key()}})).body,
                HasSubstr("corrupt"));
    EXPECT_EQ(client->ask(form("/sync/upload", {{"data", large}, {"k", "unknown"}})).status, 403);
    EXPECT_EQ(client->ask(form("/msync/uploadChanges", {{"data", large}, {"sk", key()}})).status,
              400);
    EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(FormTest, that_breaks_off_leaves_nothing_on_the_disk) {  // R-LIM-15
    start();
    auto text = form("/sync/upload", {{"data", std::string(900'000, 'x')}, {"k", key()}});
    const auto client = connect();
    client->send(text.substr(0, text.size() / 2));
    client->close();
    stop();
    EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(FormTest, left_by_a_crash_goes_at_the_start) {
    std::ofstream(folder_.path() / "form-0123456789abcdef.tmp") << "x";
    start();
    EXPECT_THAT(waiting(), IsEmpty());
}

TEST_F(FormTest, has_the_limits_of_its_method) {  // R-LIM-01, R-FULL-02
    start();
    const std::string large(1'500'000, 'x');
    EXPECT_EQ(connect()->ask(form("/sync/meta", {{"k", key()}, {"data", large}})).status, 413);
    EXPECT_EQ(connect()->ask(form("/sync/meta", {{"k", key()}, {"s", large}})).status, 400);
    EXPECT_EQ(
        connect()->ask(form("/sync/meta", {{"x", large}, {"data", meta}, {"k", key()}})).status,
        200);
    EXPECT_EQ(
        connect()
            ->ask(form("/sync/meta", {{"x", std::string(20 * limits::mib, 'x')}, {"k", key()}}))
            .status,
        413);
    EXPECT_EQ(connect()
                  ->ask(form("/sync/meta", {{"c", "1"}, {"data", zip::gzip(large)}, {"k", key()}}))
                  .status,
              413);
    const auto upload = connect()->ask(form("/sync/upload", {{"data", large}, {"k", key()}}));
    EXPECT_EQ(upload.status, 200);
    EXPECT_EQ(upload.body, "collection exceeds size limit");
    // It is not the collection that is too large here.
    EXPECT_EQ(connect()->ask(form("/sync/upload", {{"k", large}})).status, 400);
}

TEST_F(FormTest, is_known_by_its_type_in_any_case) {  // R-LEG-01
    start();
    auto request = form("/sync/meta", {{"data", meta}, {"k", key()}});
    const std::string type = "multipart/form-data; boundary";
    request.replace(request.find(type), type.size(), "Multipart/Form-Data; Boundary");
    EXPECT_EQ(connect()->ask(request).status, 200);
}

TEST_F(FormTest, is_of_whom_its_last_key_names) {  // R-LEG-08, R-LEG-36
    start();
    const auto status = [this](const Parts& keys) {
        Parts parts{{"data", meta}};
        parts.insert(parts.end(), keys.begin(), keys.end());
        return connect()->ask(form("/sync/meta", parts)).status;
    };
    EXPECT_EQ(status({{"k", ""}, {"sk", key()}}), 200);
    EXPECT_EQ(status({{"k", "wrong"}, {"sk", key()}}), 200);
    EXPECT_EQ(status({{"sk", "wrong"}, {"k", key()}}), 200);
    EXPECT_EQ(status({{"k", key()}, {"sk", "wrong"}}), 403);
}

TEST_F(FormTest, may_name_the_client_in_the_data_of_begin) {  // R-LEG-30
    start();
    const auto begin = [this](const Parts& parts) {
        return connect()->ask(form("/msync/begin", parts));
    };
    const auto reply = begin({{"data", R"({"v":"x"})"}, {"k", key()}});
    EXPECT_EQ(reply.status, 200);
    EXPECT_THAT(reply.body, HasSubstr(R"("sk":")" + key()));
    EXPECT_EQ(begin({{"data", R"({"v":5})"}, {"v", "x"}, {"k", key()}}).status, 200);
    EXPECT_EQ(begin({{"data", "{}"}, {"k", key()}}).status, 400);
    EXPECT_EQ(begin({{"k", key()}}).status, 400);
}

// Forms alone, which have room for 1000 bytes in memory and for 2000 on the disk.
class FormsTest : public testing::Test {
protected:
    class Body final : public RequestBody {
    public:
        explicit Body(std::string bytes) : bytes_(std::move(bytes)) {}
        asio::awaitable<Result<std::string_view>> next() override {
            const auto piece = std::string_view(bytes_).substr(at_, 100);
            at_ += piece.size();
            co_return piece;
        }

    private:
        std::string bytes_;
        std::size_t at_ = 0;
    };

    Result<FormRequest> receive(wire::Method method, std::size_t data_bytes) {
        Body body(body_of({{"data", std::string(data_bytes, 'x')}}));
        const RequestHead head{.verb = Verb::post,
                               .path = {},
                               .query = {},
                               .sync_header = std::nullopt,
                               .content_type = "multipart/form-data; boundary=b",
                               .address = {}};
        std::optional<Result<FormRequest>> form;
        const auto job = [&]() -> asio::awaitable<void> {
            form = co_await forms_.receive(head, body, method, limits::mib);
        };
        asio::co_spawn(lanes_.lanes().workers, job(), asio::use_future).get();
        return std::move(*form);
    }
    static bool is_busy(const Result<FormRequest>& form) {
        return !form && form.error().kind == ErrorKind::busy;
    }

    files::TempFolder folder_;
    LaneThreads lanes_{2};
    Budget bodies_{1000, "memory"};
    Forms forms_{lanes_.lanes(), bodies_, folder_.path(), 2000};
};

TEST_F(FormsTest, that_are_held_have_a_budget) {  // R-LIM-06
    auto first = receive(wire::Method::meta, 600);
    ASSERT_TRUE(first);
    EXPECT_EQ(bodies_.used(), 600U);
    EXPECT_TRUE(is_busy(receive(wire::Method::meta, 600)));
    EXPECT_EQ(bodies_.used(), 600U);
    first->data.reset();
    EXPECT_TRUE(receive(wire::Method::meta, 600));
    EXPECT_EQ(bodies_.used(), 0U);
}

TEST_F(FormsTest, with_files_wait_on_the_disk_within_a_limit) {  // R-LIM-15
    for (const auto method : {wire::Method::upload, wire::Method::upload_changes}) {
        auto first = receive(method, 1500);
        ASSERT_TRUE(first);
        EXPECT_EQ(bodies_.used(), 0U);
        ASSERT_THAT(forms_in(folder_.path()), SizeIs(1));
        EXPECT_EQ(fs::file_size(folder_.path() / forms_in(folder_.path())[0]), 1500U);
        EXPECT_TRUE(is_busy(receive(method, 1500)));
        first->data.reset();
        EXPECT_TRUE(receive(method, 1500));
        EXPECT_THAT(forms_in(folder_.path()), IsEmpty());
    }
}

}  // namespace
}  // namespace ankiwire::server
