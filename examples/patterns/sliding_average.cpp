// Sliding average: the mean of what lies at most so far apart, with a new window wherever the set of records changes.
#include "pattern.hpp"

#include <streams/json.hpp>
#include <streams/windowed_serdes.hpp>

namespace patterns {

struct Load {
  std::int64_t count = 0;
  double sum = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Load, count, sum)

namespace {

constexpr Millis kSpan = 10s;

streams::Topology sliding_average_topology() {
  streams::StreamsBuilder builder;
  builder.stream<std::string, double>("cpu-load")
      .group_by_key()
      // Hopping windows of 10 s with a hop of 1 ms would say the same with ten thousand windows for every record.
      .windowed_by(streams::SlidingWindows::of_time_difference_with_no_grace(kSpan))
      .aggregate([] { return Load{}; },
                 [](const std::string&, double percent, const Load& load) {
                   return Load{load.count + 1, load.sum + percent};
                 },
                 {.store_name = "load-of-ten-seconds"})
      .to_stream()
      .map_values([](const Load& load) { return load.sum / static_cast<double>(load.count); })
      .to("average-cpu-load");
  return builder.build();
}

}  // namespace

Pattern sliding_average_pattern() {
  const Topic<std::string, double> load("cpu-load");
  const Topic<streams::Windowed<std::string>, double> averages(
      "average-cpu-load", streams::time_windowed_serde<std::string>(kSpan.count()));
  return {.name = "sliding_average",
          .teaches = "sliding windows, which begin and end with records",
          .topology = sliding_average_topology,
          .inputs = {load},
          .outputs = {averages},
          .steps = {{{load(20s, "web-1", 10)}, 1}, {{load(25s, "web-1", 30)}, 2}, {{load(32s, "web-1", 80)}, 2}}};
}

}  // namespace patterns
