#include <gmock/gmock.h>

#include <memory>
#include <mutex>
#include <thread>

#include "conformance/exchange.hpp"
#include "conformance/listener.hpp"

namespace ankiwire::conformance {
namespace {

using testing::Contains;
using testing::Pair;

// A listener that serves on a thread of its own, until the end of its scope.
class Serving {
public:
    explicit Serving(Listener::Handler handler)
        : listener_(Listener::open("127.0.0.1:0", std::move(handler)).value()),
          thread_([this] { listener_->run(/*signals=*/false); }) {}
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    ~Serving() {
        listener_->stop();
        thread_.join();
    }
    [[nodiscard]] HttpClient client(const std::string& path = "/") const {
        return {*parse_url("http://" + listener_->address() + path), {}};
    }

private:
    std::unique_ptr<Listener> listener_;
    std::thread thread_;
};

HttpRequest request(const std::string& path, const std::string& body, bool chunked) {
    HttpRequest made;
    made.path = path;
    made.headers = {{"anki-sync", R"({"k":"x"})"}, {"X-Odd", "1"}};
    made.body = body;
    made.chunked = chunked;
    return made;
}

class ProxyTest : public testing::Test {
protected:
    HttpRequest seen;
    Serving server{[this](HttpRequest request) {
        seen = std::move(request);
        return HttpReply{.status = 409,
                         .headers = {{"anki-original-size", "7"}},
                         .body = "\0no\xff" + seen.body};
    }};
    Serving proxy{[target = server.client("/below/")](HttpRequest request) {
        auto reply = forward(target, std::move(request));
        return reply ? std::move(*reply) : HttpReply{.status = 502, .headers = {}, .body = {}};
    }};
};

TEST_F(ProxyTest, passes_on_what_it_gets) {
    for (const bool chunked : {true, false}) {
        const std::string body(200'000, 'x');
        const auto reply = proxy.client().send(request("/sync/meta?a=b", body, chunked));
        ASSERT_TRUE(reply) << reply.error().context;
        EXPECT_EQ(seen.verb, "POST");
        EXPECT_EQ(seen.path, "/below/sync/meta?a=b");
        EXPECT_EQ(seen.body, body);
        EXPECT_EQ(seen.chunked, chunked);
        EXPECT_THAT(seen.headers, Contains(Pair("anki-sync", R"({"k":"x"})")));
        EXPECT_THAT(seen.headers, Contains(Pair("X-Odd", "1")));
        EXPECT_EQ(reply->status, 409U);
        EXPECT_EQ(reply->headers.at("anki-original-size"), "7");
        EXPECT_EQ(reply->body, "\0no\xff" + body);
    }
}

TEST_F(ProxyTest, many_at_once) {
    std::vector<std::thread> clients;
    std::mutex mutex;
    int answered = 0;
    const Serving echo([](HttpRequest request) {
        return HttpReply{.status = 200, .headers = {}, .body = std::move(request.body)};
    });
    for (int i = 0; i < 20; ++i) {
        clients.emplace_back([&, i] {
            const auto reply = echo.client().send(request("/", std::to_string(i), true));
            const std::scoped_lock lock(mutex);
            answered += reply && reply->body == std::to_string(i) ? 1 : 0;
        });
    }
    for (auto& client : clients) {
        client.join();
    }
    EXPECT_EQ(answered, 20);
}

TEST(Listener, says_where_it_cannot_listen) {
    EXPECT_EQ(Listener::open("", {}).error().kind, ErrorKind::malformed);
    const Serving taken([](const HttpRequest&) { return HttpReply{}; });
    const auto address = taken.client().target().host + ":" + taken.client().target().port;
    EXPECT_EQ(Listener::open(address, {}).error().kind, ErrorKind::busy);
}

}  // namespace
}  // namespace ankiwire::conformance
