// Scenarios S2 and S4 of the inventory service, and what becomes of stock that was reserved.
#include "inventory_topology.hpp"
#include "services_test.hpp"

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class InventoryTopology : public ::testing::Test {
 protected:
  void stock(const std::string& product, std::int32_t pieces) { stock_.pipe_input(product, pieces, time_ += kSecond); }
  void order(const Order& order) { orders_.pipe_input(order.id, order, time_ += kSecond); }
  void order(const std::string& id, const std::string& product, std::int32_t quantity,
             OrderState state = OrderState::kCreated, std::int32_t version = 1) {
    order(an_order(id, 101, product, quantity, 30, state, version));
  }
  std::int64_t reserved(const std::string& product) {
    return driver_.get_state_store<streams::KeyValueStore<std::string, std::int64_t>>(kReservedStore)
        .get(product)
        .value_or(0);
  }
  std::vector<std::pair<std::optional<std::string>, std::optional<std::int64_t>>> changelog() {
    return driver_.create_output_topic<std::string, std::int64_t>("InventoryService-store-of-reserved-stock-changelog")
        .read_key_values();
  }

  streams::Timestamp time_ = kStart;
  streams::TopologyTestDriver driver_{inventory_topology(), {{"application.id", "InventoryService"}}, kInMemory};
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestInputTopic<std::string, std::int32_t> stock_ =
      driver_.create_input_topic<std::string, std::int32_t>("warehouse-inventory");
  streams::TestOutputTopic<std::string, OrderValidation> verdicts_ =
      driver_.create_output_topic<std::string, OrderValidation>("order-validations");
};

TEST_F(InventoryTopology, ReservesUntilTheStockIsUsedUp) {
  stock("HAMMOCK", 3);
  for (const char* id : {"1", "2", "3", "4"}) order(id, "HAMMOCK", 1);
  EXPECT_THAT(texts(verdicts_), ElementsAre("1 INVENTORY_CHECK PASS", "2 INVENTORY_CHECK PASS",
                                            "3 INVENTORY_CHECK PASS", "4 INVENTORY_CHECK FAIL"));
  EXPECT_THAT(changelog(), ElementsAre(Pair("HAMMOCK", 1), Pair("HAMMOCK", 2), Pair("HAMMOCK", 3)));
}

TEST_F(InventoryTopology, KeepsProductsApart) {
  stock("KETTLE", 75);
  stock("LANTERN", 1);
  order("0", "KETTLE", 3);
  order("1", "LANTERN", 1);
  order("2", "LANTERN", 1);
  EXPECT_THAT(texts(verdicts_),
              ElementsAre("0 INVENTORY_CHECK PASS", "1 INVENTORY_CHECK PASS", "2 INVENTORY_CHECK FAIL"));
  EXPECT_THAT(changelog(), ElementsAre(Pair("KETTLE", 3), Pair("LANTERN", 1)));
}

TEST_F(InventoryTopology, AnOrderForWhatWasNeverStockedFails) {
  order("1", "COMPASS", 1);
  EXPECT_THAT(texts(verdicts_), ElementsAre("1 INVENTORY_CHECK FAIL"));
  EXPECT_THAT(changelog(), IsEmpty());
}

TEST_F(InventoryTopology, AFailedOrderGivesItsStockBackOnce) {
  stock("HAMMOCK", 3);
  order("1", "HAMMOCK", 2);
  order("2", "HAMMOCK", 1);
  for (int i = 0; i < 2; ++i) order("1", "HAMMOCK", 2, OrderState::kFailed);
  EXPECT_EQ(reserved("HAMMOCK"), 1);
  order("3", "HAMMOCK", 2);
  order("3", "HAMMOCK", 2, OrderState::kValidated);
  EXPECT_THAT(texts(verdicts_),
              ElementsAre("1 INVENTORY_CHECK PASS", "2 INVENTORY_CHECK PASS", "3 INVENTORY_CHECK PASS"));
  EXPECT_THAT(changelog(), ElementsAre(Pair("HAMMOCK", 2), Pair("HAMMOCK", 3), Pair("HAMMOCK", 1), Pair("HAMMOCK", 3)));
}

