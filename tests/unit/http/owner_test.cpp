// Requests that only the owner of a key can answer: passed on once, searched for again while it is not known.
#include "raw_socket.hpp"

#include <streams/http/client.hpp>
#include <streams/http/server.hpp>
#include <streams/store_query.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <functional>

namespace streams::http {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// Two instances; `owner` says who has any key.
class HttpOwner : public ::testing::Test {
 protected:
  void SetUp() override {
    for (Server* server : {&a_, &b_}) {
      const std::string name = server == &a_ ? "a" : "b";
      const auto owner = [this](const Request&) { return owner_(); };
      const auto local = [this, name](const Request& request, const Reply& reply) { local_(name, request, reply); };
      for (const char* method : {"GET", "POST"}) server->route_to_owner(method, "/rows/{key}", owner, local);
      server->start();
    }
  }
  static std::optional<KeyQueryMetadata> at(const HostInfo& host) {
    return KeyQueryMetadata{.active_host = host, .standby_hosts = {}, .partition = 0};
  }
  Response ask(const ClientRequest& request) {
    auto response = Client(a_.address()).send(request);
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(response).value() : Response{.status = 0};
  }

  std::function<std::optional<KeyQueryMetadata>()> owner_;
  std::function<void(const std::string&, const Request&, const Reply&)> local_ =
      [](const std::string& name, const Request& request, const Reply& reply) {
        reply.send({.status = 203,
                    .body = name + " " + request.parameters.at("key") + " " + request.body,
                    .content_type = "text/plain",
                    .headers = {{"Location", "/here"}}});
      };
  Server a_, b_;
};

TEST_F(HttpOwner, AnswersWhatIsItsOwn) {
  owner_ = [this] { return at(a_.address()); };
  const Response response = ask({.target = "/rows/k"});
  EXPECT_EQ(response.body, "a k ");
  EXPECT_FALSE(response.headers.contains("streams-served-by"));
  EXPECT_EQ(a_.passed_on(), 0u);
}

TEST_F(HttpOwner, PassesOnTheWholeRequestAndTheWholeAnswer) {
  owner_ = [this] { return at(b_.address()); };
  const Response response = ask({.method = "POST", .target = "/rows/a%2Fb?x=1", .body = "text"});
  EXPECT_EQ(response.status, 203);
  EXPECT_EQ(response.body, "b a/b text");
  EXPECT_EQ(response.content_type, "text/plain");
  EXPECT_EQ(response.headers.at("location"), "/here");
  EXPECT_EQ(response.headers.at("streams-served-by"), "127.0.0.1:" + std::to_string(b_.address().port));
  EXPECT_EQ(a_.passed_on(), 1u);
  EXPECT_EQ(b_.passed_on(), 0u);
}

TEST_F(HttpOwner, IsLookedForUntilItIsKnown) {
  std::atomic<int> calls{0};
  owner_ = [&]() -> std::optional<KeyQueryMetadata> {
    switch (++calls) {
      case 1:
        return std::nullopt;
      case 2:
        return at(HostInfo::unknown());
      case 3:
        throw StreamsRebalancing("Partitions are on the move.");
      default:
        return at(a_.address());
    }
  };
  EXPECT_EQ(ask({.target = "/rows/k"}).body, "a k ");
  EXPECT_EQ(calls, 4);
}

TEST_F(HttpOwner, ThatIsNotFoundInTimeIs503) {
  owner_ = [] { return std::nullopt; };
  const Response response = ask({.target = "/rows/k?timeout=200"});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.at("retry-after"), "1");
}

TEST_F(HttpOwner, ThatIsGoneIsLookedForAgain) {
  std::atomic<int> calls{0};
  const HostInfo gone = Server().address();
  owner_ = [&] { return ++calls == 1 ? at(gone) : at(b_.address()); };
  EXPECT_EQ(ask({.method = "POST", .target = "/rows/k", .body = "x"}).body, "b k x");
  EXPECT_EQ(calls, 2);
}

TEST_F(HttpOwner, WhoseStoreHasMovedIsLookedForAgain) {
  std::atomic<int> calls{0};
  local_ = [&](const std::string& name, const Request&, const Reply& reply) {
    if (++calls == 1) throw StateStoreMigrated("The store has moved.");
    reply.send({.body = name});
  };
  owner_ = [this] { return at(b_.address()); };
  EXPECT_EQ(ask({.target = "/rows/k"}).body, "b");
  EXPECT_EQ(calls, 2);
  calls = 0;
  EXPECT_EQ(ask({.method = "POST", .target = "/rows/k"}).body, "b");
  EXPECT_EQ(calls, 2);
  calls = 0;
  owner_ = [this] { return at(a_.address()); };
  EXPECT_EQ(ask({.method = "POST", .target = "/rows/k"}).body, "a");
  EXPECT_EQ(calls, 2);
}

TEST_F(HttpOwner, ThatBreaksOffIsAskedAgainForGetOnly) {
  BreaksOff dying;
  std::atomic<int> calls{0};
  owner_ = [&] { return at(++calls == 1 ? dying.address() : b_.address()); };
  EXPECT_EQ(ask({.target = "/rows/k"}).body, "b k ");
  EXPECT_EQ(calls, 2);
  calls = 0;
  EXPECT_EQ(ask({.method = "POST", .target = "/rows/k"}).status, 502);
  EXPECT_EQ(calls, 1);
}

TEST_F(HttpOwner, GetsTheTimeThatIsLeft) {
  std::atomic<long> left{0};
  local_ = [&](const std::string&, const Request& request, const Reply&) { left = request.remaining().count(); };
  owner_ = [this] { return at(b_.address()); };
  EXPECT_EQ(ask({.target = "/rows/k?timeout=300"}).status, 504);
  EXPECT_GT(left, 0);
  EXPECT_LE(left, 300);
}

TEST_F(HttpOwner, ThatLosesTheKeyWhileARequestWaitsHandsItOver) {
  std::atomic<bool> moved{false};
  local_ = [&](const std::string& name, const Request&, const Reply& reply) {
    if (name == "b") reply.send({.body = name});
    moved = true;  // a never answers
  };
  owner_ = [&] { return at(moved ? b_.address() : a_.address()); };
  EXPECT_EQ(ask({.target = "/rows/k"}).body, "b");
}

TEST_F(HttpOwner, RequestsHopOnce) {
  owner_ = [this] { return at(b_.address()); };
  auto response = Client(a_.address()).send({.target = "/rows/k", .headers = {{"streams-hops", "1"}}});
  EXPECT_EQ(response.value().body, "a k ");
}

TEST_F(HttpOwner, StoppingDoesNotWaitForOthers) {
  local_ = [](const std::string&, const Request&, const Reply&) {};
  owner_ = [this] { return at(b_.address()); };
  RawSocket client(a_.address());
  client.send("GET /rows/k?timeout=60000 HTTP/1.1\r\n\r\n");
  while (b_.waiting() == 0) std::this_thread::yield();
  a_.stop();
  EXPECT_THAT(client.receive_all(), HasSubstr("503"));
}

}  // namespace
}  // namespace streams::http
