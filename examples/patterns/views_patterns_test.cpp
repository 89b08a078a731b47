// Views and guards: what is indexed, cleaned, counted, refused.
#include "pattern_test.hpp"
#include "run.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <map>
#include <random>
#include <set>

namespace patterns {
namespace {

using ::testing::ElementsAre;

constexpr streams::TestDriverOptions kInMemory{.in_memory = true};

TEST(SearchIndex, ThreeViewsOfTheRunningApplicationAnswer) {
  const std::vector<std::string> lines = run(*find_pattern("search_index"), {.print = false});
  EXPECT_THAT(std::vector(lines.begin() + 7, lines.end()),
              ElementsAre("state=PAID: a b c", "product=KETTLE and state=PAID: a b",
                          "customer=nobody:", "from 20.00 to 50.00: c (LANTERN) a (KETTLE) b (KETTLE)"));
}

/// Random changes of random orders, and what the three views have of them.
class SearchedOrders : public ::testing::Test {
 protected:
  using Index = streams::KeyValueStore<std::string, bool>;
  struct Order {
    std::string product, state, customer;
    int cents;
  };

  SearchedOrders() {
    std::mt19937 random(11);
    const auto pick = [&](const char* of, int count) { return of + std::to_string(random() % count); };
    for (int i = 0; i < 2000; ++i) {
      const std::string id = pick("o", 50);
      if (random() % 6 == 0) {
        log_.emplace_back(id, std::nullopt);
        orders_.erase(id);
      } else {
        const Order order{pick("p", 4), pick("s", 12), pick("c", 6), static_cast<int>(random() % 10'000)};
        log_.emplace_back(id, R"({"product":")" + order.product + R"(","state":")" + order.state + R"(","customer":")" +
                                  order.customer + R"(","cents":)" + std::to_string(order.cents) + "}");
        orders_[id] = order;
      }
    }
  }
  /// What an index holds: "term id", and "amount id".
  static std::set<std::string> keys(streams::TopologyTestDriver& driver, const char* store) {
    std::set<std::string> out;
    for (auto [key, here] : driver.get_state_store<Index>(store).all()) {
      key[key.find('\0')] = ' ';
      out.insert(key);
    }
    return out;
  }
  void feed(streams::TopologyTestDriver& driver) const {
    auto input = driver.create_input_topic<std::string, std::string>("orders-to-search");
    for (const auto& [id, order] : log_) input.pipe_input({.key = id, .value = order});
  }

