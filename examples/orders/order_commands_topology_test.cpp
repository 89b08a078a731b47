// Scenarios S8 and S9 of the commands service: who may do what to an order, and what wins when two write at once.
#include "order_commands_topology.hpp"
#include "orders_latest_topology.hpp"
#include "services_test.hpp"

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum OrderState;

std::string text_of(const OrderCommandResult& result) {
  return result.request_id + " " + result.order_id + " " + text_of(result.outcome) + " v" +
         std::to_string(result.version) + (result.reason.empty() ? "" : ": ") + result.reason;
}

class OrderCommands : public ::testing::Test {
 protected:
  void command(CommandKind kind, const Order& order, std::int32_t expected_version, const std::string& writer = "web") {
    const std::string id = "r" + std::to_string(++requests_);
    commands_.pipe_input(order.id, OrderCommand{id, kind, order, expected_version, writer}, kStart + requests_);
  }
  void update(std::int32_t quantity, std::int32_t expected_version, std::optional<OrderState> expected_state) {
    const std::string id = "r" + std::to_string(++requests_);
    const Order wanted = an_order("ord-1", 101, "KETTLE", quantity, 30);
    commands_.pipe_input("ord-1",
                         OrderCommand{id, CommandKind::kUpdate, wanted, expected_version, "web", expected_state},
                         kStart + requests_);
  }
  void verdict(const Order& order, OrderState state) {
    orders_.pipe_input(order.id, in_state(order, state), kStart + requests_);
  }
  std::vector<std::string> results() {
    std::vector<std::string> out;
    for (const auto& record : results_.read_records()) {
      EXPECT_EQ(record.key, record.value->request_id);
      out.push_back(text_of(*record.value));
    }
    return out;
  }
  std::vector<std::string> written() { return texts(written_); }
  std::string known(const std::string& id) {
    const auto order = driver_.get_state_store<streams::KeyValueStore<std::string, Order>>(kOrdersByIdStore).get(id);
    return order ? text_of(*order) : "none";
  }

  const Order order_ = an_order("ord-1", 101, "KETTLE", 4, 30);
  int requests_ = 0;
  streams::TopologyTestDriver driver_{
      order_commands_topology(), {{"application.id", "OrderCommandsService"}}, kInMemory};
  streams::TestInputTopic<std::string, OrderCommand> commands_ =
      driver_.create_input_topic<std::string, OrderCommand>("orders-commands");
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestOutputTopic<std::string, Order> written_ = driver_.create_output_topic<std::string, Order>("orders");
  streams::TestOutputTopic<std::string, OrderCommandResult> results_ =
      driver_.create_output_topic<std::string, OrderCommandResult>("orders-command-results");
};

TEST_F(OrderCommands, OfTwoUpdatesOfTheSameVersionTheSecondIsRejected) {
  command(CommandKind::kRequest, order_, 0);
  command(CommandKind::kUpdate, an_order("ord-1", 101, "KETTLE", 3, 30), 1);
  command(CommandKind::kUpdate, an_order("ord-1", 101, "KETTLE", 2, 30), 1);
  EXPECT_THAT(results(),
              ElementsAre("r1 ord-1 ACCEPTED v1", "r2 ord-1 ACCEPTED v2", "r3 ord-1 REJECTED v2: version 1 is not 2"));
  EXPECT_THAT(written(), ElementsAre("ord-1 CREATED 4 KETTLE v1", "ord-1 CREATED 3 KETTLE v2"));
}

TEST_F(OrderCommands, WhoHasNotSeenTheVerdictIsRejected) {
  command(CommandKind::kRequest, order_, 0);
  update(3, 1, kCreated);
  verdict(an_order("ord-1", 101, "KETTLE", 4, 30), kValidated);  // on version 1: merged
  update(2, 2, kCreated);
  update(2, 2, kValidated);
  update(1, 3, std::nullopt);
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 ACCEPTED v1", "r2 ord-1 ACCEPTED v2",
                                     "r3 ord-1 REJECTED v2: it is VALIDATED and not CREATED", "r4 ord-1 ACCEPTED v3",
                                     "r5 ord-1 ACCEPTED v4"));
}

TEST_F(OrderCommands, WhoHasSeenAVerdictThatIsOnItsWayHereIsAheadAndNotBehind) {
  command(CommandKind::kRequest, order_, 0);
  update(3, 1, kValidated);
  verdict(order_, kValidated);
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 ACCEPTED v1", "r2 ord-1 ACCEPTED v2"));
  EXPECT_EQ(known("ord-1"), "ord-1 VALIDATED 3 KETTLE v2");
}

TEST_F(OrderCommands, AnOrderIsShippedAfterItWasValidatedAndOnlyByShipping) {
  command(CommandKind::kRequest, order_, 0);
  command(CommandKind::kShip, order_, 1, "shipping");
  verdict(order_, kValidated);
  command(CommandKind::kShip, order_, 1);
  command(CommandKind::kShip, order_, 1, "shipping");
  command(CommandKind::kCancel, order_, 2);
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 ACCEPTED v1", "r2 ord-1 REJECTED v1: no transition CREATED -> SHIPPED",
                                     "r3 ord-1 REJECTED v1: writer web may not SHIP", "r4 ord-1 ACCEPTED v2",
                                     "r5 ord-1 REJECTED v2: no transition SHIPPED -> FAILED"));
  EXPECT_THAT(written(), ElementsAre("ord-1 CREATED 4 KETTLE v1", "ord-1 SHIPPED 4 KETTLE v2"));
}

