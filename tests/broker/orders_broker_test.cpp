// The order services on a real cluster: orders are taken, decided, routed; services come later; permissions hold.
#include "broker/orders_app.hpp"

#include <examples/orders/daily_revenue_topology.hpp>
#include <examples/orders/order_commands_topology.hpp>
#include <examples/orders/orders_service.hpp>
#include <streams/http/client.hpp>
#include <streams/kafka_clients.hpp>
#include <streams/kafka_streams.hpp>

#include <gmock/gmock.h>

namespace streams::testing {
namespace {

using orders::Order;
using orders::OrderState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAreArray;
using namespace std::chrono_literals;

// -- orders over HTTP, checked by services in processes of their own

class OrderFlow : public OrdersAppTest {
 protected:
  void SetUp() override {
    OrdersAppTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    cluster_.emplace(client::Settings{{"bootstrap.servers", bootstrap_}});
    for (const auto& [file, service] :
         std::map<std::string, std::string>{{"fraud_service", "FraudService"},
                                            {"inventory_service", "InventoryService"},
                                            {"validations_service", "ValidationsAggregatorService"},
                                            {"order_details_service", "OrderDetailsService"}}) {
      checks_.push_back(program(file, service));
    }
    orders::OrdersServiceOptions options;
    options.topic_prefix = name("");
    options.config.set("application.id", application("OrdersService")).set("state.dir", directory("OrdersService"));
    options.config.set_logger(nullptr);
    front_.emplace(*cluster_, options);
    front_->start();
  }
  void TearDown() override {
    if (front_) front_->stop();
    for (const auto& check : checks_) EXPECT_EQ(check->stop(), 0);
  }
  http::Response ask(const http::ClientRequest& request) {
    auto response = http::Client(front_->server().address()).send(request, 70s);
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(response).value() : http::Response{.status = 0};
  }
  http::Response post(const Order& order) {
    return ask({.method = "POST", .target = "/v1/orders?timeout=60000", .body = nlohmann::json(order).dump()});
  }
  /// Orders, and gives what is decided.
  OrderState decision(const Order& order) {
    EXPECT_EQ(post(order).status, 201);
    const http::Response decided = ask({.target = "/v1/orders/" + order.id + "/validated?timeout=60000"});
    EXPECT_EQ(decided.status, 200) << decided.body;
    return decided.status == 200 ? nlohmann::json::parse(decided.body).get<Order>().state : OrderState::kCreated;
  }

 private:
  std::optional<orders::Cluster> cluster_;
  std::vector<std::unique_ptr<Worker>> checks_;
  std::optional<orders::OrdersService> front_;
};

TEST_F(OrderFlow, AnOrderIsStoredDecidedAndHoldsItsStock) {
  put(orders::kWarehouseTopic, std::string("KETTLE"), std::int32_t{5});
  const http::Response stored =
      post({.id = "ord-7", .customer_id = 101, .product = "KETTLE", .quantity = 2, .price = 30});
  ASSERT_EQ(stored.status, 201) << stored.body;
  const std::string location = stored.headers.at("Location");
  ASSERT_THAT(location, ::testing::MatchesRegex("http://127.0.0.1:[0-9]+/v1/orders/ord-7"));
  const std::string path = location.substr(location.find("/v1/"));
  const http::Response decided = ask({.target = path + "/validated?timeout=20000"});
  ASSERT_EQ(decided.status, 200) << decided.body;
  const Order expected{.id = "ord-7",
                       .customer_id = 101,
                       .state = OrderState::kValidated,
                       .product = "KETTLE",
                       .quantity = 2,
                       .price = 30};
  EXPECT_EQ(nlohmann::json::parse(decided.body).get<Order>(), expected);
  EXPECT_THAT(reserved("KETTLE"), ElementsAre(2));
}

TEST_F(OrderFlow, TheLastPieceIsSoldOnce) {
  put(orders::kWarehouseTopic, std::string("HAMMOCK"), std::int32_t{3});
  std::vector<OrderState> decisions;
  for (int i = 0; i < 4; ++i) {
    decisions.push_back(decision(
        {.id = "ham-" + std::to_string(i), .customer_id = 102, .product = "HAMMOCK", .quantity = 1, .price = 10}));
  }
  EXPECT_THAT(decisions,
              ElementsAre(OrderState::kValidated, OrderState::kValidated, OrderState::kValidated, OrderState::kFailed));
  EXPECT_THAT(reserved("HAMMOCK"), ElementsAre(1, 2, 3));
  EXPECT_THAT(states("ham-3"), ElementsAre(OrderState::kCreated, OrderState::kFailed));
}

// -- customers change between two orders

class LevelChange : public OrdersAppTest {
 protected:
  /// The topic that an order was routed to.
  std::string level_of(const std::string& id) {
    std::string found;
    EXPECT_TRUE(soon([&] {
      for (const char* level : kLevels) {
        for (const auto& [order, enriched] : values<orders::OrderEnriched>(level)) {
          if (order == id) found = level;
        }
      }
      return !found.empty();
    })) << id;
    return found;
  }
  std::vector<std::string> ids(const std::string& topic) {
    std::vector<std::string> out;
    for (const auto& [order, enriched] : values<orders::OrderEnriched>(topic)) out.push_back(order);
    return out;
  }
  void order(const std::string& id) { put({.id = id, .customer_id = 103, .product = "KETTLE", .quantity = 1}); }

