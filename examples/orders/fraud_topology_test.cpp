// Scenario S3 and more of the fraud service: verdicts, record by record, in their order.
#include "fraud_topology.hpp"
#include "services_test.hpp"

namespace orders {
namespace {

using ::testing::ElementsAre;

class FraudTopology : public ::testing::Test {
 protected:
  void order(const std::string& id, std::int64_t customer, double price, std::int64_t at_ms) {
    orders_.pipe_input(id, an_order(id, customer, "LANTERN", 1, price), kStart + at_ms);
  }

  streams::TopologyTestDriver driver_{fraud_topology(), {{"application.id", "FraudService"}}, kInMemory};
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestOutputTopic<std::string, OrderValidation> verdicts_ =
      driver_.create_output_topic<std::string, OrderValidation>("order-validations");
};

TEST_F(FraudTopology, FailsWhatBringsACustomersSessionToTheLimitAndStartsAnewAfterIt) {
  order("a", 102, 1200, 0);
  order("b", 102, 799.99, 20 * kMinute);
  order("c", 102, 0.01, 40 * kMinute);  // 2000.00 exactly
  order("d", 102, 1, 50 * kMinute);
  order("e", 102, 1, 50 * kMinute + 61 * kMinute);
  EXPECT_THAT(texts(verdicts_), ElementsAre("a FRAUD_CHECK PASS", "b FRAUD_CHECK PASS", "c FRAUD_CHECK FAIL",
                                            "d FRAUD_CHECK FAIL", "e FRAUD_CHECK PASS"));
}

TEST_F(FraudTopology, AddsUpEachCustomerForItself) {
  order("0", 103, 20, 0);
  order("1", 103, 60, 1);
  order("2", 102, 80, 2);
  order("3", 102, 90, 3);
  order("4", 102, 4100, 4);
  order("5", 101, 900, 5);
  order("6", 101, 1100, 6);
  order("7", 101, 3, 7);
  EXPECT_THAT(texts(verdicts_),
              ElementsAre("0 FRAUD_CHECK PASS", "1 FRAUD_CHECK PASS", "2 FRAUD_CHECK PASS", "3 FRAUD_CHECK PASS",
                          "4 FRAUD_CHECK FAIL", "5 FRAUD_CHECK PASS", "6 FRAUD_CHECK FAIL", "7 FRAUD_CHECK FAIL"));
}

TEST_F(FraudTopology, ALateOrderJoinsSessionsAndIsTheOneThatGetsTheVerdict) {
  streams::TopologyTestDriver driver(fraud_topology({.grace = std::chrono::hours(1)}), {}, kInMemory);
  auto orders = driver.create_input_topic<std::string, Order>("orders");
  auto verdicts = driver.create_output_topic<std::string, OrderValidation>("order-validations");
  orders.pipe_input("a", an_order("a", 101, "KETTLE", 1, 1500), kStart);
  orders.pipe_input("b", an_order("b", 101, "KETTLE", 1, 600), kStart + 70 * kMinute);
  orders.pipe_input("late", an_order("late", 101, "KETTLE", 1, 1), kStart + 35 * kMinute);  // within an hour of both
  EXPECT_THAT(texts(verdicts), ElementsAre("a FRAUD_CHECK PASS", "b FRAUD_CHECK PASS", "late FRAUD_CHECK FAIL"));
}

TEST_F(FraudTopology, LooksOnlyAtNewOrders) {
  const Order order = an_order("a", 101, "KETTLE", 1, 2500);
  for (const OrderState state : {OrderState::kValidated, OrderState::kFailed, OrderState::kShipped}) {
    orders_.pipe_input("a", in_state(order, state), kStart);
  }
  orders_.pipe_input("a", an_order("a", 101, "KETTLE", 1, 2500, OrderState::kCreated, 2), kStart);
  EXPECT_TRUE(verdicts_.empty());
}

TEST_F(FraudTopology, GivesAVerdictForEveryOrderWhateverTheCacheAndTheCommitInterval) {
  streams::TopologyTestDriver driver(fraud_topology(), {{"statestore.cache.max.bytes", "10000000"}},
                                     {.commit_each_record = false, .in_memory = true});
  auto orders = driver.create_input_topic<std::string, Order>("orders");
  auto verdicts = driver.create_output_topic<std::string, OrderValidation>("order-validations");
  for (const char* id : {"a", "b", "c"}) orders.pipe_input(id, an_order(id, 101, "KETTLE", 1, 900), kStart);
  EXPECT_THAT(texts(verdicts), ElementsAre("a FRAUD_CHECK PASS", "b FRAUD_CHECK PASS", "c FRAUD_CHECK FAIL"));
}

TEST_F(FraudTopology, DropsAndCountsWhatComesAfterItsSessionWasClosed) {
  order("a", 101, 1, 0);
  order("b", 101, 1, 3 * kHour);
  order("late", 101, 1, 0);
  EXPECT_THAT(texts(verdicts_), ElementsAre("a FRAUD_CHECK PASS", "b FRAUD_CHECK PASS"));
  EXPECT_EQ(driver_.dropped_records(), 1u);

  streams::TopologyTestDriver patient(fraud_topology({.grace = std::chrono::hours(5)}), {}, kInMemory);
  auto orders = patient.create_input_topic<std::string, Order>("orders");
  auto verdicts = patient.create_output_topic<std::string, OrderValidation>("order-validations");
  orders.pipe_input("b", an_order("b", 101, "KETTLE", 1, 1), kStart + 3 * kHour);
  orders.pipe_input("late", an_order("late", 101, "KETTLE", 1, 1), kStart);
  EXPECT_THAT(texts(verdicts), ElementsAre("b FRAUD_CHECK PASS", "late FRAUD_CHECK PASS"));
  EXPECT_EQ(patient.dropped_records(), 0u);
}

TEST_F(FraudTopology, NamesItsTopicsAndStores) {
  order("a", 101, 1, 0);
  EXPECT_THAT(driver_.produced_topic_names(),
              ElementsAre("FraudService-order-value-by-customer-changelog",
                          "FraudService-orders-by-customer-repartition", "order-validations"));
}

}  // namespace
}  // namespace orders
