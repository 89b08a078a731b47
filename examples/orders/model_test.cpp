// What the JSON of the topics says, and what it must not be mistaken for.
#include "services_test.hpp"

#include <streams/embedded_cluster.hpp>
#include <streams/errors.hpp>

#include <set>

namespace orders {
namespace {

TEST(OrderModel, OrdersWithoutAVersionAreOfTheFirst) {
  const auto old = nlohmann::json::parse(
      R"({"id":"ord-1","customer_id":101,"state":"VALIDATED","product":"KETTLE","quantity":2,"price":30.0})");
  EXPECT_EQ(old.get<Order>(), an_order("ord-1", 101, "KETTLE", 2, 30, OrderState::kValidated, 1));
}

TEST(OrderModel, KeepsItsFieldNamesInJson) {
  EXPECT_EQ(nlohmann::json(an_order("ord-1", 101, "KETTLE", 2, 30.5, OrderState::kShipped, 3)).dump(),
            R"({"customer_id":101,"id":"ord-1","price":30.5,"product":"KETTLE","quantity":2,)"
            R"("state":"SHIPPED","version":3})");
  EXPECT_EQ(nlohmann::json(OrderValidation{"ord-1", CheckType::kOrderDetails, CheckResult::kError}).dump(),
            R"({"check":"ORDER_DETAILS_CHECK","order_id":"ord-1","result":"ERROR"})");
}

TEST(OrderModel, AnUnknownSymbolIsRefusedAndNotTakenForAnother) {
  const streams::JsonSerde<Order> serde;
  try {
    serde.deserialize("orders",
                      R"({"id":"1","customer_id":1,"state":"PENDING","product":"KETTLE","quantity":1,"price":1})");
    FAIL() << "an order in state PENDING was read";
  } catch (const streams::SerializationError& error) {
    EXPECT_STREQ(error.what(),
                 "A value in topic orders is not the JSON that is expected: 'PENDING' is none of CREATED, VALIDATED, "
                 "FAILED, SHIPPED");
  }
}

TEST(OrderModel, CommandsAndResultsWithoutAStateAreRead) {
  OrderCommand command{"r1", CommandKind::kShip, an_order("ord-1", 101, "KETTLE", 2, 30), 3, "shipping"};
  nlohmann::json json = command;
  EXPECT_FALSE(json.contains("expected_state"));
  EXPECT_EQ(json.get<OrderCommand>().expected_state, std::nullopt);
  command.expected_state = OrderState::kValidated;
  EXPECT_EQ(nlohmann::json(command).get<OrderCommand>().expected_state, OrderState::kValidated);
  OrderCommandResult result{"r1", "ord-1", CommandOutcome::kRejected, "why", 3};
  EXPECT_EQ(nlohmann::json(result).dump(),
            R"({"order_id":"ord-1","outcome":"REJECTED","reason":"why","request_id":"r1","version":3})");
  result.state = OrderState::kShipped;
  EXPECT_EQ(nlohmann::json(result).get<OrderCommandResult>(), result);
}

TEST(OrderModel, CustomersFromBeforeLevelAndCountryAreRead) {
  const auto customer = nlohmann::json::parse(R"({"id":103,"first_name":"Noor"})").get<Customer>();
  EXPECT_EQ(customer.level, "bronze");
  EXPECT_EQ(customer.country, "");
}

TEST(OrderModel, IsWorthWholeCents) { EXPECT_EQ(cents(an_order("1", 102, "LANTERN", 3, 799.99)), 239'997); }

TEST(OrderTopics, OrdersAndWhatIsJoinedWithThemHaveAsManyPartitions) {
  std::map<std::string, TopicPlan> topics;
  for (const TopicPlan& topic : ecosystem_topics(6, "test-")) topics[topic.name] = topic;
  EXPECT_EQ(topics.at("test-orders").partitions, 6);
  EXPECT_EQ(topics.at("test-orders").configs.at("cleanup.policy"), "delete");
  EXPECT_EQ(topics.at("test-orders").configs.at("retention.ms"), "-1");
  EXPECT_EQ(topics.at("test-order-validations").partitions, 6);
  EXPECT_EQ(topics.at("test-orders-commands").partitions, 6);
  for (const char* compacted : {"test-customers", "test-warehouse-inventory", "test-orders-latest"}) {
    EXPECT_EQ(topics.at(compacted).configs.at("cleanup.policy"), "compact") << compacted;
  }
}

TEST(OrderTopics, AreCreatedOnceAndThenLeftAsTheyAre) {
  streams::EmbeddedCluster cluster;
  const auto admin = cluster.clients().admin({});
  create_topics(*admin, ecosystem_topics(2));
  create_topics(*admin, ecosystem_topics(5));
  for (const TopicPlan& topic : ecosystem_topics(2)) {
    EXPECT_EQ(cluster.topics().at(topic.name), topic.partitions) << topic.name;
  }
  EXPECT_EQ(cluster.topics().size(), ecosystem_topics().size());
}

TEST(OrderTopics, CommandsNeedAsManyPartitionsAsOrders) {
  streams::EmbeddedCluster cluster;
  const auto admin = cluster.clients().admin({});
  create_topics(*admin, ecosystem_topics(2, "p-"));
  require_commands_beside_orders(*admin, "p-");
  ASSERT_TRUE(cluster.add_partitions("p-orders", 3).ok());
  EXPECT_THAT([&] { require_commands_beside_orders(*admin, "p-"); },
              ::testing::ThrowsMessage<std::runtime_error>(::testing::HasSubstr(
                  "These topics need equally many partitions, but p-orders has 3, p-orders-commands has 2. ")));
}

}  // namespace
}  // namespace orders
