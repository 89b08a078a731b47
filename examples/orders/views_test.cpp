// The views: every query is compared with what a walk over all orders says, after each kind of change.
#include "customer_orders_topology.hpp"
#include "daily_revenue_topology.hpp"
#include "order_grid_topology.hpp"
#include "services_test.hpp"

#include <streams/embedded_cluster.hpp>
#include <streams/kafka_streams.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include <unistd.h>

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using enum OrderState;

class CustomerOrdersView : public ::testing::Test {
 protected:
  void order(const Order& order) { orders_.pipe_input(order.id, order, kStart); }
  void customer(const Customer& customer) { customers_.pipe_input(customer.id, customer, kStart); }
  const CustomerOrderRows& rows(const char* store) {
    return driver_.get_state_store<streams::KeyValueStore<std::string, CustomerOrder>>(store);
  }
  std::vector<std::string> of_customer(std::int64_t id, const OrderQuery& query = {}) {
    return texts_of(orders_of_customer(rows(kCustomerOrdersByAmount), id, query));
  }
  std::vector<std::string> of_country(const std::string& country, OrderState state, const OrderQuery& query = {}) {
    return texts_of(orders_of_country(rows(kCustomerOrdersByCountry), country, state, query));
  }
  static std::vector<std::string> texts_of(const std::vector<CustomerOrder>& rows) {
    std::vector<std::string> out;
    for (const CustomerOrder& row : rows) {
      out.push_back(row.order.id + " " + text_of(row.order.state) + " " + std::to_string(cents(row.order)) + " " +
                    (row.known ? row.customer.first_name + " " + row.customer.country : "unknown"));
    }
    return out;
  }

  streams::TopologyTestDriver driver_{
      customer_orders_topology(), {{"application.id", "CustomerOrdersView"}}, kInMemory};
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestInputTopic<std::int64_t, Customer> customers_ =
      driver_.create_input_topic<std::int64_t, Customer>("customers");
};

TEST_F(CustomerOrdersView, AnswersByAmountStateAndCountry) {
  customer(kImke);
  customer(kTolga);
  order(an_order("a", 101, "KETTLE", 2, 30));
  order(an_order("b", 101, "LANTERN", 1, 500.5, kValidated));
  order(an_order("c", 101, "HAMMOCK", -1, 10));
  order(an_order("d", 102, "HAMMOCK", 1, 70, kValidated));
  EXPECT_THAT(of_customer(101),
              ElementsAre("c CREATED -1000 Imke NL", "a CREATED 6000 Imke NL", "b VALIDATED 50050 Imke NL"));
  EXPECT_THAT(of_customer(101, {.min_cents = 6000, .max_cents = 6000}), ElementsAre("a CREATED 6000 Imke NL"));
  EXPECT_THAT(of_customer(101, {.min_cents = 6001}), ElementsAre("b VALIDATED 50050 Imke NL"));
  EXPECT_THAT(of_customer(101, {.max_cents = 0}), ElementsAre("c CREATED -1000 Imke NL"));
  EXPECT_THAT(of_customer(101, {.state = kValidated}), ElementsAre("b VALIDATED 50050 Imke NL"));
  EXPECT_THAT(of_customer(101, {.country = "TR"}), IsEmpty());
  EXPECT_THAT(of_customer(101, {.limit = 1}), ElementsAre("c CREATED -1000 Imke NL"));
  EXPECT_THAT(of_customer(101, {.min_cents = 2, .max_cents = 1}), IsEmpty());
  EXPECT_THAT(of_customer(999), IsEmpty());
  EXPECT_THAT(of_country("TR", kValidated), ElementsAre("d VALIDATED 7000 Tolga TR"));
  EXPECT_THAT(of_country("NL", kCreated, {.min_cents = 0}), ElementsAre("a CREATED 6000 Imke NL"));
}

TEST_F(CustomerOrdersView, FollowsEveryChangeOfOrdersAndCustomers) {
  order(an_order("a", 103, "KETTLE", 2, 30));
  EXPECT_THAT(of_customer(103), ElementsAre("a CREATED 6000 unknown"));
  customer(kNoor);
  EXPECT_THAT(of_country("NL", kCreated), ElementsAre("a CREATED 6000 Noor NL"));
  order(an_order("a", 103, "KETTLE", 1, 30, kValidated, 2));
  EXPECT_THAT(of_customer(103), ElementsAre("a VALIDATED 3000 Noor NL"));
  EXPECT_THAT(of_country("NL", kCreated), IsEmpty());
  Customer moved = kNoor;
  moved.country = "BE";
  customer(moved);
  EXPECT_THAT(of_country("NL", kValidated), IsEmpty());
  EXPECT_THAT(of_country("BE", kValidated), ElementsAre("a VALIDATED 3000 Noor BE"));
  customers_.pipe_input(103, std::nullopt, kStart);
  EXPECT_THAT(of_customer(103), ElementsAre("a VALIDATED 3000 unknown"));
  order(an_order("a", 101, "KETTLE", 1, 30, kValidated, 2));  // somebody else's
  EXPECT_THAT(of_customer(103), IsEmpty());
  EXPECT_THAT(of_customer(101), ElementsAre("a VALIDATED 3000 unknown"));
  orders_.pipe_input("a", std::nullopt, kStart);
  for (const char* store : {kCustomerOrdersStore, kCustomerOrdersByAmount, kCustomerOrdersByCountry}) {
    EXPECT_TRUE(rows(store).all().begin() == rows(store).all().end()) << store;
  }
}

