// What an instance of the orders service answers while it takes partitions over: nothing that it does not know.
#include "orders_service_test.hpp"

#include <gmock/gmock.h>

namespace orders {
namespace {

namespace http = streams::http;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class TakeOver : public OrdersServiceTest {
 protected:
  static constexpr int kOrders = 20;
  static std::string id(int number) { return "ord-" + std::to_string(number); }
  /// Orders that are in the log, and not in the view of the one who took them.
  OrdersService& start_with_unread_orders() {
    OrdersService& first = start();
    EXPECT_EQ(post(first, an_order("before")).status, 201);
    EXPECT_EQ(get(first, "before").status, 200);
    first.application().pause();
    for (int i = 0; i < kOrders; ++i) EXPECT_EQ(post(first, an_order(id(i))).status, 201) << i;
    EXPECT_EQ(first.being_written(), static_cast<std::size_t>(kOrders));
    return first;
  }
  /// Those that are at this instance.
  static std::vector<std::string> orders_at(OrdersService& one) {
    std::vector<std::string> out;
    for (int i = 0; i < kOrders; ++i) {
      const auto where = one.application().query_metadata_for_key<std::string>(kOrdersStore, id(i));
      if (where && where->active_host == one.server().address()) out.push_back(id(i));
    }
    return out;
  }
  http::Response post_in_time(OrdersService& to, const std::string& id, int timeout_ms) {
    return send(to, {.method = "POST",
                     .target = "/v1/orders?timeout=" + std::to_string(timeout_ms),
                     .body = nlohmann::json(an_order(id)).dump()});
  }
  /// As if another instance had passed it on: that one looks again, and this one says at once why it does not answer.
  const http::Fields kAtOnce{{"streams-hops", "1"}};
  http::Response post_at_once(OrdersService& to, const std::string& id) {
    return send(
        to,
        {.method = "POST", .target = "/v1/orders", .body = nlohmann::json(an_order(id)).dump(), .headers = kAtOnce});
  }
  /// "503 1 why": with Retry-After.
  static std::string text_of(const http::Response& response) {
    const auto again = response.headers.find("retry-after");
    return std::to_string(response.status) + " " + (again == response.headers.end() ? "-" : again->second) + " " +
           nlohmann::json::parse(response.body).value("error", "");
  }
  void delete_order(const std::string& id) { ASSERT_TRUE(embedded_.produce(kOrdersTopic, {.key = id}).ok()); }
};

TEST_F(TakeOver, NothingIsAnsweredBeforeTheViewHasReadWhatTheLastOwnerWrote) {
  OrdersService& first = start_with_unread_orders();
  OrdersService& second = start(true);
  wait_until_shared(first, second);
  const std::vector<std::string> moved = orders_at(second);
  ASSERT_THAT(moved, ::testing::SizeIs(::testing::AllOf(::testing::Gt(0u), ::testing::Lt(std::size_t{kOrders}))));
  for (const std::string& one : {moved.front(), moved.back()}) {
    const std::string later = "503 1 The view has not read all orders of partition ";
    EXPECT_THAT(text_of(post_at_once(second, one)), HasSubstr(later));
    EXPECT_THAT(text_of(send(second, {.target = "/v1/orders/" + one, .headers = kAtOnce})), HasSubstr(later));
    for (OrdersService* asked : {&first, &second}) {
      EXPECT_THAT(post_in_time(*asked, one, 300).status, AnyOf(503, 504)) << "waits until the deadline";
      EXPECT_THAT(get(*asked, one, 300).status, AnyOf(503, 504));
    }
  }
  for (const std::string& one : orders_at(first)) EXPECT_EQ(post(first, an_order(one)).status, 409) << one;
  EXPECT_EQ(first.being_written(), kOrders - moved.size()) << "the others went with their partitions";
  EXPECT_EQ(second.being_written(), 0u);

  second.application().resume();
  for (const std::string& one : moved) {
    EXPECT_EQ(post(second, an_order(one)).status, 409) << one;
    EXPECT_EQ(get(second, one).body, nlohmann::json(an_order(one)).dump());
  }
}

TEST_F(TakeOver, OpenTransactionsOfOthersHideNothing) {
  OrdersService& first = start();
  ASSERT_EQ(post(first, an_order("before")).status, 201);
  ASSERT_EQ(get(first, "before").status, 200);
  const auto others = embedded_.clients().producer({{"transactional.id", "others"}});
  ASSERT_TRUE(others->init_transactions(1000).ok());
  ASSERT_TRUE(others->begin_transaction().ok());
  for (std::int32_t p = 0; p < 4; ++p)
    ASSERT_TRUE(others->send({.topic = kOrdersTopic, .partition = p, .key = "of others", .value = std::nullopt}).ok());
  ASSERT_TRUE(others->flush(1000).ok());
  for (int i = 0; i < kOrders; ++i) ASSERT_EQ(post(first, an_order(id(i))).status, 201) << "behind its beginning";
  OrdersService& second = start();
  wait_until_shared(first, second);
  const std::vector<std::string> moved = orders_at(second);
  ASSERT_FALSE(moved.empty());
  EXPECT_THAT(text_of(post_at_once(second, moved.front())), HasSubstr("503 1 "));
  ASSERT_TRUE(others->abort_transaction(1000).ok());
  for (const std::string& one : moved) EXPECT_EQ(post(second, an_order(one)).status, 409) << one;
}

TEST_F(TakeOver, AnIdIsFreeAgainWhenItsOrderWasDeletedElsewhere) {
  OrdersService& first = start_with_unread_orders();
  OrdersService& second = start();
  wait_until_shared(first, second);
  const std::vector<std::string> moved = orders_at(second);
  ASSERT_FALSE(moved.empty());
  for (const std::string& one : moved) {
    ASSERT_EQ(get(second, one).status, 200);
    delete_order(one);
    while (get(second, one, 20).status == 200) {
    }
  }
  instances_.pop_back();
  first.application().resume();
  for (const std::string& one : moved) EXPECT_EQ(post(first, an_order(one)).status, 201) << one;
  for (int i = 0; i < kOrders; ++i) EXPECT_EQ(get(first, id(i)).status, 200) << i;
  EXPECT_EQ(first.being_written(), 0u);
}

TEST_F(TakeOver, AnIdIsFreeAgainWhenItsOrderIsDeleted) {
  OrdersService& service = start_with_unread_orders();
  for (int i = 0; i < kOrders; ++i) delete_order(id(i));
  service.application().resume();
  EXPECT_EQ(post(service, an_order("last")).status, 201);
  for (int i = 0; i < kOrders; ++i) {
    while (post(service, an_order(id(i))).status != 201) {
    }
  }
}

}  // namespace
}  // namespace orders