  std::vector<std::pair<std::string, std::optional<std::string>>> log_;
  std::map<std::string, Order> orders_;
};

TEST_F(SearchedOrders, AreTheSameInAllViewsAndAfterARebuild) {
  std::set<std::string> terms, amounts, ids;
  for (const auto& [id, order] : orders_) {
    ids.insert(id);
    terms.insert("product=" + order.product + " " + id);
    terms.insert("state=" + order.state + " " + id);
    terms.insert("customer=" + order.customer + " " + id);
    const std::string cents = std::to_string(order.cents);
    amounts.insert(std::string(10 - cents.size(), '0') + cents + " " + id);
  }
  ASSERT_GT(ids.size(), 10U);
  for (int build = 1; build <= 2; ++build) {  // the second time from nothing but the log, which has everything
    streams::TopologyTestDriver driver(find_pattern("search_index")->topology(), {{"application.id", "app"}},
                                       kInMemory);
    feed(driver);
    EXPECT_EQ(keys(driver, "orders-by-term"), terms) << "build " << build;
    EXPECT_EQ(keys(driver, "orders-by-amount"), amounts) << "build " << build;
    EXPECT_EQ(amounts.size(), ids.size());
  }
}

TEST(Cleaning, NormalisesRowsAndPutsBadOnesAside) {
  EXPECT_THAT(results_of("cleaning"),
              ElementsAre(R"(0:00:01 catalogue 1 -> {"cents":2990,"name":"KETTLE"})",
                          R"(0:00:02 catalogue 2 -> {"cents":1950,"name":"LANTERN"})",
                          "0:00:03 catalogue-raw-dlq 3 -> 3,,7 [why=no name]",
                          "0:00:04 catalogue-raw-dlq 4 -> 4,Compass,cheap [why='cheap' is no price]",
                          "0:00:05 catalogue 2 -> null", "0:00:06 catalogue-raw-dlq 5 -> 5 [why=too few fields]",
                          R"(0:00:07 catalogue 4 -> {"cents":700,"name":"COMPASS"})"));
}

TEST(MemoryImage, IsFullBeforeTheFirstLookup) {
  const std::vector<std::string> lines = run(*find_pattern("memory_image"), {.print = false});
  EXPECT_THAT(
      lines, ElementsAre("0:00:01 baskets-with-names imke -> Kettle", "0:00:02 baskets-with-names imke -> Lantern",
                         "0:00:03 baskets-with-names noor -> p3, whatever that is", "catalogue: p1=Kettle p2=Lantern"));
  const std::vector<std::string> results = results_of("memory_image");
  EXPECT_EQ(std::vector(lines.begin(), lines.begin() + 3), results);
}

TEST(TakeWhatYouNeed, NewFieldsChangeNothing) {
  EXPECT_THAT(results_of("take_what_you_need"),
              ElementsAre("0:00:01 stock-levels KETTLE -> 12", "0:00:02 stock-levels LANTERN -> 3",
                          "0:00:03 stock-levels KETTLE -> 11"));
}

TEST(TakeWhatYouNeed, StoresTheSameFewBytesHoweverLargeTheDocumentIs) {
  streams::TopologyTestDriver driver(find_pattern("take_what_you_need")->topology(), {{"application.id", "app"}},
                                     kInMemory);
  auto documents = driver.create_input_topic<std::string, std::string>("warehouse-documents");
  std::set<std::size_t> sizes;
  for (const std::string& photo : {std::string(), std::string(100'000, 'x')}) {
    documents.pipe_input("d", R"({"product":"KETTLE","count":12,"photo":")" + photo + "\"}");
    driver.commit();
    for (const auto& record : driver.take_outputs()) {
      if (record.topic == "app-stock-changelog") sizes.insert(record.key->size() + record.value->size());
    }
  }
  EXPECT_THAT(sizes, ElementsAre(6U + 4U)) << "the product, and a number of 32 bits";
}

TEST(RulesThatChange, HoldForOrdersThatBeginAfterwards) {
  EXPECT_THAT(results_of("rules_that_change"),
              ElementsAre("0:00:05 orders-validated 1 -> passed 3", "0:00:08 orders-validated 2 -> passed 3",
                          "0:00:12 orders-validated 3 -> passed 4"));
}

TEST(AppStability, RaisesAnAlarmAndTakesItBack) {
  EXPECT_THAT(results_of("app_stability"), ElementsAre("0:10:00 unstable-apps maps@0:00:00-24:00:00 -> 11 % of 9",
                                                       "0:11:00 unstable-apps maps@0:00:00-24:00:00 -> null",
                                                       "0:12:00 unstable-apps maps@0:00:00-24:00:00 -> 20 % of 10",
                                                       "25:00:00 unstable-apps maps@24:00:00-48:00:00 -> 100 % of 1"));
}

TEST(AppStability, CountsOnAfterARestart) {
  streams::TopologyTestDriver driver(find_pattern("app_stability")->topology(), {{"application.id", "app"}});
  auto opened = driver.create_input_topic<std::string, std::string>("app-opened", {}, {}, 1000);
  auto crashed = driver.create_input_topic<std::string, std::string>("app-crashed", {}, {}, 1000);
  auto alarms = driver.create_output_topic<std::string, std::string>("unstable-apps");
  for (int i = 0; i < 20; ++i) opened.pipe_input("maps", "v1");
  crashed.pipe_input("maps", "v1");
  crashed.pipe_input("maps", "v1");
  driver.restart();
  EXPECT_TRUE(alarms.empty());
  crashed.pipe_input("maps", "v1");
  EXPECT_THAT(alarms.read_values(), ElementsAre("15 % of 20"));
}

TEST(SequenceCheck, FindsWhatIsMissingRepeatedAndLate) {
  EXPECT_THAT(results_of("sequence_check"), ElementsAre("0:00:04 out-of-sequence a -> again, or too late: 2",
                                                        "0:00:05 out-of-sequence b -> 2 missing before 4",
                                                        "0:00:06 out-of-sequence b -> again, or too late: 3"));
}

TEST(LegalTransitions, LetNobodyElseDecide) {
  EXPECT_THAT(results_of("legal_transitions"),
              ElementsAre("0:00:01 order-states 1 -> CREATED",
                          "0:00:02 transitions-refused 1 -> shipping SHIPPED [why=no way from 'CREATED' to SHIPPED]",
                          "0:00:03 transitions-refused 1 -> shop VALIDATED [why=VALIDATED is for checks to say]",
                          "0:00:04 order-states 1 -> VALIDATED", "0:00:05 order-states 1 -> PAID",
                          "0:00:06 transitions-refused 1 -> payments PAID [why=no way from 'PAID' to PAID]",
                          "0:00:07 order-states 1 -> SHIPPED",
                          "0:00:08 transitions-refused 2 -> checks FAILED [why=no way from '' to FAILED]"));
}

}  // namespace
}  // namespace patterns
