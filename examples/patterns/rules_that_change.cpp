// Waiting for N events, where N is a row of a table: how many checks an order must pass can change while it runs.
#include "pattern.hpp"

#include <streams/json.hpp>

#include <set>

namespace patterns {
namespace {

using namespace std::chrono_literals;

/// Which checks an order has passed, and how many it needs: as many as were in force when it got its first.
struct Progress {
  std::set<std::string> passed;
  std::int64_t needed = 0;
  bool done = false;  ///< by this very check
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Progress, passed, needed, done)

struct Check {
  std::string name;
  std::int64_t needed = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Check, name, needed)

Progress add(const std::string& /*order*/, const Check& check, Progress progress) {
  if (progress.passed.empty()) progress.needed = check.needed;
  const bool is_new = progress.passed.insert(check.name).second;
  progress.done = is_new && static_cast<std::int64_t>(progress.passed.size()) == progress.needed;
  return progress;
}

streams::Topology rules_that_change_topology() {
  streams::StreamsBuilder builder;
  const auto rules = builder.global_table<std::string, std::int64_t>("rules");
  builder.stream<std::string, std::string>("checks-passed")
      .join(
          rules, [](const std::string&, const std::string&) { return std::string("checks-needed"); },
          [](const std::string& check, std::int64_t needed) {
            return Check{check, needed};
          })
      .group_by_key()
      .windowed_by(streams::TimeWindows::of_size_and_grace(5min, 1min))
      .aggregate([] { return Progress(); }, add, {.store_name = "progress", .caching = false})
      .to_stream([](const streams::Windowed<std::string>& order, const Progress&) { return order.key; })
      .filter([](const Progress& progress) { return progress.done; })
      .map_values([](const Progress& progress) { return "passed " + std::to_string(progress.needed); })
      .to("orders-validated");
  return builder.build();
}

}  // namespace

Pattern rules_that_change_pattern() {
  const Topic<std::string, std::int64_t> rules("rules");
  const Topic<std::string, std::string> checks("checks-passed"), validated("orders-validated");
  return {.name = "rules_that_change",
          .teaches = "waiting for N events; N comes from a table and may change meanwhile",
          .topology = rules_that_change_topology,
          .inputs = {rules, checks},
          .outputs = {validated},
          .steps = {{{rules(0s, "checks-needed", 3), checks(1s, "1", "fraud"), checks(2s, "1", "stock"),
                      checks(3s, "1", "stock"), checks(4s, "2", "fraud"), checks(5s, "1", "details")},
                     1},
                    // A fourth check is introduced. Order 2 has begun with three, order 3 needs all four.
                    {{rules(6s, "checks-needed", 4)}, 0},
                    {.in = {checks(7s, "2", "stock"), checks(8s, "2", "details"), checks(9s, "3", "fraud"),
                            checks(10s, "3", "stock"), checks(11s, "3", "details"), checks(12s, "3", "address")},
                     .out = 2,
                     .pause = 500ms}}};
}

}  // namespace patterns
