// Scenario S5 and more of the aggregator: every order gets one decision, or none.
#include "validations_topology.hpp"
#include "services_test.hpp"

namespace orders {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum CheckResult;

class ValidationsTopology : public ::testing::Test {
 protected:
  struct Run {
    explicit Run(const ValidationsOptions& options = {})
        : driver(validations_topology(options), {{"application.id", "ValidationsAggregatorService"}}, kInMemory) {}

    void check(const std::string& id, CheckType type, CheckResult result, std::int64_t at_ms) {
      checks.pipe_input(id, OrderValidation{id, type, result}, kStart + at_ms);
    }
    void pass_all(const std::string& id, std::int64_t at_ms) {
      for (const CheckType type : {CheckType::kFraud, CheckType::kInventory, CheckType::kOrderDetails}) {
        check(id, type, kPass, at_ms);
      }
    }
    void order(const std::string& id, std::int64_t at_ms) {
      orders.pipe_input(id, an_order(id, 101, "KETTLE", 2, 30), kStart + at_ms);
    }
    std::vector<std::string> decisions() { return texts(decided); }

    streams::TopologyTestDriver driver;
    streams::TestInputTopic<std::string, Order> orders = driver.create_input_topic<std::string, Order>("orders");
    streams::TestInputTopic<std::string, OrderValidation> checks =
        driver.create_input_topic<std::string, OrderValidation>("order-validations");
    streams::TestOutputTopic<std::string, Order> decided = driver.create_output_topic<std::string, Order>("orders");
  };
  Run run_;
};

TEST_F(ValidationsTopology, ValidatesWhatPassedEveryCheckAndFailsWhatFailedOne) {
  run_.order("0", 0);
  run_.order("1", 1);
  run_.pass_all("0", 2);
  run_.check("1", CheckType::kFraud, kPass, 3);
  run_.check("1", CheckType::kInventory, kFail, 4);
  run_.check("1", CheckType::kOrderDetails, kPass, 5);
  EXPECT_THAT(run_.decisions(), ElementsAre("0 VALIDATED 2 KETTLE v1", "1 FAILED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, ChecksMayComeFirstIfTheOrderFollowsWithinTheWindow) {
  run_.pass_all("soon", 0);
  run_.pass_all("late", 0);
  run_.order("soon", 4 * kMinute);
  run_.order("late", 6 * kMinute);
  EXPECT_THAT(run_.decisions(), ElementsAre("soon VALIDATED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, DropsAndCountsAPassThatIsOlderThanTheWindow) {
  run_.check("1", CheckType::kFraud, kPass, 0);
  run_.check("2", CheckType::kFraud, kPass, 6 * kMinute);
  EXPECT_EQ(run_.driver.dropped_records(), 0u);
  run_.check("1", CheckType::kInventory, kPass, kMinute - 1);
  EXPECT_EQ(run_.driver.dropped_records(), 1u);
}

TEST_F(ValidationsTopology, GraceLetsChecksComeLate) {
  for (const bool patient : {false, true}) {
    Run run({.grace = streams::Millis(patient ? 10 * kMinute : 0)});
    run.order("1", 0);
    run.check("2", CheckType::kFraud, kPass, 10 * kMinute);  // stream time is far ahead of order 1
    run.pass_all("1", kMinute);
    EXPECT_EQ(run.decisions(),
              patient ? std::vector<std::string>{"1 VALIDATED 2 KETTLE v1"} : std::vector<std::string>{});
    EXPECT_EQ(run.driver.dropped_records(), patient ? 0u : 3u);
  }
}

TEST_F(ValidationsTopology, CountsDifferentChecksAndNotPasses) {
  run_.order("1", 0);
  for (int i = 0; i < 3; ++i) run_.check("1", CheckType::kFraud, kPass, 1 + i);
  run_.check("1", CheckType::kInventory, kPass, 4);
  EXPECT_THAT(run_.decisions(), IsEmpty());
  run_.check("1", CheckType::kOrderDetails, kPass, 5);
  EXPECT_THAT(run_.decisions(), ElementsAre("1 VALIDATED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, DecidesOnceHoweverManyChecksFollow) {
  run_.order("good", 0);
  run_.order("bad", 0);
  for (int i = 0; i < 2; ++i) {
    run_.pass_all("good", 1);
    run_.check("bad", CheckType::kFraud, kFail, 1);
    run_.check("bad", CheckType::kInventory, kFail, 1);
  }
  run_.check("good", CheckType::kFraud, kFail, 2);  // too late: it may be shipped by now
  EXPECT_THAT(run_.decisions(), ElementsAre("good VALIDATED 2 KETTLE v1", "bad FAILED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, AnErrorCountsAsAFailure) {
  run_.order("1", 0);
  run_.check("1", CheckType::kOrderDetails, kError, 1);
  EXPECT_THAT(run_.decisions(), ElementsAre("1 FAILED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, ALateCheckThatJoinsTwoSessionsAddsToBoth) {
  Run run({.grace = streams::Millis(kHour)});
  run.check("1", CheckType::kFraud, kPass, 0);
  run.check("1", CheckType::kInventory, kPass, 8 * kMinute);  // a session of its own
  run.order("1", 8 * kMinute);
  EXPECT_THAT(run.decisions(), IsEmpty());
  run.check("1", CheckType::kOrderDetails, kPass, 4 * kMinute);  // near both
  EXPECT_THAT(run.decisions(), ElementsAre("1 VALIDATED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, TheNumberOfRulesIsAParameter) {
  Run two({.rules = 2}), four({.rules = 4});
  for (Run* run : {&two, &four}) {
    run->order("1", 0);
    run->pass_all("1", 1);
  }
  EXPECT_THAT(two.decisions(), ElementsAre("1 VALIDATED 2 KETTLE v1"));
  EXPECT_THAT(four.decisions(), IsEmpty());
}

TEST_F(ValidationsTopology, DecidesOnceAcrossARestart) {
  run_.order("1", 0);
  run_.check("1", CheckType::kFraud, kPass, 1);
  run_.check("1", CheckType::kInventory, kPass, 2);
  run_.driver.restart();
  run_.check("1", CheckType::kOrderDetails, kPass, 3);
  run_.driver.restart();
  run_.pass_all("1", 4);
  EXPECT_THAT(run_.decisions(), ElementsAre("1 VALIDATED 2 KETTLE v1"));
}

TEST_F(ValidationsTopology, NamesItsTopicsAndStores) {
  run_.order("1", 0);
  run_.pass_all("1", 1);
  const std::string app = "ValidationsAggregatorService-";
  EXPECT_THAT(
      run_.driver.produced_topic_names(),
      ElementsAre(app + "checks-by-order-changelog", app + "decided-orders-changelog",
                  app + "verdicts-and-orders-other-join-store-changelog",
                  app + "verdicts-and-orders-this-join-store-changelog", app + "verdicts-repartition", "orders"));
}

}  // namespace
}  // namespace orders
