#include "conformance/http_client.hpp"

#include <gmock/gmock.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <thread>

namespace ankiwire::conformance {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

// Answers one request with these bytes, once it has read its head: nothing else is read. The
// connection stays open.
class OneReply {
public:
    explicit OneReply(std::string bytes)
        : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          thread_([this, bytes = std::move(bytes)] { serve(bytes); }) {}
    OneReply(const OneReply&) = delete;
    OneReply& operator=(const OneReply&) = delete;
    ~OneReply() { end(); }

    // Sends it there.
    Result<HttpReply> reply_to(const HttpRequest& request) const {
        const auto endpoint = acceptor_.local_endpoint();
        const Target target{.tls = false,
                            .host = endpoint.address().to_string(),
                            .port = std::to_string(endpoint.port()),
                            .path = "/"};
        return HttpClient(target, {.ca_file = {}, .timeout = std::chrono::seconds(3)})
            .send(request);
    }
    // The head of the request.
    std::string head() {
        end();
        return head_;
    }

private:
    void serve(const std::string& bytes) {
        boost::system::error_code ignored;
        acceptor_.accept(socket_, ignored);
        asio::read_until(socket_, asio::dynamic_buffer(head_), "\r\n\r\n", ignored);
        asio::write(socket_, asio::buffer(bytes), ignored);
    }
    void end() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    asio::io_context context_;
    tcp::acceptor acceptor_;
    tcp::socket socket_{context_};
    std::string head_;
    std::thread thread_;  // last: it uses the others
};

HttpRequest request(std::string body, std::string verb = "POST") {
    HttpRequest made;
    made.verb = std::move(verb);
    made.path = "/";
    made.body = std::move(body);
    return made;
}

TEST(HttpClient, may_be_answered_before_it_has_sent_everything) {
    OneReply server("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\n413");
    const auto reply = server.reply_to(request(std::string(50'000'000, 'x')));
    ASSERT_TRUE(reply) << reply.error().context;
    EXPECT_EQ(reply->status, 413U);
    EXPECT_EQ(reply->body, "413");
}

TEST(HttpClient, waits_for_the_reply_behind_those_that_announce_it) {
    OneReply server(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const auto reply = server.reply_to(request("{}"));
    ASSERT_TRUE(reply) << reply.error().context;
    EXPECT_EQ(reply->status, 200U);
    EXPECT_EQ(reply->body, "ok");
    EXPECT_TRUE(reply->headers.find("link") == reply->headers.end());
}

TEST(HttpClient, expects_no_body_of_a_head) {
    OneReply server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    const auto reply = server.reply_to(request("", "HEAD"));
    ASSERT_TRUE(reply) << reply.error().context;
    EXPECT_EQ(reply->headers.at("content-length"), "5");
    EXPECT_THAT(server.head(), Not(HasSubstr("chunked")));
}

TEST(HttpClient, names_a_host_of_ipv6_in_brackets) {
    EXPECT_EQ(authority("::1", "8080"), "[::1]:8080");
    EXPECT_EQ(authority("sync.example.org", "443"), "sync.example.org:443");
    OneReply server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(server.reply_to(request("")));
    EXPECT_THAT(server.head(), HasSubstr("\r\nHost: 127.0.0.1:"));
}

TEST(HttpClient, says_what_is_no_reply) {
    EXPECT_EQ(OneReply("nothing of HTTP\r\n\r\n").reply_to(request("")).error().kind,
              ErrorKind::busy);
}

}  // namespace
}  // namespace ankiwire::conformance
