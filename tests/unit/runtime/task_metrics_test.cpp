// Values of a task's metrics after known inputs, under a clock that stands still.
#include "task_rig.hpp"

#include <base/metric_registry.hpp>

#include <cmath>

namespace streams::runtime {
namespace {

struct MeteredRig {
  explicit MeteredRig(Topology topology, RecordingLevel level = RecordingLevel::kTrace)
      : registry(level), rig(std::move(topology)) {
    rig.services.metrics = &registry;
    rig.services.thread_id = "t-1";
    rig.settings.timestamp_extractor = DefaultTimestampExtractor::kLogAndSkipOnInvalid;
  }

  /// "node/name=value" of all metrics of nodes, "name=value" of those of the task; NaN and those that are 0 are left
  /// out.
  std::vector<std::string> values() {
    std::vector<std::string> out;
    for (const Metric& metric : registry.read(1000)) {
      const auto* value = std::get_if<double>(&metric.value);
      if (value == nullptr || std::isnan(*value) || *value == 0) continue;
      const auto node = metric.name.tags.find("processor-node-id");
      std::string text = std::to_string(*value);
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
      out.push_back((node == metric.name.tags.end() ? "" : node->second + "/") + metric.name.name + "=" + text);
    }
    return out;
  }

  metrics::MetricRegistry registry;
  TaskRig rig;
};

TEST(TaskMetrics, MeasureRecordsAgainstTheClock) {
  ManualClock* clock = nullptr;
  MeteredRig metered(line(processor([&clock](auto&& record, auto& context) {
    clock->advance(2);
    context.forward(std::move(record));
  })));
  clock = &metered.rig.clock;  // at 1000
  Task& task = metered.rig.start();
  task.add_records(0, batch({raw("a", "x", 400), raw("b", "yz", 300), raw("c", "x", -1)}));
  while (task.process_one(1000)) {
  }
  task.record_turn(0.25, 1000);
  EXPECT_EQ(metered.values(), (std::vector<std::string>{"src/process-rate=0.066667",
                                                        "src/process-total=2",
                                                        "snk/record-e2e-latency-avg=650",
                                                        "src/record-e2e-latency-avg=650",
                                                        "snk/record-e2e-latency-max=700",
                                                        "src/record-e2e-latency-max=700",
                                                        "snk/record-e2e-latency-min=600",
                                                        "src/record-e2e-latency-min=600",
                                                        "active-process-ratio=0.25",
                                                        "dropped-records-rate=0.033333",
                                                        "dropped-records-total=1",
                                                        "process-latency-avg=2000000",
                                                        "process-latency-max=2000000",
                                                        "process-rate=0.066667",
                                                        "process-total=2",
                                                        "record-lateness-avg=50",
                                                        "record-lateness-max=100",
                                                        "src/bytes-consumed-total=49",
                                                        "snk/bytes-produced-total=51",
                                                        "src/records-consumed-total=2",
                                                        "snk/records-produced-total=2"}));
}

TEST(TaskMetrics, RecordWhatTheirLevelSays) {
  MeteredRig metered(pass_through(), RecordingLevel::kInfo);
  Task& task = metered.rig.start();
  EXPECT_EQ(metered.values(), std::vector<std::string>{});
  task.add_records(0, batch({raw("a", "x", 400)}));
  EXPECT_EQ(metered.rig.run(), 1);
  EXPECT_EQ(metered.rig.commit().size(), 1u);
  EXPECT_EQ(metered.values(),
            (std::vector<std::string>{"snk/record-e2e-latency-avg=600", "src/record-e2e-latency-avg=600",
                                      "snk/record-e2e-latency-max=600", "src/record-e2e-latency-max=600",
                                      "snk/record-e2e-latency-min=600", "src/record-e2e-latency-min=600",
                                      "src/bytes-consumed-total=24", "snk/bytes-produced-total=25",
                                      "src/records-consumed-total=1", "snk/records-produced-total=1"}));
  metered.rig.task.reset();
  EXPECT_EQ(metered.registry.read(1000).size(), 0u);
}

}  // namespace
}  // namespace streams::runtime
