#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <future>
#include <sstream>
#include <thread>

#include "server/server_fixture.hpp"
#include "sqlite/db.hpp"

namespace ankiwire::server {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

const std::string get_health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(ServerTest, is_healthy) {  // R-TRANS-13
    start();
    const auto client = connect();
    EXPECT_EQ(client->ask(get_health).status, 200);
    client->send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client->read(/*to_head=*/true).status, 200);
    EXPECT_EQ(client->ask(get_health).status, 200);
}

TEST_F(ServerTest, shows_its_page_wherever_a_base_address_may_end) {  // R-TRANS-14
    start();
    const auto client = connect();
    for (const auto* path : {"/", "/?x", "/anki/", "/sync/", "//anki//msync/"}) {
        const auto page = client->ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(page.status, 200) << path;
        EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8") << path;
        EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
        EXPECT_THAT(page.body, testing::EndsWith("</html>\n")) << path;
    }
    client->send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(client->read(/*to_head=*/true).status, 200);
}

TEST_F(ServerTest, logs_in_by_name_and_password_alone) {  // R-AUTH-01, R-AUTH-02
    start();
    const auto key = header_.host_key;
    header_.host_key = HostKey();
    EXPECT_EQ(good("hostKey", R"({"u":"alice","p":"pass"})"), R"({"key":")" + key.reveal() + "\"}");
    EXPECT_EQ(call("hostKey", R"({"u":"alice","p":"Pass"})").status, 403);
    EXPECT_EQ(call("hostKey", R"({"u":"bob","p":"pass"})").status, 403);
    EXPECT_EQ(call("hostKey", R"({"u":"alice"})").status, 400);
}

// R-TRANS-01, R-TRANS-08, R-TRANS-09, R-TRANS-10, R-FINISH-02
TEST_F(ServerTest, carries_a_whole_sync) {
    start();
    const auto before = good("meta", meta_request);
    EXPECT_EQ(good("start", R"({"minUsn":0,"lnewer":false,"graves":null})"),
              R"({"cards":[],"decks":[],"notes":[]})");
    EXPECT_EQ(good("applyGraves", R"({"chunk":{"cards":[],"notes":[],"decks":[]}})"), "null");
    good("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})");
    good("chunk", R"({"_pad":null})");
    EXPECT_EQ(good("applyChunk", R"({"chunk":{"done":true}})"), "null");
    EXPECT_THAT(good("finish", "{}"), testing::MatchesRegex("[0-9]+"));
    EXPECT_NE(good("meta", meta_request), before);
    EXPECT_EQ(call("finish", "{}").status, 409);
}

TEST_F(ServerTest, keeps_a_connection_through_good_and_bad_requests) {  // R-ERR-05
    start();
    const auto client = connect();
    const auto meta = post("/sync/meta", zstd::pack(meta_request));
    for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
             {meta, 200},
             {post("/sync/meta", "not zstd"), 400},
             {post("/sync/nothing", "body"), 404},
             {post("/sync/chunk", zstd::pack("{}")), 409},
             {post("/sync/meta", zstd::pack(std::string(1U << 20U, 'x'))), 413},
             {get_health, 200},
             {meta, 200},
         }) {
        const auto reply = client->ask(request);
        EXPECT_EQ(reply.status, status) << request.substr(0, 40);
        EXPECT_TRUE(reply.keep_alive);
    }
}

// R-TRANS-07
TEST_F(ServerTest, takes_bodies_of_known_length_and_in_chunks_and_requests_in_advance) {
    start();
    const auto packed = zstd::pack(meta_request);
    const auto client = connect();
    client->send(post("/sync/meta", packed) + post("/sync/meta", packed, /*chunked=*/true) +
                 post("/sync/meta", zstd::pack(std::string(5000, ' ') + meta_request), true));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client->read().status, 200);
    }
}