/// Orders and customers as they are, and what a query should find in them.
struct Model {
  std::map<std::string, Order> orders;
  std::map<std::int64_t, Customer> customers;

  std::vector<std::string> ids(const std::optional<std::int64_t>& customer, const OrderQuery& query) const {
    std::vector<std::pair<std::int64_t, std::string>> found;
    for (const auto& [id, order] : orders) {
      const auto at = customers.find(order.customer_id);
      const std::string country = at == customers.end() ? "" : at->second.country;
      if (customer && order.customer_id != *customer) continue;
      if (query.min_cents && cents(order) < *query.min_cents) continue;
      if (query.max_cents && cents(order) > *query.max_cents) continue;
      if (query.state && order.state != *query.state) continue;
      if (query.country && country != *query.country) continue;
      found.emplace_back(cents(order), id);
    }
    std::ranges::sort(found);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < found.size() && i < query.limit; ++i) out.push_back(found[i].second);
    return out;
  }
};

std::vector<std::string> ids_of(const std::vector<CustomerOrder>& rows) {
  std::vector<std::string> out;
  for (const CustomerOrder& row : rows) out.push_back(row.order.id);
  return out;
}

TEST_F(CustomerOrdersView, AThousandRandomQueriesAreAnsweredAsAWalkOverAllOrdersWould) {
  std::mt19937 random(7);
  const auto roll = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  const std::vector<std::string> countries{"", "NL", "N", "TR"};
  Model model;
  for (int step = 0; step < 1000; ++step) {
    if (roll(10) == 0) {
      const Customer changed{.id = roll(4), .country = countries[static_cast<std::size_t>(roll(4))]};
      model.customers[changed.id] = changed;
      customer(changed);
    } else if (const std::string id = "o" + std::to_string(roll(60)); roll(15) == 0) {
      model.orders.erase(id);
      orders_.pipe_input(id, std::nullopt, kStart);
    } else {
      const Order changed = an_order(id, roll(4), "KETTLE", roll(9) - 1, roll(300), static_cast<OrderState>(roll(4)));
      model.orders[id] = changed;
      order(changed);
    }
    OrderQuery query{.limit = static_cast<std::size_t>(1 + roll(20))};
    if (roll(2) == 0) query.min_cents = 100 * roll(800);
    if (roll(2) == 0) query.max_cents = 100 * roll(1200);
    OrderQuery by_country = query;
    by_country.state = static_cast<OrderState>(roll(4));
    by_country.country = countries[static_cast<std::size_t>(roll(4))];
    ASSERT_EQ(ids_of(orders_of_country(rows(kCustomerOrdersByCountry), *by_country.country, *by_country.state, query)),
              model.ids(std::nullopt, by_country))
        << "step " << step;
    if (roll(2) == 0) query.state = by_country.state;
    if (roll(3) == 0) query.country = by_country.country;
    const std::int64_t customer_id = roll(4);
    ASSERT_EQ(ids_of(orders_of_customer(rows(kCustomerOrdersByAmount), customer_id, query)),
              model.ids(customer_id, query))
        << "step " << step;
  }
}

TEST_F(CustomerOrdersView, NamesItsTopicsAndStores) {
  customer(kNoor);
  order(an_order("a", 103, "KETTLE", 2, 30));
  const std::string app = "CustomerOrdersView-";
  EXPECT_THAT(driver_.produced_topic_names(),
              ElementsAre(app + "customer-of-order-changelog", app + "customer-orders-by-amount-changelog",
                          app + "customer-orders-by-country-changelog", app + "customer-orders-changelog",
                          app + "customers-by-id-changelog", app + "orders-by-customer-repartition"));
}

class OrderGrid : public ::testing::Test {
 protected:
  void order(const Order& order) { orders_.pipe_input(order.id, order, kStart); }
  std::vector<std::string> rows() {
    std::vector<std::string> out;
    using Store = streams::TimestampedKeyValueStore<std::string, GridRow>;
    for (auto [id, row] : driver_.get_state_store<Store>(kOrderGridStore).all()) {
      const auto& [order, payment, customer] = row.value;
      out.push_back(text_of(order) + " " + (payment ? payment->id : "unpaid") + " " +
                    (customer ? customer->first_name : "unknown"));
    }
    return out;
  }

  streams::TopologyTestDriver driver_{order_grid_topology(), {{"application.id", "OrderGridView"}}, kInMemory};
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestInputTopic<std::string, Payment> payments_ =
      driver_.create_input_topic<std::string, Payment>("payments");
  streams::TestInputTopic<std::int64_t, Customer> customers_ =
      driver_.create_input_topic<std::int64_t, Customer>("customers");
};

