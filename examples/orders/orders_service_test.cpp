// The orders service over HTTP, on the embedded cluster: one instance, two instances, and requests that are wrong.
#include "orders_service.hpp"
#include "topics.hpp"

#include <streams/http/client.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <future>
#include <thread>

namespace orders {
namespace {

namespace http = streams::http;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

Order order(const std::string& id, OrderState state = OrderState::kCreated) {
  return {.id = id, .customer_id = 101, .state = state, .product = "KETTLE", .quantity = 2, .price = 30, .version = 1};
}

class OrdersServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    create_topics(*admin_, ecosystem_topics(4));
  }
  void TearDown() override {
    for (auto& instance : instances_) instance.reset();
    std::filesystem::remove_all(directory_);
  }
  OrdersService& start() {
    OrdersServiceOptions options;
    options.config.set("state.dir", (directory_ / std::to_string(instances_.size())).string());
    options.config.set("processing.guarantee", "exactly_once_v2");
    options.config.set_logger(nullptr);
    instances_.push_back(std::make_unique<OrdersService>(cluster_, options));
    instances_.back()->start();
    return *instances_.back();
  }
  http::Response send(OrdersService& to, const http::ClientRequest& request) {
    auto response = http::Client(to.server().address()).send(request, 60s);
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(response).value() : http::Response{.status = 0};
  }
  http::Response post(OrdersService& to, const Order& one) {
    return send(to, {.method = "POST", .target = "/v1/orders?timeout=30000", .body = nlohmann::json(one).dump()});
  }
  http::Response get(OrdersService& from, const std::string& rest, int timeout_ms = 30'000) {
    return send(from, {.target = "/v1/orders/" + rest + "?timeout=" + std::to_string(timeout_ms)});
  }
  void decide(const std::string& id, OrderState state) {
    const auto written = embedded_.produce(kOrdersTopic, {.key = id, .value = nlohmann::json(order(id, state)).dump()});
    ASSERT_TRUE(written.ok());
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() /
      ("orders-" + std::to_string(::getpid()) + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  streams::EmbeddedCluster embedded_;
  Cluster cluster_{embedded_};
  std::unique_ptr<streams::client::Admin> admin_ = embedded_.clients().admin({});
  std::vector<std::unique_ptr<OrdersService>> instances_;
};

TEST_F(OrdersServiceTest, AnOrderIsStoredAndComesBackByItsLocation) {
  OrdersService& service = start();
  const Order one = order("ord/7 ü");
  const http::Response created = post(service, one);
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body, "");
  const std::string& location = created.headers.at("location");
  const std::string server = "http://127.0.0.1:" + std::to_string(service.server().address().port);
  ASSERT_EQ(location, server + "/v1/orders/ord%2F7%20%C3%BC");
  const http::Response found = send(service, {.target = location.substr(server.size()) + "?timeout=30000"});
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(nlohmann::json::parse(found.body).get<Order>(), one);
}

TEST_F(OrdersServiceTest, TenWaitForOneDecision) {
  OrdersService& service = start();
  ASSERT_EQ(post(service, order("ord-1")).status, 201);
  std::vector<std::future<http::Response>> answers;
  for (int i = 0; i < 10; ++i)
    answers.push_back(std::async(std::launch::async, [&] { return get(service, "ord-1/validated"); }));
  while (service.server().waiting() < 10) std::this_thread::yield();
  decide("ord-1", OrderState::kValidated);
  for (auto& answer : answers) EXPECT_THAT(answer.get().body, HasSubstr(R"("state":"VALIDATED")"));
}

TEST_F(OrdersServiceTest, ADecisionThatIsThereNeedsNoWaiting) {
  OrdersService& service = start();
  decide("ord-1", OrderState::kFailed);
  EXPECT_THAT(get(service, "ord-1/validated").body, HasSubstr(R"("state":"FAILED")"));
}

TEST_F(OrdersServiceTest, WhatDoesNotComeInTimeIs504) {
  OrdersService& service = start();
  ASSERT_EQ(post(service, order("ord-1")).status, 201);
  ASSERT_EQ(get(service, "ord-1").status, 200);
  EXPECT_EQ(get(service, "ord-1/validated", 50).status, 504);
  EXPECT_EQ(get(service, "ord-2", 50).status, 504);
}

TEST_F(OrdersServiceTest, AnyInstanceAnswersForAllOrders) {
  OrdersService& first = start();
  OrdersService& second = start();
  const auto shared_out = [&] {
    const auto all = first.application().metadata_for_store(kOrdersStore);
    return all.size() == 2 && second.application().metadata_for_store(kOrdersStore).size() == 2;
  };
  while (!shared_out()) std::this_thread::sleep_for(5ms);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(post(i % 2 == 0 ? first : second, order("ord-" + std::to_string(i))).status, 201) << i;
  }
  for (int i = 0; i < 100; ++i) {
    const std::string id = "ord-" + std::to_string(i);
    const std::string expected = nlohmann::json(order(id)).dump();
    EXPECT_EQ(get(first, id).body, expected);
    EXPECT_EQ(get(second, id).body, expected);
  }
  EXPECT_GT(first.server().passed_on(), 0u);
  EXPECT_GT(second.server().passed_on(), 0u);
}