TEST_F(ServerTest, says_continue_only_when_it_wants_the_body) {  // R-ERR-02
    start();
    const auto packed = zstd::pack(meta_request);
    const auto text = post("/sync/meta", packed, false, "Expect: 100-continue\r\n");
    const auto head = text.substr(0, text.size() - packed.size());
    const auto client = connect();
    EXPECT_EQ(client->ask(head).status, 100);
    EXPECT_EQ(client->ask(packed).status, 200);

    header_.host_key = HostKey("wrong");
    const auto refused = client->ask(post("/sync/upload", "", false, "Expect: 100-continue\r\n"));
    EXPECT_EQ(refused.status, 403);

    const auto other = connect();
    const auto big = other->ask(
        "POST /sync/upload HTTP/1.1\r\nHost: x\r\nanki-sync: " + wire::encode_sync_header(header_) +
        "\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    EXPECT_EQ(big.status, 403);
    EXPECT_FALSE(big.keep_alive);
    EXPECT_TRUE(other->is_closed());
}

TEST_F(ServerTest, finds_the_method_in_any_reasonable_path) {  // R-TRANS-02, R-ERR-02
    start();
    const auto client = connect();
    for (const auto* path : {"/sync/meta", "/meta", "/prefix/sync/meta", "//sync//meta",
                             "/sync/meta/", "/sync/meta?x=y"}) {
        EXPECT_EQ(client->ask(post(path, zstd::pack(meta_request))).status, 200) << path;
    }
    for (const auto* path :
         {"/", "/sync/", "/sync/Meta", "/sync/meta/x", "/msync/Begin", "/msync/media"}) {
        EXPECT_EQ(client->ask(post(path, "")).status, 404) << path;
    }
    EXPECT_EQ(client->ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
    for (const auto* path : {"/sync/meta", "/sync/meta/"}) {
        const auto get = client->ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(get.status, 405) << path;
        EXPECT_EQ(get.header("Allow"), "POST") << path;
    }
}

// R-TRANS-03, R-AUTH-03, R-ERR-03, R-ERR-06
TEST_F(ServerTest, refuses_headers_that_it_does_not_understand) {
    start();
    const auto client = connect();
    const auto ask = [&](const std::string& header_line) {
        return client->ask("POST /sync/meta HTTP/1.1\r\nHost: x\r\n" + header_line +
                           "Content-Length: 0\r\n\r\n");
    };
    EXPECT_EQ(ask("").status, 400);
    EXPECT_EQ(ask("anki-sync: {\r\n").status, 400);
    EXPECT_EQ(ask("anki-sync: {\"v\":12,\"k\":\"\",\"c\":\"\",\"s\":\"\"}\r\n").status, 400);
    EXPECT_EQ(ask("anki-sync: {\"v\":11,\"k\":\"x\",\"c\":\"\",\"s\":\"\"}\r\n").status, 403);
    // A form without its boundary (R-LEG-01).
    EXPECT_EQ(ask("Content-Type: multipart/form-data; boundary=x\r\n").status, 400);
    EXPECT_EQ(ask("Content-Type: multipart/form-data\r\n").status, 400);
    EXPECT_EQ(ask("Content-Type: multipart/mixed; boundary=x\r\n").status, 400);
}

TEST_F(ServerTest, tells_a_client_of_another_version_to_update) {  // R-META-04
    start();
    EXPECT_EQ(call("meta", R"({"v":12,"cv":"x"})").status, 501);
}

TEST_F(ServerTest, stops_reading_a_body_that_is_too_large) {  // R-LIM-01
    start();
    const auto client = connect();
    client->send(post("/sync/meta", std::string(70'000, 'x')));
    EXPECT_EQ(client->read().status, 413);
    client->send(post("/sync/meta", std::string(1U << 20U, 'x')));
    EXPECT_EQ(client->read().status, 413);
    client->send(
        "POST /sync/meta HTTP/1.1\r\nHost: x\r\nanki-sync: " + wire::encode_sync_header(header_) +
        "\r\nContent-Length: 99999999\r\n\r\n" + std::string(3U << 20U, 'x'));
    const auto reply = client->read();
    EXPECT_EQ(reply.status, 413);
    EXPECT_FALSE(reply.keep_alive);
}

TEST_F(ServerTest, carries_a_long_reply) {  // R-TRANS-08
    start();
    const auto tag_of = [](std::uint64_t i) {
        return '"' + std::to_string(i * 11400714819323198485U) + '"';
    };
    std::string tags = tag_of(0);
    for (std::uint64_t i = 1; i < 20'000; ++i) {
        tags += ',' + tag_of(i);
    }
    good("start", R"({"minUsn":0,"lnewer":false})");
    good("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":[)" + tags + "]}}");
    const auto reply =
        call("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})");
    EXPECT_GT(reply.body.size(), body_piece_bytes_max);
    // Not by a matcher, which would print all of it.
    EXPECT_NE(reply.unpacked().find(tag_of(19'999)), std::string::npos);
}

TEST_F(ServerTest, counts_the_values_of_a_body_not_only_its_bytes) {  // R-LIM-06
    options_.bodies_bytes_max = 50'000;
    start();
    const auto body = [](const std::string& tag) {
        std::string tags = tag;
        for (int i = 0; i < 1000; ++i) {
            tags += "," + tag;
        }
        return R"({"changes":{"models":[],"decks":[[],[]],"tags":[)" + tags + "]}}";
    };
    good("start", R"({"minUsn":0,"lnewer":false})");
    EXPECT_EQ(call("applyChanges", body(R"("")")).status, 503);
    good("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":[")" +
                             std::string(10'000, 'x') + "\"]}}");
}

TEST_F(ServerTest, has_a_budget_for_the_bodies_of_all) {  // R-LIM-06, R-ERR-04
    options_.bodies_bytes_max = 1000;
    start();
    EXPECT_EQ(call("meta", meta_request).status, 200);
    const auto reply = call("meta", std::string(2000, ' ') + meta_request);
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.header("Retry-After"), "5");
    EXPECT_EQ(call("meta", meta_request).status, 200);
}

TEST_F(ServerTest, refuses_what_is_not_http) {
    options_.http.header_bytes_max = 2000;
    start();
    EXPECT_EQ(connect()->ask("\x16\x03\x01 tls hello\r\n\r\n").status, 400);
    const auto reply =
        connect()->ask("GET / HTTP/1.1\r\nx: " + std::string(3000, 'x') + "\r\n\r\n");
    EXPECT_EQ(reply.status, 431);
    EXPECT_FALSE(reply.keep_alive);
}

TEST_F(ServerTest, does_not_wait_for_ever_for_a_header) {
    options_.http.header_time = 50ms;
    start();
    const auto client = connect();
    client->send("POST /sync/meta HTTP/1.1\r\nHos");
    EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerTest, does_not_wait_for_ever_for_a_body) {  // R-LIM-10
    options_.http.body_stall_time = 50ms;
    options_.http.linger_time = 50ms;
    start();
    const auto client = connect();
    client->send("POST /sync/meta HTTP/1.1\r\nHost: x\r\nanki-sync: " +
                 wire::encode_sync_header(header_) + "\r\nContent-Length: 100\r\n\r\nx");
    EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerTest, does_not_wait_for_a_body_that_trickles_in) {  // R-LIM-10
    options_.http.body_stall_time = 500ms;
    options_.http.linger_time = 500ms;
    start();
    // Of a known method, and of none: the body is then read only to keep the connection.
    for (const auto* path : {"/sync/applyChunk", "/sync/nothing"}) {
        const auto client = connect();
        client->send("POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nanki-sync: " +
                     wire::encode_sync_header(header_) + "\r\nContent-Length: 100000\r\n\r\n");
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        bool broken = false;
        while (!broken && std::chrono::steady_clock::now() < deadline) {
            broken = !client->try_send("x");
            std::this_thread::sleep_for(10ms);
        }
        EXPECT_TRUE(broken) << path;
    }
}

TEST_F(ServerTest, takes_a_few_full_syncs_of_one_account_at_once) {  // R-LIM-07
    start();
    const auto head =
        "POST /sync/upload HTTP/1.1\r\nHost: x\r\nanki-sync: " + wire::encode_sync_header(header_) +
        "\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n";
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < limits::account_transfers_max; ++i) {
        clients.push_back(connect());
        EXPECT_EQ(clients.back()->ask(head).status, 100);
    }
    EXPECT_EQ(connect()->ask(head).status, 503);
    EXPECT_EQ(call("download", "{}").status, 503);
    EXPECT_EQ(call("meta", meta_request).status, 200);
}

TEST_F(ServerTest, does_not_keep_an_idle_connection_for_ever) {
    options_.http.idle_time = 50ms;
    start();
    const auto client = connect();
    EXPECT_EQ(client->ask(get_health).status, 200);
    EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerTest, logs_a_line_for_each_request_with_the_nearest_proxys_address_and_no_secret) {
    environment_["SYNC_IP_HEADER"] = "RightmostXForwardedFor";
    std::ostringstream log;
    const auto logger_before = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
    start();
    call("hostKey", R"({"u":"alice","p":"pass"})");
    call("hostKey", R"({"u":"alice","p":"secret word"})");
    EXPECT_EQ(connect()
                  ->ask(post("/sync/meta", zstd::pack(meta_request), false,
                             "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2, "
                             "192.0.2.3\r\n"))
                  .status,
              200);
    EXPECT_EQ(connect()->ask("nonsense\r\n\r\n").status, 400);
    stop();
    spdlog::set_default_logger(logger_before);
    EXPECT_THAT(log.str(), HasSubstr("method=meta status=200 user=alice"));
    EXPECT_THAT(log.str(), HasSubstr("status=400 ms=0.0 in=0 out=0 ip=127.0.0.1"));
    EXPECT_THAT(log.str(), HasSubstr("ip=192.0.2.3"));
    for (const auto& secret : {header_.host_key.reveal(), std::string("secret word"),
                               std::string("192.0.2.1"), std::string("pass\"")}) {
        EXPECT_THAT(log.str(), testing::Not(HasSubstr(secret)));
    }
}

TEST_F(ServerTest, refuses_connections_beyond_its_limit_if_all_are_at_work) {  // R-ERR-04
    options_.connections_max = 1;
    start();
    const auto first = connect();
    EXPECT_EQ(first->ask(upload_head()).status, 100);
    const auto second = connect();
    const auto reply = second->ask(get_health);
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.header("Retry-After"), "5");
    EXPECT_FALSE(reply.keep_alive);
    EXPECT_EQ(first->ask("x").status, 200);  // a corrupt upload
}

// R-LIM-16
TEST_F(ServerTest, gives_up_the_connection_that_has_waited_longest_for_a_new_one) {
    options_.connections_max = 3;
    start();
    const auto used = connect();
    EXPECT_EQ(used->ask(get_health).status, 200);
    const auto silent = connect();
    const auto half = connect();
    EXPECT_EQ(half->ask(get_health).status, 200);  // so those that came before are known as well
    half->send("POST /sync/hostKey HTTP/1.1\r\nHost: x\r\n");
    EXPECT_EQ(used->ask(get_health).status, 200);  // and waits anew
    for (const auto* waiting : {&silent, &half, &used}) {
        kept_.push_back(connect());
        EXPECT_EQ(kept_.back()->ask(get_health).status, 200);
        EXPECT_TRUE((*waiting)->is_closed());
    }
}

// R-LIM-16
TEST_F(ServerTest, gives_up_a_login_whose_body_does_not_come) {
    options_.connections_max = 1;
    start();
    const auto slow = connect();
    header_.host_key = HostKey("");
    EXPECT_EQ(slow->ask(upload_head("hostKey")).status, 100);
    EXPECT_EQ(connect()->ask(get_health).status, 200);
    EXPECT_TRUE(slow->is_closed());
}

TEST_F(ServerTest, lets_a_running_request_end_when_it_stops) {
    start();
    const auto idle = connect();
    EXPECT_EQ(idle->ask(get_health).status, 200);
    const auto packed = zstd::pack(meta_request);
    const auto text = post("/sync/meta", packed, false, "Expect: 100-continue\r\n");
    const auto busy = connect();
    EXPECT_EQ(busy->ask(text.substr(0, text.size() - packed.size())).status, 100);

    auto stopped = std::async(std::launch::async, [this] { return server_->stop(); });
    EXPECT_TRUE(idle->is_closed());
    const auto reply = busy->ask(packed);
    EXPECT_EQ(reply.status, 200);
    EXPECT_FALSE(reply.keep_alive);
    busy->close();
    EXPECT_TRUE(stopped.get());
}

TEST_F(ServerTest, breaks_off_a_request_that_does_not_end_when_it_stops) {
    options_.stop_time = 50ms;
    start();
    const auto client = connect();
    EXPECT_EQ(client->ask(upload_head()).status, 100);
    EXPECT_TRUE(server_->stop());
    EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerTest, rolls_a_running_sync_back_when_it_stops) {  // R-SESS-01
    start();
    good("meta", meta_request);
    good("start", R"({"minUsn":0,"lnewer":false})");
    good("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":["lost"]}})");
    stop();
    start();
    EXPECT_EQ(call("finish", "{}").status, 409);
    good("start", R"({"minUsn":0,"lnewer":false})");
    EXPECT_THAT(good("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":[]}})"),
                testing::Not(HasSubstr("lost")));
}

// R-SESS-05, R-STORE-05
TEST_F(ServerTest, rolls_an_idle_sync_back_and_releases_its_file_without_a_further_request) {
    // Long enough for two calls on a busy machine.
    options_.idle = {.session_ms = 2000, .account_ms = 50};
    options_.tick_time = 10ms;
    start();
    good("start", R"({"minUsn":0,"lnewer":false})");
    good("applyChanges", R"({"changes":{"models":[],"decks":[[],[]],"tags":["lost"]}})");
    const auto tags_seen_by_another_program = [&]() -> Result<std::int64_t> {
        TRY_ASSIGN(auto db, sqlite::Database::open(account_folder() / "collection.anki2", {}));
        return db.query_int64("select count(*) from tags");
    };
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    auto tags = tags_seen_by_another_program();
    while (!tags && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(5ms);  // nothing tells another program of the release
        tags = tags_seen_by_another_program();
    }
    ASSERT_TRUE(tags) << tags.error().context;
    EXPECT_EQ(*tags, 0);
    EXPECT_EQ(call("finish", "{}").status, 409);
}

TEST_F(ServerTest, does_not_open_the_media_of_an_idle_account_to_tell_their_usn) {
    options_.idle = {.session_ms = 2000, .account_ms = 50};
    options_.tick_time = 10ms;
    start();
    EXPECT_THAT(good("meta", meta_request), HasSubstr(R"("media_usn":0)"));
    const auto log = account_folder() / "media.db-wal";
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (std::filesystem::exists(log) && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(5ms);  // nothing tells of the release
    }
    EXPECT_THAT(good("meta", meta_request), HasSubstr(R"("media_usn":0)"));
    EXPECT_FALSE(std::filesystem::exists(log));
}

}  // namespace
}  // namespace ankiwire::server
