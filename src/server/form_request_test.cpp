#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server/server_fixture.hpp"
#include "zip/gzip.hpp"

namespace ankiwire::server {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class FormTest : public ServerTest {
protected:
    using Parts = std::vector<std::pair<std::string, std::string>>;

    static std::string form(const std::string& path, const Parts& parts) {
        std::string body;
        for (const auto& [name, content] : parts) {
            body += "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" +
                    content + "\r\n";
        }
        body += "--b--\r\n";
        return "POST " + path +
               " HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
               "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    [[nodiscard]] std::string key() const { return std::string(header_.host_key.reveal()); }

    // What waits on the disk.
    [[nodiscard]] std::vector<std::string> waiting() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path())) {
            if (const auto name = entry.path().filename().string(); name.starts_with("form-")) {
                names.push_back(name);
            }
        }
        return names;
    }
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
    EXPECT_EQ(connect()->ask(form("/sync/meta", {{"k", key()}, {"s", large}})).status, 413);
    EXPECT_EQ(connect()
                  ->ask(form("/sync/meta", {{"c", "1"}, {"data", zip::gzip(large)}, {"k", key()}}))
                  .status,
              413);
    const auto upload = connect()->ask(form("/sync/upload", {{"data", large}, {"k", key()}}));
    EXPECT_EQ(upload.status, 200);
    EXPECT_EQ(upload.body, "collection exceeds size limit");
}

}  // namespace
}  // namespace ankiwire::server
