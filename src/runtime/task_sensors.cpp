// Names and descriptions of the metrics of tasks, nodes and topics: Kafka Streams'.
#include <runtime/task_sensors.hpp>

#include <map>
#include <utility>

namespace streams::runtime {

using metrics::Measure;
using metrics::MetricScope;
using metrics::Sensor;
using streams::detail::NodeMetric;

namespace {

constexpr RecordingLevel kInfo = RecordingLevel::kInfo;
constexpr RecordingLevel kDebug = RecordingLevel::kDebug;

constexpr const char* kProcessRate = "The average number of calls to process per second";
constexpr const char* kProcessTotal = "The total number of calls to process";
constexpr const char* kEndToEnd =
    " end-to-end latency of a record, measuring by comparing the record timestamp with the system time when it has "
    "been fully processed by the node";
constexpr const char* kLateness =
    " lateness of records in milliseconds, measured by comparing the record timestamp with the current stream time";

class RecordingNodeSensor final : public streams::detail::NodeSensor {
 public:
  RecordingNodeSensor(Sensor& sensor, const streams::detail::TaskContext& context)
      : sensor_(sensor), context_(context) {}
  void record(double value) override { sensor_.record(value, context_.now_ms()); }

 private:
  Sensor& sensor_;
  const streams::detail::TaskContext& context_;
};

}  // namespace

TaskSensors::TaskSensors(const TaskPlan& plan, const TaskServices& services, const streams::detail::TaskGraph& graph,
                         TaskMetrics& totals)
    : clock_(*services.clock),
      thread_id_(services.thread_id),
      task_id_(plan.id.text()),
      inputs_(plan.inputs.size()),
      set_(services.metrics) {
  if (services.metrics == nullptr) return;
  if (services.standby) {
    add_updating(totals);
    return;
  }
  add_task_metrics(totals);
  add_restoring(totals);
  add_inputs(plan);
  add_ends(graph);
}

MetricScope TaskSensors::task_scope() const {
  return {"stream-task-metrics", {{"thread-id", thread_id_}, {"task-id", task_id_}}};
}

MetricScope TaskSensors::node_scope(const std::string& node) const {
  return {"stream-processor-node-metrics",
          {{"thread-id", thread_id_}, {"task-id", task_id_}, {"processor-node-id", node}}};
}

void TaskSensors::add_task_metrics(TaskMetrics& totals) {
  const MetricScope scope = task_scope();
  totals.dropped.report_to(
      set_.sensor(kInfo, scope,
                  {{"dropped-records-rate", Measure::kCountRate, "The average number of dropped records per second"},
                   {"dropped-records-total", Measure::kSum, "The total number of dropped records"}}),
      clock_);
  process_ratio = set_.sensor(kInfo, scope,
                              {{"active-process-ratio", Measure::kLast,
                                "The fraction of time the thread spent on processing this task among all assigned "
                                "active tasks"}});
  buffered = set_.sensor(kDebug, scope,
                         {{"active-buffer-count", Measure::kLast,
                           "The count of buffered records that are polled from consumer and not yet processed for "
                           "this active task"}});
  process_ = set_.sensor(
      kDebug, scope,
      {{"process-rate", Measure::kCountRate, kProcessRate}, {"process-total", Measure::kCount, kProcessTotal}});
  process_latency =
      set_.sensor(kDebug, scope,
                  {{"process-latency-avg", Measure::kAverage, "The average latency of calls to process"},
                   {"process-latency-max", Measure::kMaximum, "The maximum latency of calls to process"}});
  punctuate =
      set_.sensor(kDebug, scope,
                  {{"punctuate-rate", Measure::kCountRate, "The average number of calls to punctuate per second"},
                   {"punctuate-total", Measure::kCount, "The total number of calls to punctuate"},
                   {"punctuate-latency-avg", Measure::kAverage, "The average latency of calls to punctuate"},
                   {"punctuate-latency-max", Measure::kMaximum, "The maximum latency of calls to punctuate"}});
  totals.enforced_processing.report_to(
      set_.sensor(kDebug, scope,
                  {{"enforced-processing-rate", Measure::kCountRate,
                    "The average number of occurrences of enforced-processing operations per second"},
                   {"enforced-processing-total", Measure::kCount,
                    "The total number of occurrences of enforced-processing operations"}}),
      clock_);
  lateness_ =
      set_.sensor(kDebug, scope,
                  {{"record-lateness-avg", Measure::kAverage, std::string("The observed average") + kLateness},
                   {"record-lateness-max", Measure::kMaximum, std::string("The observed maximum") + kLateness}});
}

void TaskSensors::add_restoring(TaskMetrics& totals) {
  const MetricScope scope = task_scope();
  totals.restored.report_to(
      set_.sensor(kDebug, scope,
                  {{"restore-rate", Measure::kSumRate, "The average number of records restored per second"},
                   {"restore-total", Measure::kSum, "The total number of records restored"}}),
      clock_);
  set_.gauge(kInfo, scope, "restore-remaining-records-total", "The total number of records remaining to be restored",
             [&totals](Timestamp) {
               return MetricValue(static_cast<double>(totals.remaining.load(std::memory_order_relaxed)));
             });
}

void TaskSensors::add_updating(TaskMetrics& totals) {
  totals.restored.report_to(
      set_.sensor(kDebug, task_scope(),
                  {{"update-rate", Measure::kSumRate, "The average number of records updated per second"},
                   {"update-total", Measure::kSum, "The total number of records updated"}}),
      clock_);
}

void TaskSensors::add_inputs(const TaskPlan& plan) {
  std::map<std::string, Input> sources;
  for (std::size_t i = 0; i < plan.inputs.size(); ++i) {
    const std::string& source = plan.inputs[i].source;
    const auto [known, fresh] = sources.try_emplace(source);
    if (fresh) {
      known->second.latency = add_latency(source);
      known->second.process = set_.sensor(
          kDebug, node_scope(source),
          {{"process-rate", Measure::kCountRate, kProcessRate}, {"process-total", Measure::kCount, kProcessTotal}});
    }
    inputs_[i] = known->second;
    inputs_[i].traffic = traffic(source, plan.inputs[i].partition.topic, true);
  }
}

void TaskSensors::add_ends(const streams::detail::TaskGraph& graph) {
  for (const auto& node : graph.nodes) {
    if (!node->childless() || graph.sources.contains(node->name())) continue;
    node->tell_when_done(static_cast<int>(add_latency(node->name())));
  }
}

std::size_t TaskSensors::add_latency(const std::string& node) {
  Sensor* sensor = set_.sensor(kInfo, node_scope(node),
                               {{"record-e2e-latency-avg", Measure::kAverage, std::string("The average") + kEndToEnd},
                                {"record-e2e-latency-min", Measure::kMinimum, std::string("The minimum") + kEndToEnd},
                                {"record-e2e-latency-max", Measure::kMaximum, std::string("The maximum") + kEndToEnd}});
  latencies_.push_back({sensor, {}});
  return latencies_.size() - 1;
}

void TaskSensors::begin_burst(Timestamp now_ms) {
  flush();
  burst_ms_ = now_ms;
}

void TaskSensors::flush() {
  for (Latency& latency : latencies_) {
    if (latency.burst.count > 0) latency.sensor->record(std::exchange(latency.burst, {}), burst_ms_);
  }
}

void TaskSensors::taken_at_debug(const Input& from, std::int64_t lateness_ms, Timestamp now_ms) {
  lateness_->record(static_cast<double>(lateness_ms), now_ms);
  process_->record(1, now_ms);
  from.process->record(1, now_ms);
}

TopicTraffic* TaskSensors::traffic(const std::string& node, std::string_view topic, bool consumed) {
  if (!set_.records(kInfo)) return nullptr;
  TopicTraffic& out = traffic_.emplace_back();
  MetricScope scope = node_scope(node);
  scope.group = "stream-topic-metrics";
  scope.tags["topic"] = topic;
  const std::string done = consumed ? "consumed" : "produced";
  const std::string what = done + (consumed ? " from this topic" : " to this topic");
  const auto add = [&](const std::string& unit, const Counter& counter) {
    set_.gauge(
        kInfo, scope, unit + "-" + done + "-total", "The total number of " + unit + " " + what,
        [&counter](Timestamp) { return MetricValue(static_cast<double>(counter.value())); }, true);
  };
  add("records", out.records);
  add("bytes", out.bytes);
  return &out;
}

int TaskSensors::outlet(std::string_view node, std::string_view topic) {
  if (!set_.records(kInfo)) return -1;
  int number = 0;
  for (const auto& [name, known] : produced_) {
    if (name == topic) return number;
    ++number;
  }
  produced_.emplace_back(topic, traffic(std::string(node), topic, false));
  return number;
}

std::unique_ptr<streams::detail::NodeSensor> TaskSensors::node_sensor(const std::string& node, NodeMetric which,
                                                                      const streams::detail::TaskContext& context) {
  Sensor* sensor = nullptr;
  const MetricScope scope = node_scope(node);
  switch (which) {
    case NodeMetric::kSuppressionEmit:
      sensor = set_.sensor(kDebug, scope,
                           {{"suppression-emit-rate", Measure::kCountRate,
                             "The average number of emitted records from the suppression buffer per second"},
                            {"suppression-emit-total", Measure::kCount,
                             "The total number of emitted records from the suppression buffer"}});
      break;
    case NodeMetric::kFinalEmit:
      sensor =
          set_.sensor(kDebug, scope,
                      {{"window-aggregate-final-emit-rate", Measure::kSumRate,
                        "The average number of emit final records per second"},
                       {"window-aggregate-final-emit-total", Measure::kSum, "The total number of emit final records"}});
      break;
    case NodeMetric::kFinalEmitLatency:
      sensor = set_.sensor(kDebug, scope,
                           {{"window-aggregate-final-emit-latency-avg", Measure::kAverage,
                             "The average latency of calls to emit final in milliseconds"},
                            {"window-aggregate-final-emit-latency-max", Measure::kMaximum,
                             "The maximum latency of calls to emit final in milliseconds"}});
      break;
  }
  if (sensor == nullptr) return nullptr;
  return std::make_unique<RecordingNodeSensor>(*sensor, context);
}

}  // namespace streams::runtime
