// What a registry lists, and what a sensor shows under each name.
#include <base/metric_registry.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace streams::metrics {
namespace {

constexpr Timestamp kNow = 1'000'000;

std::string show(const MetricValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return "'" + *text + "'";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  return std::to_string(std::get<double>(value));
}

std::vector<std::string> read(const MetricRegistry& registry) {
  std::vector<std::string> out;
  for (const Metric& metric : registry.read(kNow)) {
    std::string line = metric.name.group + "/" + metric.name.name;
    for (const auto& [tag, value] : metric.name.tags) line += " " + tag + "=" + value;
    out.push_back(line + (metric.cumulative ? " += " : " = ") + show(metric.value));
  }
  return out;
}

TEST(MetricRegistry, ListsWhatSensorsMeasure) {
  MetricRegistry registry(RecordingLevel::kInfo);
  MetricSet set(&registry);
  Sensor* sensor = set.sensor(RecordingLevel::kInfo, {"group", {{"id", "1"}}},
                              {{"rate", Measure::kCountRate, ""},
                               {"sum-rate", Measure::kSumRate, ""},
                               {"count", Measure::kCount, ""},
                               {"total", Measure::kSum, ""},
                               {"last", Measure::kLast, ""},
                               {"avg", Measure::kAverage, ""},
                               {"min", Measure::kMinimum, ""},
                               {"max", Measure::kMaximum, ""}});
  ASSERT_NE(sensor, nullptr);
  sensor->record(6, kNow);
  sensor->record(1, kNow);
  sensor->record(2, kNow);
  EXPECT_EQ(read(registry),
            (std::vector<std::string>{"group/avg id=1 = 3.000000", "group/count id=1 += 3.000000",
                                      "group/last id=1 = 2.000000", "group/max id=1 = 6.000000",
                                      "group/min id=1 = 1.000000", "group/rate id=1 = 0.100000",
                                      "group/sum-rate id=1 = 0.300000", "group/total id=1 += 9.000000"}));
}

TEST(MetricRegistry, SortsByGroupNameAndTagsAndForgetsSetsThatAreGone) {
  MetricRegistry registry(RecordingLevel::kDebug);
  auto first = std::make_unique<MetricSet>(&registry);
  MetricSet second(&registry);
  const auto number = [](std::int64_t value) { return [value](Timestamp) { return MetricValue(value); }; };
  first->gauge(RecordingLevel::kInfo, {"b", {{"id", "2"}}}, "x", "", number(1));
  second.gauge(RecordingLevel::kDebug, {"b", {{"id", "1"}}}, "x", "", number(2));
  second.gauge(RecordingLevel::kInfo, {"a", {}}, "y", "",
               [](Timestamp now) { return MetricValue(std::to_string(now)); });
  EXPECT_EQ(read(registry), (std::vector<std::string>{"a/y = '1000000'", "b/x id=1 = 2", "b/x id=2 = 1"}));
  first.reset();
  EXPECT_EQ(read(registry), (std::vector<std::string>{"a/y = '1000000'", "b/x id=1 = 2"}));
  second.clear();
  EXPECT_EQ(read(registry), std::vector<std::string>{});
}

TEST(MetricRegistry, LeavesOutWhatIsAboveItsLevel) {
  for (const RecordingLevel level : {RecordingLevel::kInfo, RecordingLevel::kDebug, RecordingLevel::kTrace}) {
    MetricRegistry registry(level);
    MetricSet set(&registry);
    const auto one = [](Timestamp) { return MetricValue(std::int64_t{1}); };
    for (const RecordingLevel own : {RecordingLevel::kInfo, RecordingLevel::kDebug, RecordingLevel::kTrace}) {
      const bool recorded = own <= level;
      const MetricScope scope{std::string(name_of(own)), {}};
      EXPECT_EQ(set.sensor(own, scope, {{"sensor", Measure::kSum, ""}}) != nullptr, recorded);
      set.gauge(own, scope, "gauge", "", one);
      EXPECT_EQ(set.records(own), recorded);
    }
    EXPECT_EQ(registry.read(kNow).size(), 2 * (static_cast<std::size_t>(level) + 1));
  }
}

TEST(MetricRegistry, IsNotNeeded) {
  MetricSet set(nullptr);
  EXPECT_EQ(set.sensor(RecordingLevel::kInfo, {"group", {}}, {{"sensor", Measure::kSum, ""}}), nullptr);
  set.gauge(RecordingLevel::kInfo, {"group", {}}, "gauge", "", [](Timestamp) { return MetricValue(0.0); });
  set.clear();
  EXPECT_FALSE(set.records(RecordingLevel::kInfo));
}

}  // namespace
}  // namespace streams::metrics