TEST_F(OrderGrid, HasARowForEachOrderThatFillsUpAsFactsCome) {
  order(an_order("a", 101, "KETTLE", 2, 30));
  EXPECT_THAT(rows(), ElementsAre("a CREATED 2 KETTLE v1 unpaid unknown"));
  payments_.pipe_input("p1", Payment{"p1", "a", "EUR", 60}, kStart);
  customers_.pipe_input(101, kImke, kStart);
  order(an_order("a", 101, "KETTLE", 2, 30, kValidated));
  EXPECT_THAT(rows(), ElementsAre("a VALIDATED 2 KETTLE v1 p1 Imke"));
  customers_.pipe_input(101, std::nullopt, kStart);
  EXPECT_THAT(rows(), ElementsAre("a VALIDATED 2 KETTLE v1 p1 unknown"));
  orders_.pipe_input("a", std::nullopt, kStart);
  EXPECT_THAT(rows(), IsEmpty());
}

TEST(OrderGridPages, GoThroughTheOrdersOfAllPartitionsByTheirIds) {
  streams::EmbeddedCluster cluster;
  create_topics(*cluster.clients().admin({}), ecosystem_topics(3));
  std::string expected;
  for (int i = 0; i < 25; ++i) {
    const std::string id(1, static_cast<char>('a' + (i * 7) % 25));
    const std::string value = nlohmann::json(an_order(id, 101, "KETTLE", 1, 1)).dump();
    ASSERT_TRUE(cluster.produce("orders", {.key = id, .value = value, .timestamp = kStart}).ok());
    expected += static_cast<char>('a' + i);
  }
  const auto state = std::filesystem::temp_directory_path() / ("order-grid-" + std::to_string(::getpid()));
  streams::KafkaStreams app(order_grid_topology(),
                            {{"application.id", "OrderGridView"},
                             {"state.dir", state.string()},
                             {"auto.offset.reset", "earliest"},
                             {"commit.interval.ms", "10"}},
                            cluster);
  app.start();
  const auto page = [&](const std::optional<std::string>& after, std::size_t size) -> std::vector<GridRow> {
    try {
      return page_of_grid(app, after, size);
    } catch (const streams::InvalidStateStore&) {
      return {};  // not there yet
    }
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (page(std::nullopt, 99).size() < 25 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::string seen;
  std::optional<std::string> after;
  for (auto rows = page(after, 4); !rows.empty(); rows = page(after, 4)) {
    EXPECT_EQ(rows.size(), rows.back().order.id == "y" ? 1u : 4u);
    for (const GridRow& row : rows) seen += row.order.id;
    after = rows.back().order.id;
  }
  EXPECT_EQ(seen, expected);
  app.close();
  std::filesystem::remove_all(state);
}

class DailyRevenue : public ::testing::Test {
 protected:
  void order(const Order& order, std::int64_t at_ms) { orders_.pipe_input(order.id, order, at_ms); }
  std::map<std::string, std::optional<std::int64_t>> revenue() { return revenue_.read_map(); }

  static constexpr std::int64_t kNoon = 1'772'366'400'000;  // 2026-03-01T12:00:00Z
  streams::TopologyTestDriver driver_{daily_revenue_topology(), {{"application.id", "DailyRevenueService"}}, kInMemory};
  streams::TestInputTopic<std::string, Order> orders_ = driver_.create_input_topic<std::string, Order>("orders");
  streams::TestOutputTopic<std::string, std::int64_t> revenue_ =
      driver_.create_output_topic<std::string, std::int64_t>("daily-revenue");
};

TEST_F(DailyRevenue, CountsAnOrderOnceOnTheDayOnWhichItWasValidated) {
  order(an_order("a", 101, "KETTLE", 2, 30), kNoon);
  order(an_order("b", 102, "KETTLE", 1, 0.5), kNoon);
  order(an_order("a", 101, "KETTLE", 2, 30, kValidated), kNoon + 11 * kHour);
  order(an_order("b", 102, "KETTLE", 1, 0.5, kValidated), kNoon + 13 * kHour);
  order(an_order("a", 101, "KETTLE", 2, 30, kShipped, 2), kNoon + 30 * kHour);
  EXPECT_THAT(revenue(), ElementsAre(Pair("2026-03-01", 6000), Pair("2026-03-02", 50)));
}

TEST_F(DailyRevenue, CorrectsTheDayWhenAnOrderBecomesSmallerOrFails) {
  order(an_order("a", 101, "KETTLE", 2, 30, kValidated), kNoon);
  order(an_order("b", 101, "KETTLE", 1, 30, kValidated), kNoon);
  order(an_order("a", 101, "KETTLE", 1, 30, kValidated, 2), kNoon + 24 * kHour);
  EXPECT_EQ(revenue().at("2026-03-01"), 6000);
  order(an_order("b", 101, "KETTLE", 1, 30, kFailed, 2), kNoon + 24 * kHour);
  EXPECT_EQ(revenue().at("2026-03-01"), 3000);
}

}  // namespace
}  // namespace orders