TEST_F(OrderCommands, WhatFailedStaysFailed) {
  verdict(order_, kFailed);  // an order that came by another way
  command(CommandKind::kShip, order_, 0, "shipping");
  command(CommandKind::kUpdate, order_, 0);
  command(CommandKind::kCancel, order_, 0);
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 REJECTED v1: no transition FAILED -> SHIPPED",
                                     "r2 ord-1 REJECTED v1: no UPDATE of a FAILED order",
                                     "r3 ord-1 REJECTED v1: no transition FAILED -> FAILED"));
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(OrderCommands, AnOrderIsRequestedOnceAndAsCreated) {
  command(CommandKind::kRequest, in_state(order_, kValidated), 0);
  command(CommandKind::kRequest, order_, 0);
  command(CommandKind::kRequest, order_, 0);
  command(CommandKind::kCancel, an_order("ord-2", 101, "KETTLE", 1, 1), 0);
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 REJECTED v0: a requested order is CREATED, not VALIDATED",
                                     "r2 ord-1 ACCEPTED v1", "r3 ord-1 REJECTED v1: order ord-1 exists already",
                                     "r4 ord-2 REJECTED v0: there is no order ord-2"));
  EXPECT_THAT(written(), ElementsAre("ord-1 CREATED 4 KETTLE v1"));
}

TEST_F(OrderCommands, AnUpdateMakesAnOrderSmallerAndNothingElse) {
  command(CommandKind::kRequest, order_, 0);
  for (const Order& wanted : {an_order("ord-1", 101, "LANTERN", 1, 30), an_order("ord-1", 102, "KETTLE", 1, 30),
                              an_order("ord-1", 101, "KETTLE", 5, 30), an_order("ord-1", 101, "KETTLE", 1, 31),
                              an_order("ord-1", 101, "KETTLE", -1, 30)}) {
    command(CommandKind::kUpdate, wanted, 1);
  }
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 ACCEPTED v1",
                                     "r2 ord-1 REJECTED v1: product and customer of an order stay as they are",
                                     "r3 ord-1 REJECTED v1: product and customer of an order stay as they are",
                                     "r4 ord-1 REJECTED v1: an update can only make an order smaller",
                                     "r5 ord-1 REJECTED v1: an update can only make an order smaller",
                                     "r6 ord-1 REJECTED v1: an update can only make an order smaller"));
  EXPECT_THAT(written(), ElementsAre("ord-1 CREATED 4 KETTLE v1"));
}

TEST_F(OrderCommands, AVerdictOnAnOlderVersionIsMerged) {
  command(CommandKind::kRequest, order_, 0);
  command(CommandKind::kUpdate, an_order("ord-1", 101, "KETTLE", 1, 30), 1);
  written();
  verdict(order_, kValidated);
  EXPECT_THAT(written(), ElementsAre("ord-1 VALIDATED 1 KETTLE v2"));
  EXPECT_EQ(known("ord-1"), "ord-1 VALIDATED 1 KETTLE v2");
}

TEST_F(OrderCommands, AVerdictOnAnOrderThatWasCancelledIsTakenBack) {
  command(CommandKind::kRequest, order_, 0);
  command(CommandKind::kCancel, order_, 0);
  written();
  verdict(order_, kValidated);
  EXPECT_THAT(written(), ElementsAre("ord-1 FAILED 4 KETTLE v2"));
  EXPECT_EQ(known("ord-1"), "ord-1 FAILED 4 KETTLE v2");
}

TEST_F(OrderCommands, FollowsOrdersThatOthersWriteAndDelete) {
  verdict(order_, kCreated);
  EXPECT_EQ(known("ord-1"), "ord-1 CREATED 4 KETTLE v1");
  verdict(order_, kValidated);
  EXPECT_EQ(known("ord-1"), "ord-1 VALIDATED 4 KETTLE v1");
  orders_.pipe_input("ord-1", std::nullopt, kStart);
  EXPECT_EQ(known("ord-1"), "none");
  EXPECT_THAT(written(), IsEmpty());
}

TEST_F(OrderCommands, ACommandThatIsNotWhereItsOrderIsIsRejected) {
  commands_.pipe_input("ord-2", OrderCommand{"r1", CommandKind::kRequest, order_, 0, "web"}, kStart);
  EXPECT_THAT(results(), ElementsAre("r1 ord-1 REJECTED v0: the key of a command is the id of its order"));
  EXPECT_EQ(known("ord-1"), "none");
}

TEST(OrdersLatest, HasEveryChangeUnderTheOrdersIdAlsoDeletions) {
  streams::TopologyTestDriver driver(orders_latest_topology("p-"));
  auto orders = driver.create_input_topic<std::string, Order>("p-orders");
  auto latest = driver.create_output_topic<std::string, Order>("p-orders-latest");
  const Order order = an_order("ord-1", 101, "KETTLE", 4, 30);
  orders.pipe_input("ord-1", order, kStart);
  orders.pipe_input("ord-1", in_state(order, kValidated), kStart);
  orders.pipe_input("ord-1", std::nullopt, kStart);
  EXPECT_THAT(texts(latest), ElementsAre("ord-1 CREATED 4 KETTLE v1", "ord-1 VALIDATED 4 KETTLE v1", "ord-1: null"));
}

}  // namespace
}  // namespace orders
