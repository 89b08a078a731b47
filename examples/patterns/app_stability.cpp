// Chained queries: opens and crashes of apps are counted by day, and the ratio of the two raises an alarm.
#include "pattern.hpp"

#include <streams/windowed_serdes.hpp>

namespace patterns {
namespace {

constexpr Millis kStabilityDay = 24h;
constexpr double kTooMany = 0.1;  ///< crashes for each time that the app was opened

std::string percent(std::int64_t crashes, std::int64_t opens) {
  return std::to_string(crashes * 100 / opens) + " % of " + std::to_string(opens);
}

streams::Topology app_stability_topology() {
  streams::StreamsBuilder builder;
  const auto days = streams::TimeWindows::of_size_with_no_grace(kStabilityDay);
  const auto by_day = [&](const char* topic, const char* store) {
    return builder.stream<std::string, std::string>(topic).group_by_key().windowed_by(days).count(
        {.store_name = store, .caching = false});
  };
  // Each step is a query over the result of the one before. The alarms are a table, too: an app that is opened often
  // enough without crashing gets off it, and the topic is told.
  by_day("app-opened", "opens-by-day")
      .join(by_day("app-crashed", "crashes-by-day"),
            [](std::int64_t opens, std::int64_t crashes) {
              return static_cast<double>(crashes) > kTooMany * static_cast<double>(opens) ? percent(crashes, opens)
                                                                                          : std::string();
            })
      .filter([](const std::string& alarm) { return !alarm.empty(); }, {.store_name = "alarms", .caching = false})
      .to_stream()
      .to("unstable-apps");
  return builder.build();
}

}  // namespace

Pattern app_stability_pattern() {
  const Topic<std::string, std::string> opened("app-opened"), crashed("app-crashed");
  const Topic<streams::Windowed<std::string>, std::string> alarms(
      "unstable-apps", streams::time_windowed_serde<std::string>(kStabilityDay.count()));
  std::vector<Sample> day;
  for (int i = 0; i < 9; ++i) day.push_back(opened(Millis(1min * i), "maps", "v1"));
  day.push_back(crashed(10min, "maps", "v1"));
  return {.name = "app_stability",
          .teaches = "two windowed counts, their ratio, and an alarm that goes off and on: queries over queries",
          .topology = app_stability_topology,
          .inputs = {opened, crashed},
          .outputs = {alarms},
          .steps = {{day, 1},
                    {{opened(11min, "maps", "v1")}, 1},  // the tenth: all is well
                    {{crashed(12min, "maps", "v1"), opened(24h, "maps", "v1")}, 1},
                    {{crashed(25h, "maps", "v1")}, 1}}};
}

}  // namespace patterns
