// A server on loopback: what it answers, what it refuses, who waits for what.
#include "raw_socket.hpp"

#include <streams/errors.hpp>
#include <streams/http/client.hpp>
#include <streams/http/server.hpp>
#include <streams/store_query.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace streams::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Replies that wait until the test answers them.
struct Parked {
  void add(const Reply& reply) {
    const std::lock_guard lock(mutex);
    replies.push_back(reply);
  }
  std::vector<Reply> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(replies, {});
  }
  std::size_t size() {
    const std::lock_guard lock(mutex);
    return replies.size();
  }
  std::mutex mutex;
  std::vector<Reply> replies;
};

template <class Condition>
bool soon(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

class HttpServer : public ::testing::Test {
 protected:
  void serve(ServerOptions options = {}) {
    server_.emplace(options);
    server_->route("GET", "/hello/{name}", [](const Request& request, const Reply& reply) {
      reply.send({.body = "hello " + request.parameters.at("name"), .content_type = "text/plain"});
    });
    server_->route("POST", "/echo", [](const Request& request, const Reply& reply) {
      reply.send({.status = 201, .body = request.body, .headers = {{"Location", request.query.at("to")}}});
    });
    server_->route("GET", "/parked", [this](const Request&, const Reply& reply) { parked_.add(reply); });
    server_->route("GET", "/started", [this](const Request&, const Reply& reply) {
      reply.at_deadline(failure(504, "It may still be done."));
      parked_.add(reply);
    });
    server_->route("GET", "/throws/{what}", [](const Request& request, const Reply&) {
      const std::string& what = request.parameters.at("what");
      if (what == "rebalancing") throw StreamsRebalancing("Partitions are on the move.");
      if (what == "teapot") throw Refusal(418, "I am a teapot.");
      if (what == "unknown") throw UnknownStateStore("There is no store x.");
      if (what == "argument") throw InvalidArgument("min is larger than max.");
      throw std::runtime_error("a \"quote\"\n");
    });
    server_->start();
  }
  Response get(const std::string& target) { return send({.target = target}); }
  Response send(const ClientRequest& request) {
    Client client(server_->address());
    auto response = client.send(request);
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(response).value() : Response{.status = 0};
  }
  std::string raw(std::string_view bytes) {
    RawSocket socket(server_->address());
    socket.send(bytes);
    return socket.receive_all();
  }

  Parked parked_;
  std::optional<Server> server_;
};

TEST_F(HttpServer, AnswersWithStatusHeadersAndBody) {
  serve();
  const Response hello = get("/hello/a%2Fb");
  EXPECT_EQ(hello.status, 200);
  EXPECT_EQ(hello.body, "hello a/b");
  EXPECT_EQ(hello.content_type, "text/plain");
  const Response echo = send({.method = "POST", .target = "/echo?to=%2Fx", .body = std::string(100'000, 'x')});
  EXPECT_EQ(echo.status, 201);
  EXPECT_EQ(echo.body.size(), 100'000u);
  EXPECT_EQ(echo.headers.at("location"), "/x");
}

TEST_F(HttpServer, OneConnectionTakesManyRequests) {
  serve();
  Client client(server_->address());
  for (int i = 0; i < 100; ++i) {
    auto response = client.send({.target = "/hello/" + std::to_string(i)});
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response.value().body, "hello " + std::to_string(i));
  }
  EXPECT_THAT(raw("GET /hello/1 HTTP/1.1\r\n\r\nGET /hello/2 HTTP/1.1\r\nConnection: close\r\n\r\n"),
              ::testing::AllOf(HasSubstr("hello 1"), HasSubstr("hello 2")));
}

TEST_F(HttpServer, HeadHasTheHeadersOfGetAndNoBody) {
  serve();
  const Response head = send({.method = "HEAD", .target = "/hello/x"});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "7");
  EXPECT_EQ(head.body, "");
}

TEST_F(HttpServer, RefusesWhatItDoesNotKnow) {
  serve();
  const Response path = get("/nowhere");
  EXPECT_EQ(path.status, 404);
  EXPECT_EQ(path.body, R"({"status":404,"error":"There is no resource /nowhere here."})");
  const Response method = send({.method = "DELETE", .target = "/echo"});
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.at("allow"), "POST");
  EXPECT_EQ(get("/hello/%zz").status, 400);
}

TEST_F(HttpServer, ExceptionsBecomeAnswers) {
  serve();
  const Response later = get("/throws/rebalancing");
  EXPECT_EQ(later.status, 503);
  EXPECT_EQ(later.headers.at("retry-after"), "1");
  EXPECT_EQ(get("/throws/teapot").body, R"({"status":418,"error":"I am a teapot."})");
  EXPECT_EQ(get("/throws/unknown").status, 500);
  EXPECT_EQ(get("/throws/argument").status, 400);
  EXPECT_EQ(get("/throws/other").body, R"({"status":500,"error":"a \"quote\"\u000a"})");
}

TEST_F(HttpServer, WhatIsTooLargeIsRefusedWithItsLimit) {
  serve({.max_body_bytes = 1000, .max_header_bytes = 500});
  const Response body = send({.method = "POST", .target = "/echo?to=x", .body = std::string(1'000'000, 'x')});
  EXPECT_EQ(body.status, 413);
  EXPECT_THAT(body.body, HasSubstr("1000 bytes"));
  EXPECT_THAT(raw("POST /echo?to=x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x')),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(raw("GET /hello/x HTTP/1.1\r\nA: " + std::string(5000, 'x') + "\r\n\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_EQ(get("/hello/x").status, 200);
}

TEST_F(HttpServer, SlowClientsAreToldAndDoNotHoldUpOthers) {
  serve({.threads = 1, .read_timeout = milliseconds(300)});
  RawSocket slow(server_->address());
  ASSERT_TRUE(slow.send("POST /echo?to=x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"));
  EXPECT_EQ(get("/hello/x").status, 200);
  EXPECT_THAT(slow.receive_all(), ::testing::AllOf(StartsWith("HTTP/1.1 408"), HasSubstr("300 ms")));
  RawSocket idle(server_->address());
  EXPECT_EQ(idle.receive_all(), "");
}

TEST_F(HttpServer, ContinuesWhereTheClientAsksFirst) {
  serve();
  RawSocket socket(server_->address());
  ASSERT_TRUE(socket.send("POST /echo?to=x HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
  ASSERT_TRUE(socket.send("abcGET /hello/x HTTP/1.1\r\nConnection: close\r\n\r\n"));
  const std::string all = socket.receive_all();
  EXPECT_THAT(all, StartsWith("HTTP/1.1 100 Continue"));
  EXPECT_THAT(all, HasSubstr("HTTP/1.1 201"));
}

TEST_F(HttpServer, TheDeadlineIsTheRequests) {
  serve({.default_timeout = milliseconds(50), .max_timeout = milliseconds(5000)});
  const Response late = get("/parked");
  EXPECT_EQ(late.status, 504);
  EXPECT_EQ(late.body, R"({"status":504,"error":"There was no answer within 50 ms."})");
  EXPECT_THAT(get("/parked?timeout=1").body, HasSubstr("within 1 ms"));
  EXPECT_THAT(send({.target = "/parked?timeout=4000", .headers = {{"timeout", "2"}}}).body, HasSubstr("within 2 ms"));
  for (const char* wrong : {"-1", "5001", "1.5", "", "99999999999999999999", "soon"}) {
    EXPECT_EQ(get(std::string("/parked?timeout=") + wrong).status, 400) << wrong;
  }
  const Response started = get("/started");
  EXPECT_EQ(started.status, 504);
  EXPECT_EQ(started.body, R"({"status":504,"error":"It may still be done."})");
  for (const Reply& reply : parked_.take()) {
    EXPECT_FALSE(reply.waiting());
    EXPECT_FALSE(reply.send({.body = "too late"}));
  }
}

TEST_F(HttpServer, AThousandRequestsWaitOnTwoThreads) {
  serve({.threads = 2});
  std::vector<std::unique_ptr<RawSocket>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<RawSocket>(server_->address()));
    ASSERT_TRUE(clients.back()->connected()) << i << ": ulimit -n?";
    ASSERT_TRUE(clients.back()->send("GET /parked?timeout=60000 HTTP/1.1\r\nConnection: close\r\n\r\n"));
  }
  ASSERT_TRUE(soon([&] { return parked_.size() == 1000; }));
  EXPECT_EQ(server_->waiting(), 1000u);
  EXPECT_EQ(get("/hello/x").status, 200);
  int number = 0;
  for (const Reply& reply : parked_.take()) EXPECT_TRUE(reply.send({.body = "number " + std::to_string(++number)}));
  for (const auto& client : clients) EXPECT_THAT(client->receive_all(), HasSubstr("number "));
  EXPECT_EQ(server_->waiting(), 0u);
}

TEST_F(HttpServer, WhoLeavesIsNotWaitedFor) {
  serve();
  std::atomic<int> ended{0};
  {
    RawSocket client(server_->address());
    ASSERT_TRUE(client.send("GET /parked HTTP/1.1\r\n\r\n"));
    ASSERT_TRUE(soon([&] { return parked_.size() == 1; }));
    parked_.replies[0].when_ended([&] { ++ended; });
    EXPECT_EQ(ended, 0);
  }
  ASSERT_TRUE(soon([&] { return ended == 1; }));
  EXPECT_FALSE(parked_.take().at(0).send({.body = "nobody hears this"}));
  EXPECT_TRUE(soon([&] { return server_->waiting() == 0; }));
}

TEST_F(HttpServer, AnswersOnceWhoeverIsFirst) {
  serve();
  auto answer = std::async(std::launch::async, [&] { return get("/parked").body; });
  ASSERT_TRUE(soon([&] { return parked_.size() == 1; }));
  const Reply reply = parked_.take().at(0);
  std::atomic<int> sent{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&, i] { sent += reply.send({.body = std::to_string(i)}) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sent, 1);
  EXPECT_EQ(answer.get().size(), 1u);
  int calls = 0;
  reply.when_ended([&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST_F(HttpServer, StoppingAnswersThoseWhoWait) {
  serve();
  auto answer = std::async(std::launch::async, [&] { return get("/parked"); });
  RawSocket idle(server_->address());
  ASSERT_TRUE(soon([&] { return parked_.size() == 1; }));
  server_->stop();
  EXPECT_EQ(answer.get().status, 503);
  EXPECT_FALSE(parked_.take().at(0).send({}));
  Client late(server_->address());
  EXPECT_EQ(late.send({}, seconds(5)).status().code(), StatusCode::kUnavailable);
}

TEST_F(HttpServer, RepliesMayOutliveTheServer) {
  serve();
  auto answer = std::async(std::launch::async, [&] { return get("/parked").status; });
  ASSERT_TRUE(soon([&] { return parked_.size() == 1; }));
  server_.reset();
  EXPECT_EQ(answer.get(), 503);
  EXPECT_FALSE(parked_.take().at(0).send({.body = "too late"}));
}

TEST_F(HttpServer, TooManyConnectionsAreSentAway) {
  serve({.max_connections = 2});
  RawSocket a(server_->address()), b(server_->address());
  ASSERT_TRUE(a.send("GET /parked HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(b.send("GET /parked HTTP/1.1\r\n\r\n"));
  ASSERT_TRUE(soon([&] { return parked_.size() == 2; }));
  EXPECT_EQ(get("/hello/x").status, 503);
}

TEST(HttpServerOptions, MistakesSayWhatIsWrong) {
  EXPECT_THROW(Server({.threads = 0}), InvalidArgument);
  EXPECT_THROW(Server({.host = "nowhere.example"}), InvalidArgument);
  EXPECT_THROW(Server({.default_timeout = seconds(2), .max_timeout = seconds(1)}), InvalidArgument);
  Server first;
  try {
    Server second({.port = static_cast<std::uint16_t>(first.address().port)});
    FAIL() << "the port was taken";
  } catch (const StreamsError& e) {
    EXPECT_THAT(e.what(), HasSubstr("Choose another port"));
  }
}

TEST(HttpClient, SaysWhatFailed) {
  const HostInfo nobody = Server().address();
  EXPECT_EQ(Client(nobody).send({}).status().code(), StatusCode::kUnavailable);
  Server silent;  // accepts nobody
  EXPECT_EQ(Client(silent.address()).send({}, milliseconds(50)).status().code(), StatusCode::kTimedOut);
}

}  // namespace
}  // namespace streams::http
