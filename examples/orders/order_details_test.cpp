// The plain service on the cluster in the process: verdicts, progress of its offsets, restarts, partitions that move.
#include "order_details.hpp"
#include "services_test.hpp"

#include <streams/embedded_cluster.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>

namespace orders {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OrderDetails : public ::testing::Test {
 protected:
  OrderDetails() { create_topics(*cluster_.clients().admin({}), ecosystem_topics(kPartitions)); }

  std::unique_ptr<OrderDetailsService> service(const OrderDetailsOptions& options = {}) {
    auto service = std::make_unique<OrderDetailsService>(cluster_.clients(), options);
    service->start();
    return service;
  }
  void post(const Order& order) { write(order.id, nlohmann::json(order).dump()); }
  void write(const std::string& key, const std::string& value) {
    ASSERT_TRUE(cluster_.produce("orders", {.key = key, .value = value, .timestamp = kStart}).ok());
  }
  /// Committed verdicts, by order id.
  std::vector<std::string> verdicts() {
    std::vector<std::string> out;
    const auto records = cluster_.read("order-validations");
    for (const streams::StoredRecord& record : records.value()) {
      const auto verdict = nlohmann::json::parse(*record.value).get<OrderValidation>();
      EXPECT_EQ(record.key, verdict.order_id);
      EXPECT_EQ(record.timestamp, kStart);
      out.push_back(text_of(verdict));
    }
    std::ranges::sort(out);
    return out;
  }
  /// Waits until there are as many verdicts, or for half a minute.
  std::vector<std::string> verdicts(std::size_t count) {
    wait_until([&] { return verdicts().size() >= count; });
    return verdicts();
  }
  static void wait_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!done() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(2ms);
  }

  static constexpr int kPartitions = 4;
  streams::EmbeddedCluster cluster_;
};

TEST(OrderDetailsRule, WantsNothingNegativeAndAProduct) {
  EXPECT_TRUE(details_make_sense(an_order("1", 101, "KETTLE", 3, 5)));
  EXPECT_TRUE(details_make_sense(an_order("1", 101, "KETTLE", 0, 0)));
  EXPECT_FALSE(details_make_sense(an_order("1", 101, "KETTLE", -1, 75)));
  EXPECT_FALSE(details_make_sense(an_order("1", 101, "KETTLE", 1, -0.01)));
  EXPECT_FALSE(details_make_sense(an_order("1", 101, "", 1, 75)));
}

TEST_F(OrderDetails, ChecksNewOrdersAndNoOthers) {
  post(an_order("0", 101, "KETTLE", 3, 5));
  post(an_order("1", 102, "KETTLE", -1, 75));
  post(an_order("2", 101, "KETTLE", 3, 5, OrderState::kValidated));
  write("3", R"({"id":"3","state":"PENDING"})");
  const auto running = service();
  EXPECT_THAT(verdicts(3),
              ElementsAre("0 ORDER_DETAILS_CHECK PASS", "1 ORDER_DETAILS_CHECK FAIL", "3 ORDER_DETAILS_CHECK ERROR"));
}

TEST_F(OrderDetails, GoesOnWhereItStopped) {
  auto running = service();
  for (std::size_t i = 0; i < 3; ++i) {
    post(an_order(std::to_string(i), 101, "KETTLE", 1, 5));
    EXPECT_THAT(verdicts(i + 1), SizeIs(i + 1));
  }
  running->stop();
  EXPECT_FALSE(running->running());
  EXPECT_EQ(running->last_error(), "");
  post(an_order("3", 101, "KETTLE", 1, 5));  // while nobody is there
  running = service();
  EXPECT_THAT(verdicts(4), ElementsAre("0 ORDER_DETAILS_CHECK PASS", "1 ORDER_DETAILS_CHECK PASS",
                                       "2 ORDER_DETAILS_CHECK PASS", "3 ORDER_DETAILS_CHECK PASS"));
  EXPECT_EQ(running->checked(), 1);  // none of the others again
}

TEST_F(OrderDetails, WorksWithoutTransactions) {
  auto running = service({.exactly_once = false});
  post(an_order("0", 101, "KETTLE", 1, 5));
  EXPECT_THAT(verdicts(1), ElementsAre("0 ORDER_DETAILS_CHECK PASS"));
  wait_until([&] { return running->checked() == 1; });
  running->stop();
  running = service({.exactly_once = false});
  post(an_order("1", 101, "KETTLE", 1, 5));
  EXPECT_THAT(verdicts(2), SizeIs(2));
  EXPECT_THAT(verdicts(), ElementsAre("0 ORDER_DETAILS_CHECK PASS", "1 ORDER_DETAILS_CHECK PASS"));
}

TEST_F(OrderDetails, ReadsCommittedOrdersOnly) {
  const auto producer = cluster_.clients().producer({{"transactional.id", "orders"}});
  ASSERT_TRUE(producer->init_transactions(10'000).ok());
  for (const bool commit : {false, true}) {
    const std::string id = commit ? "committed" : "aborted";
    const std::string value = nlohmann::json(an_order(id, 101, "KETTLE", 1, 5)).dump();
    ASSERT_TRUE(producer->begin_transaction().ok());
    ASSERT_TRUE(producer->send({.topic = "orders", .key = id, .value = value, .timestamp = kStart}).ok());
    ASSERT_TRUE((commit ? producer->commit_transaction(10'000) : producer->abort_transaction(10'000)).ok());
  }
  const auto running = service();
  EXPECT_THAT(verdicts(1), ElementsAre("committed ORDER_DETAILS_CHECK PASS"));
}

TEST_F(OrderDetails, EachOrderIsCheckedOnceWhileInstancesComeAndGo) {
  std::vector<std::string> expected;
  const auto post_until = [&](const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    do {
      const std::string id = "order-" + std::to_string(expected.size());
      post(an_order(id, 101, "KETTLE", 1, 5));
      expected.push_back(id + " ORDER_DETAILS_CHECK PASS");
      std::this_thread::sleep_for(1ms);
    } while (!done() && std::chrono::steady_clock::now() < deadline);
  };
  auto first = service({.instance_id = "first"});
  for (int round = 0; round < 3; ++round) {
    auto second = service({.instance_id = "second"});
    post_until([&] { return second->checked() >= 5; });
    second->stop();
    const std::int64_t before = first->checked();
    post_until([&] { return first->checked() >= before + 20; });
    EXPECT_TRUE(first->running());
  }
  std::ranges::sort(expected);
  EXPECT_EQ(verdicts(expected.size()), expected);
  first->stop();
}

TEST_F(OrderDetails, AnInstanceEndsWhenAnotherOneHasItsId) {
  const auto old = service();
  post(an_order("0", 101, "KETTLE", 1, 5));
  EXPECT_THAT(verdicts(1), SizeIs(1));
  const auto fresh = service();
  std::set<std::string> expected{"0 ORDER_DETAILS_CHECK PASS"};
  // The old one learns of it when it commits for the first time, at the latest when all partitions had an order.
  for (int i = 1; old->running() && i < 1000; ++i) {
    post(an_order(std::to_string(i), 101, "KETTLE", 1, 5));
    expected.insert(std::to_string(i) + " ORDER_DETAILS_CHECK PASS");
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_FALSE(old->running());
  EXPECT_NE(old->last_error(), "");
  EXPECT_TRUE(fresh->running());
  const std::vector<std::string> all(expected.begin(), expected.end());
  EXPECT_EQ(verdicts(all.size()), all);
}

}  // namespace
}  // namespace orders
