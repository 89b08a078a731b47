// What holds for every pattern, and what the other tests need of the driver.
#include "pattern_test.hpp"
#include "run.hpp"

#include <streams/testing/topology_test_driver.hpp>

#include <algorithm>

namespace patterns {
namespace {

constexpr streams::Timestamp kBase = 20'000LL * 86'400'000;

/// What the driver's application sent to the pattern's output topics since the last call.
std::vector<std::string> new_lines(const Pattern& pattern, streams::TopologyTestDriver& driver) {
  std::vector<std::string> lines;
  for (const streams::RawTestRecord& record : driver.take_outputs()) {
    const auto view = std::find_if(pattern.outputs.begin(), pattern.outputs.end(),
                                   [&](const TopicView& output) { return output.name == record.topic; });
    if (view == pattern.outputs.end()) continue;
    lines.push_back(line_of(*view, kBase, record.timestamp, record.key, record.value, record.headers));
  }
  return lines;
}

}  // namespace

std::vector<std::string> results_of(const std::string& name) {
  const Pattern* pattern = find_pattern(name);
  if (pattern == nullptr) throw std::invalid_argument("no pattern " + name);
  // Stores behave the same in memory, and open faster there.
  streams::TopologyTestDriver driver(pattern->topology(), pattern->config, {.in_memory = true});
  std::vector<std::string> lines;
  for (const Step& step : pattern->steps) {
    for (const Sample& sample : step.in) {
      driver.pipe_raw({sample.topic, sample.key, sample.value, kBase + sample.time.count()});
    }
    driver.advance_wall_clock_time(1000);
    const std::vector<std::string> more = new_lines(*pattern, driver);
    EXPECT_EQ(more.size(), step.out) << "in step " << &step - pattern->steps.data() + 1 << " of " << name;
    lines.insert(lines.end(), more.begin(), more.end());
  }
  return lines;
}

// The test driver has no threads that could be replaced, so this one runs as the program does.
TEST(Patterns, ExactlyOnceGivesEveryBalanceOnceThoughAThreadFails) {
  EXPECT_THAT(run(*find_pattern("exactly_once"), {.print = false}),
              ::testing::ElementsAre("0:00:01 balances alice -> 100", "0:00:02 balances bob -> 50",
                                     "0:00:03 balances alice -> 113", "0:00:04 balances bob -> 57",
                                     "0:00:05 balances alice -> 114"));
}

// Nor is there anything in it to be asked while it runs.
TEST(Patterns, InteractiveQueriesReadTheCountsOfTheRunningApplication) {
  const std::vector<std::string> lines = run(*find_pattern("interactive_queries"), {.print = false});
  const std::vector<std::string> results = results_of("interactive_queries");
  EXPECT_EQ(std::vector(lines.begin(), lines.begin() + 11), results);
  EXPECT_THAT(std::vector(lines.begin() + 11, lines.end()),
              ::testing::ElementsAre("kafka: 3", "rabbit: 0", "from a to k: all=1 hello=1 join=1",
                                     "more than once: kafka streams", "kafka by minute: 2 1"));
}

TEST(Patterns, TheProgramGivesTheSameResultsOnACluster) {
  for (const char* name : {"page_views_by_region", "dead_letters", "whole_and_delta", "legal_transitions"}) {
    EXPECT_EQ(run(*find_pattern(name), {.print = false}), results_of(name)) << name;
  }
}

TEST(Patterns, HaveNamesOfTheirOwn) {
  for (const Pattern& pattern : all_patterns()) {
    EXPECT_EQ(find_pattern(pattern.name), &pattern);
    EXPECT_NE(pattern.teaches, "");
  }
  EXPECT_EQ(find_pattern("none"), nullptr);
}

}  // namespace patterns
