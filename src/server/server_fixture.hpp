// A server in this process on a free port, and a client that can send anything.
#pragma once

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files/temp_folder.hpp"
#include "server/server.hpp"
#include "wire/sync_header.hpp"
#include "zstd/stream.hpp"

namespace ankiwire::server {

struct HttpReply {
    int status = 0;
    std::string body;
    bool keep_alive = false;
    std::function<std::string(const char*)> header;

    // What a zstd body holds; fails the test if the size in the header is another.
    [[nodiscard]] std::string unpacked() const {
        auto plain = zstd::unpack(body, std::size_t{1} << 30U);
        EXPECT_TRUE(plain);
        EXPECT_EQ(header("anki-original-size"), plain ? std::to_string(plain->size()) : "");
        return plain ? std::move(plain).value() : std::string();
    }
};

class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(context_) {
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }
    void send(const std::string& text) { boost::asio::write(socket_, boost::asio::buffer(text)); }
    // False: the server has closed.
    bool try_send(const std::string& text) {
        boost::system::error_code error;
        boost::asio::write(socket_, boost::asio::buffer(text), error);
        return !error;
    }
    HttpReply read(bool to_head = false) {
        namespace http = boost::beast::http;
        auto parser = std::make_shared<http::response_parser<http::string_body>>();
        parser->body_limit(boost::none);
        parser->skip(to_head);
        boost::system::error_code error;
        http::read(socket_, buffer_, *parser, error);
        EXPECT_FALSE(error) << error.message();
        return {.status = static_cast<int>(parser->get().result_int()),
                .body = parser->get().body(),
                .keep_alive = parser->keep_alive(),
                .header = [parser](const char* name) { return std::string(parser->get()[name]); }};
    }
    HttpReply ask(const std::string& text) {
        send(text);
        return read();
    }
    // Waits for the server to close; false if it sends something first.
    bool is_closed() {
        char byte = 0;
        boost::system::error_code error;
        return buffer_.size() == 0 &&
               socket_.read_some(boost::asio::buffer(&byte, 1), error) == 0 && error;
    }
    void close() { socket_.close(); }

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_;
    boost::beast::flat_buffer buffer_;
};

class ServerTest : public testing::Test {
protected:
    ServerTest() {
        spdlog::default_logger();  // made before there are threads, as the program does
        // Of "pass", with few iterations.
        const std::string value =
            "alice:$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$"
            "uCtUzhXnoobQvUnBSmtWv+P9GO2sUVeOVN6d26g+dYM";
        environment_ = {{"SYNC_BASE", folder_.path().string()},
                        {"SYNC_HOST", "127.0.0.1"},
                        {"SYNC_PORT", "0"},
                        {"SYNC_USER1", value},
                        {"PASSWORDS_HASHED", "1"},
                        {"MAX_SYNC_PAYLOAD_MEGS", "1"}};
        options_.http.lateness_max = std::chrono::milliseconds(10);
        header_.host_key = environment_host_key(value);
        header_.client = "26.09.3,test,linux";
        header_.session_key = {"session"};
    }
    ~ServerTest() override { stop(); }

    void start() {
        const auto parsed = parse_config(environment_);
        ASSERT_TRUE(parsed.problems.empty());
        lanes_ = std::make_unique<LaneThreads>(2);
        users_ = std::make_unique<EnvUserDirectory>(parsed.config, lanes_->lanes().passwords);
        auto server = Server::start(parsed.config, *users_, *lanes_, options_);
        ASSERT_TRUE(server) << server.error().context;
        server_ = std::move(server).value();
    }
    void stop() {
        server_.reset();
        users_.reset();
        lanes_.reset();
    }
    std::unique_ptr<RawClient> connect() { return std::make_unique<RawClient>(server_->port()); }

    // A request with a body of known length, or in chunks.
    [[nodiscard]] std::string post(const std::string& path, const std::string& body,
                                   bool chunked = false,
                                   const std::string& more_headers = {}) const {
        auto text = "POST " + path +
                    " HTTP/1.1\r\nHost: x\r\nanki-sync: " + wire::encode_sync_header(header_) +
                    "\r\n" + more_headers;
        if (!chunked) {
            return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        }
        text += "Transfer-Encoding: chunked\r\n\r\n";
        for (std::size_t at = 0; at < body.size(); at += 1000) {
            const auto piece = body.substr(at, 1000);
            char size[32];
            std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
            text += size + piece + "\r\n";
        }
        return text + "0\r\n\r\n";
    }
    // Of a body of one byte, which is sent when the server asks for it.
    [[nodiscard]] std::string upload_head(const std::string& method = "upload") const {
        const auto text = post("/sync/" + method, "x", false, "Expect: 100-continue\r\n");
        return text.substr(0, text.size() - 1);
    }
    HttpReply call(const std::string& method, const std::string& json) {
        return connect()->ask(post("/sync/" + method, zstd::pack(json)));
    }
    std::string good(const std::string& method, const std::string& json) {
        const auto reply = call(method, json);
        EXPECT_EQ(reply.status, 200) << method << ": " << reply.body;
        return reply.status == 200 ? reply.unpacked() : std::string();
    }
    [[nodiscard]] std::filesystem::path account_folder() const { return folder_.path() / "alice"; }

    files::TempFolder folder_;
    Environment environment_;
    ServerOptions options_;
    wire::SyncHeader header_;
    std::unique_ptr<LaneThreads> lanes_;
    std::unique_ptr<EnvUserDirectory> users_;
    std::unique_ptr<Server> server_;
    std::vector<std::unique_ptr<RawClient>> kept_;  // connections that stay open
};

inline const std::string meta_request = R"({"v":11,"cv":"anki,26.09.3 (test),linux"})";

}  // namespace ankiwire::server