TEST_F(InventoryTopology, AnOrderThatGotNoStockGivesNoneBack) {
  stock("HAMMOCK", 1);
  order("1", "HAMMOCK", 1);
  order("2", "HAMMOCK", 1);
  order("2", "HAMMOCK", 1, OrderState::kFailed);
  EXPECT_EQ(reserved("HAMMOCK"), 1);
}

TEST_F(InventoryTopology, ShippedStockIsGoneUntilTheNextCount) {
  stock("KETTLE", 5);
  order("1", "KETTLE", 4);
  order("1", "KETTLE", 4, OrderState::kValidated);
  for (int i = 0; i < 2; ++i) order("1", "KETTLE", 4, OrderState::kShipped);
  EXPECT_EQ(reserved("KETTLE"), 0);
  order("2", "KETTLE", 2);  // one is left
  stock("KETTLE", 1);       // as the warehouse counts, too
  order("3", "KETTLE", 1);
  order("4", "KETTLE", 1);
  EXPECT_THAT(texts(verdicts_), ElementsAre("1 INVENTORY_CHECK PASS", "2 INVENTORY_CHECK FAIL",
                                            "3 INVENTORY_CHECK PASS", "4 INVENTORY_CHECK FAIL"));
}

TEST_F(InventoryTopology, AnOrderThatWasMadeSmallerHoldsLess) {
  stock("KETTLE", 5);
  order("1", "KETTLE", 5);
  order("1", "KETTLE", 2, OrderState::kValidated, 2);
  EXPECT_EQ(reserved("KETTLE"), 2);
  order("1", "KETTLE", 2, OrderState::kFailed, 3);
  EXPECT_EQ(reserved("KETTLE"), 0);
}

TEST_F(InventoryTopology, ANewOrderThatComesTwiceReservesOnce) {
  stock("KETTLE", 2);
  for (int i = 0; i < 2; ++i) order("1", "KETTLE", 2);
  EXPECT_EQ(reserved("KETTLE"), 2);
  EXPECT_THAT(texts(verdicts_), ElementsAre("1 INVENTORY_CHECK PASS", "1 INVENTORY_CHECK PASS"));
}

TEST_F(InventoryTopology, LessThanNothingCannotBeReserved) {
  stock("KETTLE", 1);
  order("1", "KETTLE", -5);
  order("2", "KETTLE", 0);
  order("3", "KETTLE", 2);
  EXPECT_THAT(texts(verdicts_),
              ElementsAre("1 INVENTORY_CHECK FAIL", "2 INVENTORY_CHECK PASS", "3 INVENTORY_CHECK FAIL"));
}

TEST_F(InventoryTopology, RemembersItsReservationsAfterARestart) {
  stock("HAMMOCK", 3);
  order("1", "HAMMOCK", 2);
  driver_.restart();
  order("2", "HAMMOCK", 2);
  order("1", "HAMMOCK", 2, OrderState::kFailed);
  order("3", "HAMMOCK", 3);
  EXPECT_THAT(texts(verdicts_),
              ElementsAre("1 INVENTORY_CHECK PASS", "2 INVENTORY_CHECK FAIL", "3 INVENTORY_CHECK PASS"));
}

TEST_F(InventoryTopology, NamesItsTopicsAndStores) {
  stock("HAMMOCK", 3);
  order("1", "HAMMOCK", 2);
  order("1", "HAMMOCK", 2, OrderState::kShipped);
  EXPECT_THAT(driver_.produced_topic_names(),
              ElementsAre("InventoryService-orders-by-product-repartition", "InventoryService-reservations-changelog",
                          "InventoryService-shipped-since-level-changelog", "InventoryService-stock-levels-changelog",
                          "InventoryService-store-of-reserved-stock-changelog", "order-validations"));
}

}  // namespace
}  // namespace orders
