// Facts that are kept for ever: versions of them, folds over them, several who write them.
#include "pattern_test.hpp"
#include "run.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <map>
#include <random>

namespace patterns {
namespace {

using ::testing::ElementsAre;

constexpr streams::TestDriverOptions kInMemory{.in_memory = true};

std::string cents_json(std::int64_t cents) {
  return R"({"cents":)" + std::to_string(cents) + R"(,"gift":false,"product":"KETTLE"})";
}

TEST(UpConversion, ShowsBothReadersTheSameWhoeverWrites) {
  EXPECT_THAT(
      results_of("up_conversion"),
      ElementsAre("0:00:01 seen-by-old-reader 1 -> KETTLE for 29.99 euros",
                  "0:00:01 seen-by-new-reader 1 -> KETTLE for 2999 cents [converted=yes]",
                  "0:00:02 seen-by-old-reader 2 -> COMPASS for 0.07 euros",
                  "0:00:02 seen-by-new-reader 2 -> COMPASS for 7 cents, wrapped [converted=yes]",
                  "0:00:03 seen-by-old-reader 1 -> gone", "0:00:03 seen-by-new-reader 1 -> gone [converted=yes]",
                  "0:00:04 seen-by-new-reader 3 -> LANTERN for 1950 cents, wrapped",
                  "0:00:04 seen-by-old-reader 3 -> LANTERN for 19.5 euros [converted=yes]",
                  "0:00:05 seen-by-new-reader 2 -> gone", "0:00:05 seen-by-old-reader 2 -> gone [converted=yes]"));
}

TEST(UpConversion, ConvertsAllOfHistoryOnce) {
  streams::TopologyTestDriver driver(find_pattern("up_conversion")->topology(), {{"application.id", "app"}}, kInMemory);
  auto v1 = driver.create_input_topic<std::string, std::string>("orders-v1");
  auto v2 = driver.create_output_topic<std::string, std::string>("orders-v2");
  auto back = driver.create_output_topic<std::string, std::string>("orders-v1");
  std::vector<std::string> converted;
  for (int i = 0; i < 1000; ++i) {
    const std::string price = std::to_string(i / 100) + "." + std::to_string(i / 10 % 10) + std::to_string(i % 10);
    v1.pipe_input(std::to_string(i), R"({"product":"KETTLE","price":)" + price + "}");
    converted.push_back(cents_json(i));
  }
  std::vector<std::string> values;
  for (const auto& value : v2.read_values()) values.push_back(value.value());
  EXPECT_EQ(values, converted);
  EXPECT_TRUE(back.empty()) << "what was converted must not come back";
}

TEST(AccountEvents, FoldToBalances) {
  EXPECT_THAT(results_of("account_events"),
              ElementsAre("0:00:01 balances-now imke -> 0", "0:00:02 balances-now tolga -> 0",
                          "0:00:03 balances-now imke -> 10000", "0:00:04 balances-now imke -> 7500",
                          "0:00:04 balances-now tolga -> 2500", "0:00:05 balances-now tolga -> 2000"));
}

TEST(AccountEvents, TellBalancesOfThePast) {
  const std::vector<std::string> lines = run(*find_pattern("account_events"), {.print = false});
  EXPECT_THAT(std::vector(lines.end() - 2, lines.end()),
              ElementsAre("imke held 0 10000 7500", "tolga held 0 2500 2000"));
}

/// Who has what after the first events, by a walk over them.
class AnyAccountEvents : public ::testing::Test {
 protected:
  struct Event {
    std::string account, kind, to;
    std::int64_t cents;
  };
  using Balances = std::map<std::string, std::int64_t>;