  static constexpr const char* kLevels[] = {"platinum", "gold", "silver", "bronze"};
};

TEST_F(LevelChange, EachOrderGoesWhereItsCustomerIsByThen) {
  create(name("mails"), kPartitions);
  put(orders::kCustomersTopic, std::int64_t{103}, customer(103, "bronze"));
  auto with = settings("email");
  with["app.prefix"] = name("");
  with["processing.guarantee"] = "exactly_once_v2";
  Worker email(STREAMS_EMAIL_WORKER, with);
  order("first");
  EXPECT_EQ(level_of("first"), "bronze");
  put(orders::kCustomersTopic, std::int64_t{103}, customer(103, "gold"));
  // The table follows its topic by itself: orders show when it has.
  std::vector<std::string> bronze{"first"}, gold;
  for (int i = 0; gold.empty() && i < 100; ++i) {
    const std::string probe = "probe-" + std::to_string(i);
    order(probe);
    (level_of(probe) == "gold" ? gold : bronze).push_back(probe);
  }
  order("second");
  gold.push_back("second");
  EXPECT_EQ(level_of("second"), "gold");
  EXPECT_EQ(email.stop(), 0);
  EXPECT_THAT(ids("bronze"), UnorderedElementsAreArray(bronze));
  EXPECT_THAT(ids("gold"), UnorderedElementsAreArray(gold));
  EXPECT_THAT(ids("silver"), IsEmpty());
  EXPECT_THAT(ids("platinum"), IsEmpty());
}

// -- a service that comes later

class LaterService : public OrdersAppTest {};

TEST_F(LaterService, KnowsThePastAndDisturbsNobody) {
  constexpr Timestamp kNoon = 1'772'366'400'000;  // 2026-03-01 12:00 UTC
  constexpr Timestamp kDay = 86'400'000;
  std::map<std::string, std::unique_ptr<Worker>> others;
  others["CustomerOrdersView"] = program("customer_orders_service", "CustomerOrdersView");
  others["OrderGridView"] = program("order_grid_service", "OrderGridView");
  std::map<std::string, std::int64_t> expected;
  for (int i = 0; i < 60; ++i) {
    Order order{.id = "order-" + std::to_string(i),
                .customer_id = 101,
                .product = "KETTLE",
                .quantity = 1 + i % 3,
                .price = 1.25};
    const Timestamp when = kNoon + i % 3 * kDay;
    put(order, when);
    order.state = i % 4 == 0 ? OrderState::kFailed : OrderState::kValidated;
    put(order, when + 1000);
    if (order.state == OrderState::kValidated) expected[orders::day_of(when)] += orders::cents(order);
  }
  std::map<std::string, std::map<std::string, std::vector<client::TopicPartition>>> before;
  for (const auto& [service, worker] : others) {
    ASSERT_TRUE(soon([&, &s = service] { return !(before[s] = members(s)).empty(); })) << service;
  }

  const auto latecomer = program("daily_revenue_service", "DailyRevenueService");
  const auto totals = [&] {
    std::map<std::string, std::int64_t> out;
    for (const auto& [day, cents] : values<std::int64_t>(orders::kDailyRevenueTopic)) out[day] = cents;
    return out;
  };
  EXPECT_TRUE(soon([&] { return totals() == expected; }));
  put(Order{.id = "late",
            .customer_id = 101,
            .state = OrderState::kValidated,
            .product = "KETTLE",
            .quantity = 1,
            .price = 2},
      kNoon);
  expected[orders::day_of(kNoon)] += 200;
  EXPECT_TRUE(soon([&] { return totals() == expected; })) << "and it goes on";
  EXPECT_EQ(expected.size(), 3u);
  for (const auto& [service, worker] : others) {
    EXPECT_TRUE(worker->alive()) << service;
    EXPECT_EQ(members(service), before[service]) << service << " got new members or partitions";
    EXPECT_EQ(worker->stop(), 0) << service;
  }
  EXPECT_EQ(latecomer->stop(), 0);
}

// -- who may write orders

/// A broker with permissions: `app` may send commands and read what became of them, the service may do all it needs.
class OrderCommandsBroker : public OrdersAppTest {
 protected:
  ~OrderCommandsBroker() override { admin_.reset(); }  // the topics go with the broker
  void SetUp() override {
    if (const std::string why = no_own_broker(); !why.empty()) {
      if (test_broker().required) FAIL() << why;
      GTEST_SKIP() << why;
    }
    broker_.emplace((std::filesystem::temp_directory_path() / ("orders-" + std::to_string(getpid()))).string(),
                    OwnBroker::Security::kSecured);
    ASSERT_NE(broker_->start(), "") << "no broker could be started";
    service_ = broker_->client("admin");
    use(service_.at("bootstrap.servers"), {service_.begin(), service_.end()});
    create_topics();
    ASSERT_TRUE(broker_->set_acls({"--allow-principal User:app --operation Write --topic " + name("orders-commands")}));
  }

