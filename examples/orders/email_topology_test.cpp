// Scenarios S13 and S14 of the order ecosystem, and what becomes of records that match nothing.
#include "email_topology.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orders {
namespace {

using streams::TopologyTestDriver;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr streams::Timestamp kStart = 1'700'000'000'000;
constexpr std::int64_t kSecond = 1000;

class EmailTopology : public ::testing::Test {
 protected:
  static Order order(const std::string& id, std::int64_t customer) {
    return {id, customer, OrderState::kCreated, "lamp", 2, 19.5};
  }
  static Payment payment(const std::string& order_id) { return {"pay-" + order_id, order_id, "EUR", 39.0}; }
  void customer(std::int64_t id, const std::string& level) {
    customers_.pipe_input(id, Customer{id, "Ada", "Okafor", "ada@example.org", "1 Quay Street", level}, kStart);
  }

  std::vector<std::string> mails_;
  TopologyTestDriver driver_{email_topology({.send_mail = [this](const Mail& mail) {
    mails_.push_back(mail.order.id + " " + mail.payment.id + " " + mail.customer.email);
  }})};
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestInputTopic<std::string, Payment> payments_ =
      driver_.create_input_topic<std::string, Payment>("payments");
  streams::TestInputTopic<std::int64_t, Customer> customers_ =
      driver_.create_input_topic<std::int64_t, Customer>("customers");
};

TEST_F(EmailTopology, SendsOneMailWhenThePaymentComesFirstAndTheOrderWithinAMinute) {
  customer(101, "gold");
  payments_.pipe_input("pay-1", payment("1"), kStart);
  EXPECT_THAT(mails_, IsEmpty());
  orders_.pipe_input("1", order("1", 101), kStart + 50 * kSecond);
  EXPECT_THAT(mails_, ElementsAre("1 pay-1 ada@example.org"));
}

TEST_F(EmailTopology, SendsNoMailWhenThePaymentComesMoreThanAMinuteAfterTheOrder) {
  customer(101, "gold");
  orders_.pipe_input("1", order("1", 101), kStart);
  payments_.pipe_input("pay-1", payment("1"), kStart + 61 * kSecond);
  EXPECT_THAT(mails_, IsEmpty());
}

TEST_F(EmailTopology, RoutesEachOrderToTheLevelThatItsCustomerHasAtThatMoment) {
  auto bronze = driver_.create_output_topic<std::string, OrderEnriched>("bronze");
  auto gold = driver_.create_output_topic<std::string, OrderEnriched>("gold");
  customer(103, "bronze");
  orders_.pipe_input("1", order("1", 103), kStart);
  customer(103, "gold");
  orders_.pipe_input("2", order("2", 103), kStart + kSecond);

  const auto first = bronze.read_records();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].key, "1");
  EXPECT_EQ(first[0].value->customer_level, "bronze");
  const auto second = gold.read_records();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].key, "2");
  EXPECT_EQ(second[0].value->customer_level, "gold");
}

TEST_F(EmailTopology, NeitherMailsNorRoutesOrdersOfUnknownCustomers) {
  orders_.pipe_input("1", order("1", 999), kStart);
  payments_.pipe_input("pay-1", payment("1"), kStart);
  EXPECT_THAT(mails_, IsEmpty());
  for (const std::string& level : kLevels) {
    EXPECT_TRUE((driver_.create_output_topic<std::string, OrderEnriched>(level).empty())) << level;
  }
}

}  // namespace
}  // namespace orders
