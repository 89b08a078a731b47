// Processors with stores of their own, clocks and names.
#include "pattern_test.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <map>

namespace patterns {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WaitForRow, HoldsRidesUntilTheDriverIsKnownOrTimeIsUp) {
  EXPECT_THAT(results_of("wait_for_row"), ElementsAre("0:00:01 rides-with-drivers d1 -> ride 1 with Noor",
                                                      "0:00:05 rides-with-drivers d2 -> ride 2 with Tolga",
                                                      "0:00:05 rides-with-drivers d2 -> ride 4 with Tolga",
                                                      "0:01:30 rides-with-drivers d1 -> ride 5 with Noor",
                                                      "0:01:30 rides-with-drivers d3 -> ride 3 with nobody"));
}

TEST(Deduplication, DropsWhatComesAgainWithinTenMinutes) {
  EXPECT_THAT(results_of("deduplication"),
              ElementsAre("0:20:00 unique-events e1 -> first", "0:21:00 unique-events e2 -> other",
                          "0:35:00 unique-events null -> no id", "0:36:00 unique-events null -> no id",
                          "0:45:00 unique-events e1 -> after a long pause"));
}

TEST(ExpiringRows, DeletesWhoIsSilent) {
  EXPECT_THAT(results_of("expiring_rows"),
              ElementsAre("0:00:00 devices-online d1 -> 10.0.0.1", "0:01:00 devices-online d2 -> 10.0.0.2",
                          "0:04:00 devices-online d1 -> 10.0.0.1", "0:07:00 devices-online d3 -> 10.0.0.3",
                          "0:07:00 devices-online d2 -> null", "0:12:00 devices-online d3 -> 10.0.0.3",
                          "0:12:00 devices-online d1 -> null"));
}

TEST(Reordering, GivesTheOrderOfEvents) {
  EXPECT_THAT(results_of("reordering"),
              ElementsAre("0:00:02 measurements-in-order b -> first", "0:00:05 measurements-in-order a -> second",
                          "0:00:09 measurements-in-order a -> third"));
}

TEST(Schedules, ReportsByBothClocks) {
  EXPECT_THAT(results_of("schedules"),
              ElementsAre("0:00:10 visit-reports minute ends -> 1", "0:00:10 visit-reports so far -> 1",
                          "0:00:20 visit-reports so far -> 2", "0:01:20 visit-reports minute ends -> 3",
                          "0:01:20 visit-reports so far -> 3"));
}

TEST(CountMinSketch, EstimatesHowOftenWordsWereSearchedFor) {
  EXPECT_THAT(results_of("count_min_sketch"),
              ElementsAre("0:00:01 searches-estimated tea -> 1", "0:00:02 searches-estimated coffee -> 1",
                          "0:00:03 searches-estimated tea -> 2", "0:00:05 searches-estimated tea -> 3"));
}

TEST(CountMinSketch, ComesBackFromItsChangelog) {
  streams::TopologyTestDriver driver(find_pattern("count_min_sketch")->topology(), {{"application.id", "app"}});
  auto searches = driver.create_input_topic<std::string, std::string>("searches");
  auto estimated = driver.create_output_topic<std::string, std::int64_t>("searches-estimated");
  searches.pipe_input("u1", "tea");
  searches.pipe_input("u1", "tea");
  const auto logged = driver.read_raw("app-searches-by-word-changelog");
  ASSERT_TRUE(logged.has_value());
  EXPECT_EQ(logged->value->size(), 1024U) << "a block of counters";
  driver.restart();
  searches.pipe_input("u1", "tea");
  EXPECT_THAT(estimated.read_values(), ElementsAre(1, 2, 3));
}

TEST(CountMinSketch, IsNeverTooLowAndHardlyTooHigh) {
  streams::TopologyTestDriver driver(find_pattern("count_min_sketch")->topology(), {{"application.id", "app"}});
  auto searches = driver.create_input_topic<std::string, std::string>("searches");
  auto estimated = driver.create_output_topic<std::string, std::int64_t>("searches-estimated");
  constexpr int kWords = 2000;
  for (int i = 0; i < kWords; ++i) searches.pipe_input("u1", "word " + std::to_string(i));
  std::map<std::int64_t, int> words_by_estimate;
  for (const std::optional<std::int64_t>& estimate : estimated.read_values()) ++words_by_estimate[estimate.value()];
  EXPECT_EQ(words_by_estimate.begin()->first, 1);
  EXPECT_LE(words_by_estimate.rbegin()->first, 1 + 3) << "0.14 % of 2000 is less than 3";
  EXPECT_GT(words_by_estimate[1], kWords * 9 / 10);
}

TEST(NamedOperators, CountsVotes) {
  EXPECT_THAT(results_of("named_operators"),
              ElementsAre("0:00:01 votes-per-choice yes -> 1", "0:00:02 votes-per-choice no -> 1",
                          "0:00:04 votes-per-choice yes -> 2"));
}

TEST(NamedOperators, LeaveNoNameToANumber) {
  const std::string described = find_pattern("named_operators")->topology().describe();
  for (const char* name : {"votes-per-choice", "by-choice-repartition", "count-votes", "only-valid", "results"}) {
    EXPECT_THAT(described, HasSubstr(name));
  }
  EXPECT_THAT(described, ::testing::Not(HasSubstr("-STATE-STORE-")));
}

}  // namespace
}  // namespace patterns
