// The orders service over HTTP, on the embedded cluster: one instance, two instances, and requests that are wrong.
#include "orders_service_test.hpp"

#include <future>

namespace orders {
namespace {

namespace http = streams::http;
using ::testing::HasSubstr;

TEST_F(OrdersServiceTest, AnOrderIsStoredAndComesBackByItsLocation) {
  OrdersService& service = start();
  const Order one = an_order("ord/7 ü");
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
  ASSERT_EQ(post(service, an_order("ord-1")).status, 201);
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
  ASSERT_EQ(post(service, an_order("ord-1")).status, 201);
  ASSERT_EQ(get(service, "ord-1").status, 200);
  EXPECT_EQ(get(service, "ord-1/validated", 50).status, 504);
  EXPECT_EQ(get(service, "ord-2", 50).status, 504);
}

TEST_F(OrdersServiceTest, AnyInstanceAnswersForAllOrders) {
  OrdersService& first = start();
  OrdersService& second = start();
  wait_until_shared(first, second);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(post(i % 2 == 0 ? first : second, an_order("ord-" + std::to_string(i))).status, 201) << i;
  }
  for (int i = 0; i < 100; ++i) {
    const std::string id = "ord-" + std::to_string(i);
    const std::string expected = nlohmann::json(an_order(id)).dump();
    EXPECT_EQ(get(first, id).body, expected);
    EXPECT_EQ(get(second, id).body, expected);
  }
  EXPECT_GT(first.server().passed_on(), 0u);
  EXPECT_GT(second.server().passed_on(), 0u);
}

TEST_F(OrdersServiceTest, AnIdIsGivenOnce) {
  OrdersService& service = start();
  ASSERT_EQ(post(service, an_order("ord-1")).status, 201);
  const http::Response again = post(service, an_order("ord-1"));
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
      for (int i = 0; i < kIds; ++i) given += post(service, an_order("ord-" + std::to_string(i))).status == 201 ? 1 : 0;
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
    nlohmann::json json = an_order("ord-1");
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
  EXPECT_EQ(post(service, an_order("ord-1")).status, 201) << "the service lives on";
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