TEST_F(OrdersServiceTest, AnIdIsGivenOnce) {
  OrdersService& service = start();
  ASSERT_EQ(post(service, order("ord-1")).status, 201);
  const http::Response again = post(service, order("ord-1"));
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.body, HasSubstr("ord-1"));
}

TEST_F(OrdersServiceTest, AnIdIsGivenOnceToAllWhoAskForItAtOnce) {
  OrdersService& service = start();
  constexpr int kIds = 50, kClients = 6;
  std::vector<std::future<int>> clients;
  for (int c = 0; c < kClients; ++c)
    clients.push_back(std::async(std::launch::async, [&] {
      int given = 0;
      for (int i = 0; i < kIds; ++i) given += post(service, order("ord-" + std::to_string(i))).status == 201 ? 1 : 0;
      return given;
    }));
  int given = 0;
  for (auto& client : clients) given += client.get();
  EXPECT_EQ(given, kIds);
}

TEST_F(OrdersServiceTest, WrongOrdersAreRefusedWithTheReason) {
  OrdersService& service = start();
  const auto refused = [&](const std::string& body) {
    const http::Response response = send(service, {.method = "POST", .target = "/v1/orders", .body = body});
    EXPECT_EQ(response.status, 400) << body;
    return response.body;
  };
  const auto with = [](const char* field, const nlohmann::json& value) {
    nlohmann::json json = order("ord-1");
    json[field] = value;
    return json.dump();
  };
  EXPECT_THAT(refused("{"), HasSubstr("This is no order"));
  EXPECT_THAT(refused("[1]"), HasSubstr("object"));
  EXPECT_THAT(refused("{}"), HasSubstr("id"));
  EXPECT_THAT(refused(with("state", "SENT")), HasSubstr("'SENT' is none of CREATED"));
  EXPECT_THAT(refused(with("state", "VALIDATED")), HasSubstr("CREATED"));
  EXPECT_THAT(refused(with("state", 7)), HasSubstr("This is no order"));
  EXPECT_THAT(refused(with("quantity", -1)), HasSubstr("negative"));
  EXPECT_THAT(refused(with("quantity", "two")), HasSubstr("number"));
  EXPECT_THAT(refused(with("price", -0.01)), HasSubstr("negative"));
  EXPECT_THAT(refused(with("id", "")), HasSubstr("id"));
  EXPECT_THAT(refused(with("id", std::string(201, 'x'))), HasSubstr("200"));
  EXPECT_THAT(refused(with("product", "")), HasSubstr("product"));
  EXPECT_EQ(send(service,
                 {.method = "POST", .target = "/v1/orders", .body = "x", .headers = {{"Content-Type", "text/plain"}}})
                .status,
            415);
  EXPECT_EQ(send(service, {.method = "DELETE", .target = "/v1/orders"}).status, 405);
  EXPECT_EQ(post(service, order("ord-1")).status, 201) << "the service lives on";
}

TEST_F(OrdersServiceTest, HealthAndMetricsAreThere) {
  OrdersService& service = start();
  ASSERT_EQ(get(service, "x", 10).status / 100, 5);
  EXPECT_EQ(send(service, {.target = "/health"}).status, 200);
  const std::string metrics = send(service, {.target = "/metrics"}).body;
  EXPECT_THAT(metrics, HasSubstr("\nkafka_streams_stream_"));
  EXPECT_THAT(metrics, HasSubstr("\nkafka_streams_http_waiting 1\n")) << "the request itself";
  EXPECT_THAT(metrics, HasSubstr("\nkafka_streams_http_passed_on_total 0\n"));
}

}  // namespace
}  // namespace orders