  std::optional<OwnBroker> broker_;
  std::map<std::string, std::string> service_;
};

/// Sends one record as the foreigner that `clients` is; what the cluster says.
Status send_as(client::ClientFactory& clients, const std::string& topic, const std::string& key,
               const nlohmann::json& value) {
  const auto producer = clients.producer({{"enable.idempotence", "true"}});
  const std::string text = value.dump();
  if (Status sent = producer->send({topic, 0, BytesView(key), BytesView(text), 1}); !sent.ok()) return sent;
  if (Status flushed = producer->flush(30'000); !flushed.ok()) return flushed;
  for (const client::DeliveryError& error : producer->take_errors()) return error.status;
  return {};
}

TEST_F(OrderCommandsBroker, OnlyTheServiceWritesOrdersOthersAskForThem) {
  const auto login = broker_->client("plain");
  const auto foreigner = client::make_kafka_clients({login.begin(), login.end()}, nullptr);
  const Order order{.id = "ord-1", .customer_id = 101, .product = "KETTLE", .quantity = 1, .price = 10};
  const Status refused = send_as(*foreigner, name(orders::kOrdersTopic), order.id, order);
  EXPECT_EQ(refused.code(), StatusCode::kAuthorization) << refused.message();
  EXPECT_THAT(refused.message(), HasSubstr(name(orders::kOrdersTopic)));

  auto with = settings("commands");
  with.insert(service_.begin(), service_.end());
  with["application.id"] = application("OrderCommandsService");
  with["processing.guarantee"] = "exactly_once_v2";
  StreamsConfig config(with);
  config.set_logger(nullptr);
  KafkaStreams service(orders::order_commands_topology(name("")), config);
  service.start();
  using Kind = orders::CommandKind;
  const auto ask = [&](const std::string& request, Kind kind, const std::string& writer) {
    const Status sent = send_as(*foreigner, name(orders::kCommandsTopic), order.id,
                                orders::OrderCommand{request, kind, order, 0, writer});
    EXPECT_TRUE(sent.ok()) << sent.message();
  };
  ask("req-1", Kind::kRequest, "web");
  ask("req-2", Kind::kRequest, "web");
  ask("req-3", Kind::kShip, "web");
  std::map<std::string, std::string> reasons;
  EXPECT_TRUE(soon([&] {
    reasons.clear();
    for (const auto& [request, result] : values<orders::OrderCommandResult>(orders::kCommandResultsTopic))
      reasons[request] = orders::text_of(result.outcome) + " " + result.reason;
    return reasons.size() == 3;
  })) << service.last_error();
  EXPECT_TRUE(service.close(30s));
  EXPECT_THAT(reasons,
              ElementsAre(std::pair("req-1", "ACCEPTED "), std::pair("req-2", "REJECTED order ord-1 exists already"),
                          std::pair("req-3", "REJECTED writer web may not SHIP")));
  EXPECT_THAT(values<Order>(orders::kOrdersTopic), ElementsAre(std::pair("ord-1", order)));
}

}  // namespace
}  // namespace streams::testing
