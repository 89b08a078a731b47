// Changes of orders over HTTP, on the embedded cluster: with the commands service, and with results written by hand.
#include "order_changes.hpp"
#include "cluster.hpp"
#include "order_commands_topology.hpp"
#include "orders_service.hpp"
#include "topics.hpp"

#include <streams/http/client.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <future>
#include <thread>

#include <unistd.h>

namespace orders {
namespace {

namespace http = streams::http;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using namespace std::chrono_literals;

Order order(const std::string& id, std::int32_t quantity = 4) {
  return {.id = id, .customer_id = 101, .product = "KETTLE", .quantity = quantity, .price = 30};
}

http::ClientRequest put(const std::string& target, const std::string& if_match, const std::string& body) {
  http::ClientRequest request{.method = "PUT", .target = target, .body = body};
  if (!if_match.empty()) request.headers["If-Match"] = if_match;
  return request;
}
http::ClientRequest put(const Order& wanted, const std::string& if_match, const std::string& query = "?timeout=30000") {
  return put("/v1/orders/" + wanted.id + query, if_match, nlohmann::json(wanted).dump());
}
http::ClientRequest post(const std::string& target, const std::string& if_match = "", const std::string& body = "") {
  http::ClientRequest request = put(target + "?timeout=30000", if_match, body);
  request.method = "POST";
  return request;
}

http::Response send(const http::Server& to, const http::ClientRequest& request) {
  auto response = http::Client(to.address()).send(request, 60s);
  EXPECT_TRUE(response.ok()) << response.status().message();
  return response.ok() ? std::move(response).value() : http::Response{.status = 0};
}

/// "409 \"2\" {...}": status, ETag, and the body without its request id.
std::string text_of(const http::Response& response) {
  const auto tag = response.headers.find("etag");
  auto body = nlohmann::json::parse(response.body, nullptr, false);
  if (body.is_object()) body.erase("request_id");
  return std::to_string(response.status) + " " + (tag == response.headers.end() ? "" : tag->second + " ") + body.dump();
}

template <class Condition>
bool soon(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// A server with nothing but the routes of changes.
struct Front {
  explicit Front(const Cluster& cluster, int threads = 2)
      : server({.threads = threads}), writer(cluster.clients()), changes(cluster.clients(), writer, server) {
    server.route("GET", "/alive", [](const http::Request&, const http::Reply& reply) { reply.send({.body = "yes"}); });
    changes.start();
    server.start();
  }
  ~Front() {
    server.stop();
    changes.stop();
  }
  http::Server server;
  RecordWriter writer;
  OrderChanges changes;
};

class OrderChangesTest : public ::testing::Test {
 protected:
  void TearDown() override {
    service_.reset();
    if (commands_) commands_->close();
    std::filesystem::remove_all(directory_);
  }
  void create_all_topics() { create_topics(*embedded_.clients().admin({}), ecosystem_topics(4)); }
  streams::StreamsConfig config(const std::string& id) const {
    streams::StreamsConfig out{{"application.id", id},
                               {"state.dir", directory_.string()},
                               {"commit.interval.ms", "20"},
                               {"processing.guarantee", "exactly_once_v2"}};
    return out.set_logger(streams::null_logger());
  }
  /// The orders service and the commands service.
  OrdersService& start_both() {
    create_all_topics();
    commands_ = cluster_.application(order_commands_topology(), config("OrderCommandsService"));
    commands_->start();
    service_ = std::make_unique<OrdersService>(cluster_, OrdersServiceOptions{.config = config("OrdersService")});
    service_->start();
    EXPECT_EQ(ask(put(order("nobody's"), "*")).status, 404) << "both run";
    return *service_;
  }
  /// The commands service has heard of the verdict.
  bool decided_by_commands(const std::string& id) const {
    const auto known = commands_->store(kOrdersByIdStore, streams::queryable::key_value<std::string, Order>())->get(id);
    return known && known->state != OrderState::kCreated;
  }
  http::Response ask(const http::ClientRequest& request) { return send(service_->server(), request); }

  /// Commands in their topic, sorted by the order's id.
  std::vector<OrderCommand> written_commands() {
    std::vector<OrderCommand> out;
    const auto records = embedded_.read(kCommandsTopic);
    EXPECT_TRUE(records.ok()) << records.status().message();
    for (const auto& record : records.value()) {
      out.push_back(nlohmann::json::parse(*record.value).get<OrderCommand>());
      EXPECT_EQ(record.key, out.back().order.id);
    }
    std::ranges::sort(out, {}, [](const OrderCommand& command) { return command.order.id; });
    return out;
  }
  void write_result(const OrderCommand& of, std::int32_t version) {
    const OrderCommandResult result{of.request_id, of.order.id,         CommandOutcome::kAccepted, "",
                                    version,       OrderState::kCreated};
    write_result(of.request_id, nlohmann::json(result).dump());
  }
  void write_result(const std::string& key, const std::string& value) {
    const auto written = embedded_.produce(kCommandResultsTopic, {.key = key, .value = value});
    ASSERT_TRUE(written.ok()) << written.status().message();
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("changes-" + std::to_string(::getpid()) + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  streams::EmbeddedCluster embedded_;
  Cluster cluster_{embedded_};
  std::unique_ptr<streams::KafkaStreams> commands_;
  std::unique_ptr<OrdersService> service_;
};

TEST_F(OrderChangesTest, OfTwoUpdatesOfTheSameVersionTheSecondIsRefused) {
  start_both();
  const http::Response created = ask(post("/v1/orders", "", nlohmann::json(order("ord-1")).dump()));
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.headers.at("etag"), "\"1-CREATED\"");
  EXPECT_EQ(text_of(ask(put(order("ord-1", 3), "\"1\""))),
            R"(200 "2-CREATED" {"id":"ord-1","state":"CREATED","version":2})");
  EXPECT_EQ(
      text_of(ask(put(order("ord-1", 2), "\"1\""))),
      R"(409 "2-CREATED" {"error":"The order was not changed: version 1 is not 2.","id":"ord-1","state":"CREATED",)"
      R"("status":409,"version":2})");
  Order now = order("ord-1", 3);
  now.version = 2;
  const http::Response seen = ask({.target = "/v1/orders/ord-1?version=2&timeout=30000"});
  EXPECT_EQ(text_of(seen), "200 \"2-CREATED\" " + nlohmann::json(now).dump());
  EXPECT_EQ(text_of(ask(put(order("ord-1", 1), "*"))),
            R"(200 "3-CREATED" {"id":"ord-1","state":"CREATED","version":3})");
}

TEST_F(OrderChangesTest, AnOrderIsShippedOnceItIsValidated) {
  start_both();
  ASSERT_EQ(ask(post("/v1/orders", "", nlohmann::json(order("ord-1")).dump())).status, 201);
  EXPECT_EQ(text_of(ask(post("/v1/orders/ord-1/ship"))),
            R"(409 "1-CREATED" {"error":"The order was not changed: no transition CREATED -> SHIPPED.","id":"ord-1",)"
            R"("state":"CREATED","status":409,"version":1})");
  Order validated = order("ord-1");
  validated.state = OrderState::kValidated;
  ASSERT_TRUE(embedded_.produce(kOrdersTopic, {.key = "ord-1", .value = nlohmann::json(validated).dump()}).ok());
  ASSERT_EQ(ask({.target = "/v1/orders/ord-1/validated?timeout=30000"}).status, 200);
  EXPECT_TRUE(soon([&] { return ask(post("/v1/orders/ord-1/ship", "\"1\"")).status == 200; }));
  EXPECT_THAT(ask({.target = "/v1/orders/ord-1?version=2&timeout=30000"}).body, HasSubstr(R"("state":"SHIPPED")"));
  EXPECT_EQ(text_of(ask(post("/v1/orders/ord-1/cancel"))),
            R"(409 "2-SHIPPED" {"error":"The order was not changed: no transition SHIPPED -> FAILED.","id":"ord-1",)"
            R"("state":"SHIPPED","status":409,"version":2})");
}

TEST_F(OrderChangesTest, AnETagFromBeforeTheVerdictDoesNotPass) {
  start_both();
  const http::Response created = ask(post("/v1/orders", "", nlohmann::json(order("ord-1")).dump()));
  Order validated = order("ord-1");
  validated.state = OrderState::kValidated;
  ASSERT_TRUE(embedded_.produce(kOrdersTopic, {.key = "ord-1", .value = nlohmann::json(validated).dump()}).ok());
  const http::Response seen = ask({.target = "/v1/orders/ord-1/validated?timeout=30000"});
  EXPECT_EQ(seen.headers.at("etag"), "\"1-VALIDATED\"");
  ASSERT_TRUE(soon([&] { return decided_by_commands("ord-1"); }));
  EXPECT_EQ(text_of(ask(put(order("ord-1", 3), created.headers.at("etag")))),
            R"(409 "1-VALIDATED" {"error":"The order was not changed: it is VALIDATED and not CREATED.","id":"ord-1",)"
            R"("state":"VALIDATED","status":409,"version":1})");
  EXPECT_EQ(text_of(ask(put(order("ord-1", 3), seen.headers.at("etag")))),
            R"(200 "2-VALIDATED" {"id":"ord-1","state":"VALIDATED","version":2})");
  EXPECT_EQ(text_of(ask(put(order("ord-1", 2), "\"2\""))),
            R"(200 "3-VALIDATED" {"id":"ord-1","state":"VALIDATED","version":3})")
      << "a version in whichever state";
}

TEST_F(OrderChangesTest, EachRefusalHasItsStatusAndSaysWhy) {
  start_both();
  ASSERT_EQ(ask(post("/v1/orders", "", nlohmann::json(order("ord-1")).dump())).status, 201);
  const std::string body = nlohmann::json(order("ord-1")).dump();
  const std::size_t before = written_commands().size();
  const auto refusal = [&](const http::ClientRequest& request) {
    const http::Response response = ask(request);
    return std::to_string(response.status) + " " + nlohmann::json::parse(response.body).value("error", "");
  };
  EXPECT_EQ(refusal(put(order("ord-1"), "")),
            "428 Say which version of the order you have seen: If-Match with the ETag of GET, or *.");
  for (const char* wrong : {"1", "\"\"", "\"0\"", "\"-1\"", "\"1", "\"1x\"", "W/\"1\"", "\"99999999999\"",
                            "\"1\", \"2\"", "\"1-\"", "\"1-SENT\"", "\"-CREATED\"", "\"1-CREATED-\""})
    EXPECT_EQ(refusal(put(order("ord-1"), wrong)),
              "400 If-Match is the ETag of an order, as in \"2-VALIDATED\", or *, not '" + std::string(wrong) + "'.");
  EXPECT_THAT(refusal(post("/v1/orders/ord-1/ship", "1")), HasSubstr("400 If-Match is the ETag"));
  EXPECT_THAT(refusal(put("/v1/orders/ord-1", "*", "{")), HasSubstr("400 This is no order: "));
  EXPECT_EQ(refusal(put("/v1/orders/ord-2", "*", body)),
            "400 This is no order: its id is ord-1, that of the path is ord-2.");
  EXPECT_THAT(refusal(put(order("ord-1", -1), "*")), HasSubstr("400 This is no order: quantity is negative"));
  EXPECT_EQ(refusal({.target = "/v1/orders/ord-1?version=x"}), "400 version is a whole number from 1, not 'x'.");
  EXPECT_EQ(refusal({.method = "DELETE", .target = "/v1/orders/ord-1"}),
            "405 /v1/orders/ord-1 takes GET, PUT, not DELETE.");
  EXPECT_EQ(written_commands().size(), before) << "none of these is a command";
  EXPECT_EQ(
      text_of(ask(put(order("ord-2"), "\"1\""))),
      R"(404 {"error":"The order was not changed: there is no order ord-2.","id":"ord-2","status":404,"version":0})");
  EXPECT_EQ(refusal(post("/v1/orders/ord%FF/cancel")).substr(0, 4), "404 ") << "bytes that are no text";
  EXPECT_EQ(refusal(put(order("ord-1", 5), "\"1\"")),
            "409 The order was not changed: an update can only make an order smaller.");
  Order other = order("ord-1");
  other.product = "LANTERN";
  EXPECT_EQ(refusal(put(other, "*")),
            "409 The order was not changed: product and customer of an order stay as they are.");
}

TEST_F(OrderChangesTest, TheBodyNeedsNoMoreThanWhatTheOrderShallBe) {
  start_both();
  ASSERT_EQ(ask(post("/v1/orders", "", nlohmann::json(order("ord-1")).dump())).status, 201);
  const std::string body = R"({"customer_id":101,"product":"KETTLE","quantity":1,"price":2.5})";
  EXPECT_EQ(text_of(ask(put("/v1/orders/ord-1?timeout=30000", "\"1\"", body))),
            R"(200 "2-CREATED" {"id":"ord-1","state":"CREATED","version":2})");
}

TEST_F(OrderChangesTest, RequestsThatWaitHoldNoThread) {
  create_all_topics();
  Front front(cluster_, 1);
  constexpr std::size_t kRequests = 50;
  std::vector<std::future<http::Response>> answers;
  for (std::size_t i = 0; i < kRequests; ++i)
    answers.push_back(std::async(std::launch::async, [&, i] {
      return send(front.server, put(order("ord-" + std::to_string(100 + i)), "*", "?timeout=60000"));
    }));
  ASSERT_TRUE(soon([&] { return front.server.waiting() == kRequests; }));
  EXPECT_EQ(send(front.server, {.target = "/alive"}).body, "yes");
  ASSERT_TRUE(soon([&] { return written_commands().size() >= kRequests; }));
  std::int32_t version = 0;
  for (const OrderCommand& command : written_commands()) {
    write_result(command, ++version);
  }
  for (std::size_t i = 0; i < kRequests; ++i) {
    const std::string number = std::to_string(i + 1);
    EXPECT_EQ(text_of(answers[i].get()), "200 \"" + number + R"(-CREATED" {"id":"ord-)" + std::to_string(100 + i) +
                                             R"(","state":"CREATED","version":)" + number + "}");
  }
}

TEST_F(OrderChangesTest, EachInstanceTakesTheResultsOfItsOwnRequestsOnly) {
  create_all_topics();
  Front a(cluster_), b(cluster_);
  const auto ask_later = [&](Front& front, const std::string& writer_of) {
    return std::async(std::launch::async, [&front, writer_of] {
      return send(front.server, put(order("ord-1"), "\"" + writer_of + "\"", "?timeout=60000"));
    });
  };
  auto from_a = ask_later(a, "7"), from_b = ask_later(b, "8");  // both about one order
  std::map<std::int32_t, OrderCommand> by_version;
  ASSERT_TRUE(soon([&] {
    for (const OrderCommand& command : written_commands()) by_version[command.expected_version] = command;
    return by_version.contains(7) && by_version.contains(8);
  }));
  write_result("r", "no result at all");
  write_result("r", R"({"request_id":"r"})");
  OrderCommand of_nobody;
  of_nobody.request_id = "of nobody";
  of_nobody.order = order("ord-1");
  write_result(of_nobody, 70);
  write_result(by_version[8], 80);
  EXPECT_EQ(text_of(from_b.get()), R"(200 "80-CREATED" {"id":"ord-1","state":"CREATED","version":80})");
  EXPECT_EQ(a.server.waiting(), 1u) << "four results, and none of them its own";
  write_result(by_version[7], 71);
  EXPECT_EQ(text_of(from_a.get()), R"(200 "71-CREATED" {"id":"ord-1","state":"CREATED","version":71})");
}

TEST_F(OrderChangesTest, AtTheDeadlineTheCommandMayStillBeDone) {
  create_all_topics();
  Front front(cluster_);
  const http::Response late = send(front.server, put(order("ord-1"), "\"1\"", "?timeout=2000"));
  EXPECT_EQ(late.status, 504);
  ASSERT_EQ(written_commands().size(), 1u);
  const OrderCommand command = written_commands().front();
  EXPECT_THAT(late.body,
              MatchesRegex(R"(\{"status":504,"error":"There was no result of command )" + command.request_id +
                           R"( within [0-9]+ ms. It may still be done: look at the order, or ask again )"
                           R"(with If-Match."\})"));
  EXPECT_EQ(command.kind, CommandKind::kUpdate);
  EXPECT_EQ(command.order, order("ord-1"));
  EXPECT_EQ(command.expected_version, 1);
  EXPECT_EQ(command.writer, "web");
  write_result(command, 2);  // nobody waits for it any more
  EXPECT_EQ(front.server.waiting(), 0u);
  EXPECT_EQ(send(front.server, {.target = "/alive"}).body, "yes");
}

TEST_F(OrderChangesTest, NothingIsWrittenWhileResultsCannotBeRead) {
  Front front(cluster_);  // no topics
  EXPECT_EQ(send(front.server, put(order("ord-1"), "*", "?timeout=50")).body,
            R"({"status":504,"error":"There was no answer within 50 ms."})");
  auto waits = std::async(std::launch::async, [&] { return send(front.server, put(order("ord-2"), "*")); });
  ASSERT_TRUE(soon([&] { return front.server.waiting() == 1; }));
  create_all_topics();
  ASSERT_TRUE(soon([&] { return !written_commands().empty(); })) << "as soon as there is a topic";
  ASSERT_EQ(written_commands().size(), 1u) << "nobody waits for the first any more";
  write_result(written_commands().front(), 5);
  EXPECT_EQ(text_of(waits.get()), R"(200 "5-CREATED" {"id":"ord-2","state":"CREATED","version":5})");
}

}  // namespace
}  // namespace orders