  static Event random_event(std::mt19937& random) {
    const auto account = [&] { return std::string(1, static_cast<char>('a' + random() % 5)); };
    const char* kinds[] = {"opened", "deposited", "withdrew", "transferred"};
    const char* kind = kinds[random() % 4];
    return {account(), kind, account(), static_cast<std::int64_t>(random() % 100)};
  }
  static void apply(Balances& balances, const Event& event) {
    balances[event.account] += event.kind == "deposited" ? event.cents : event.kind == "opened" ? 0 : -event.cents;
    if (event.kind == "transferred") balances[event.to] += event.cents;
  }
  static std::string json_of(const Event& event) {
    return R"({"kind":")" + event.kind + R"(","cents":)" + std::to_string(event.cents) + R"(,"to":")" + event.to +
           R"("})";
  }
};

TEST_F(AnyAccountEvents, GiveTheFoldOfThemAtEveryOffset) {
  streams::TopologyTestDriver driver(find_pattern("account_events")->topology(), {{"application.id", "app"}},
                                     kInMemory);
  auto events = driver.create_input_topic<std::string, std::string>("account-events");
  const auto& balances = driver.get_state_store<streams::VersionedKeyValueStore<std::string, std::int64_t>>("balances");
  std::mt19937 random(4);
  std::vector<Balances> after;
  for (int offset = 0; offset < 300; ++offset) {
    const Event event = random_event(random);
    after.push_back(after.empty() ? Balances() : after.back());
    apply(after.back(), event);
    events.pipe_input(event.account, json_of(event), 1000 + offset);
  }
  for (int offset = 0; offset < 300; ++offset) {
    for (const auto& [account, cents] : after[static_cast<std::size_t>(offset)]) {
      const auto version = balances.get(account, 1000 + offset);
      ASSERT_TRUE(version.has_value()) << account << " at offset " << offset;
      EXPECT_EQ(version->value, cents) << account << " at offset " << offset;
    }
  }
}

TEST(WholeAndDelta, MergesWhatArrivedInAnyOrder) {
  EXPECT_THAT(results_of("whole_and_delta"),
              ElementsAre("0:00:01 orders-as-they-stand 1 -> 1 HAMMOCK, 2 KETTLE",
                          "0:00:02 orders-as-they-stand 1 -> 1 HAMMOCK", "0:00:03 orders-as-they-stand 2 -> nothing",
                          "0:00:04 orders-as-they-stand 2 -> 3 COMPASS", "0:00:05 orders-as-they-stand 1 -> nothing"));
}

TEST(CollidingUpdates, OnlyTheLastWriteLosesAField) {
  EXPECT_THAT(results_of("colliding_updates"),
              ElementsAre(R"(0:00:01 orders-last-write 1 -> {"cents":10000,"tax":2100})",
                          R"(0:00:01 orders-in-series 1 -> {"cents":10000,"tax":2100,"valid":true})",
                          R"(0:00:01 orders-merged-by-field 1 -> {"cents":10000,"tax":2100})",
                          R"(0:00:01 orders-last-write 1 -> {"cents":10000,"valid":true})",
                          R"(0:00:01 orders-merged-by-field 1 -> {"cents":10000,"tax":2100,"valid":true})",
                          R"(0:00:02 orders-last-write 2 -> {"cents":0,"tax":0})",
                          R"(0:00:02 orders-in-series 2 -> {"cents":0,"tax":0,"valid":false})",
                          R"(0:00:02 orders-merged-by-field 2 -> {"cents":0,"tax":0})",
                          R"(0:00:02 orders-last-write 2 -> {"cents":0,"valid":false})",
                          R"(0:00:02 orders-merged-by-field 2 -> {"cents":0,"tax":0,"valid":false})"));
}

TEST(BestOffer, TakesTheBestOfThreeOrOfThoseInTime) {
  EXPECT_THAT(results_of("best_offer"), ElementsAre("0:00:06 best-offers tents -> Brink for 8500, of 3",
                                                    "0:01:03 best-offers kayaks -> nobody offers anything",
                                                    "0:01:03 best-offers ropes -> Brink for 650, of 2"));
}

}  // namespace
}  // namespace patterns
