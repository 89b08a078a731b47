// The metrics of a task, of its nodes and of the topics that they read and write.
//
// Source: org.apache.kafka.streams.processor.internals.metrics.TaskMetrics, ProcessorNodeMetrics, TopicMetrics.
#pragma once

#include <base/metric_registry.hpp>
#include <runtime/task.hpp>
#include <runtime/task_types.hpp>
#include <runtime/topic_traffic.hpp>
#include <streams/detail/node.hpp>
#include <streams/detail/topology_plan.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace streams::runtime {

/// Belongs to the task's thread. Pointers are null where that level is not recorded.
///
/// Latencies of records are gathered as long as the task takes it for the same moment (a turn of its thread), because
/// telling a sensor of each costs several times as much.
class TaskSensors {
 public:
  /// Numbers the nodes of the graph that have no children. References outlive this object.
  TaskSensors(const TaskPlan& plan, const TaskServices& services, const streams::detail::TaskGraph& graph,
              TaskMetrics& totals);

  /// A record of an input is about to be processed. `lateness_ms`: how far it is behind stream time.
  void taken(std::size_t input, Timestamp timestamp, std::int64_t lateness_ms, Timestamp now_ms) {
    if (latencies_.empty()) return;
    if (now_ms != burst_ms_) begin_burst(now_ms);
    const Input& from = inputs_[input];
    latencies_[from.latency].burst.add(now_ms - timestamp);
    if (lateness_ != nullptr) taken_at_debug(from, lateness_ms, now_ms);
  }
  /// A record is through the childless node of that number.
  void done(int number, Timestamp timestamp, Timestamp now_ms) {
    if (now_ms != burst_ms_) begin_burst(now_ms);
    latencies_[static_cast<std::size_t>(number)].burst.add(now_ms - timestamp);
  }
  /// What was gathered becomes visible.
  void flush();
  /// The traffic of a topic that an input reads; null if there is no registry.
  TopicTraffic* consumed(std::size_t input) const { return inputs_[input].traffic; }
  /// The number of a topic that a node writes. -1 if there is no registry.
  int outlet(std::string_view node, std::string_view topic);
  TopicTraffic& produced(int outlet) { return *produced_[static_cast<std::size_t>(outlet)].second; }
  std::unique_ptr<streams::detail::NodeSensor> node_sensor(const std::string& node, streams::detail::NodeMetric which,
                                                           const streams::detail::TaskContext& context);

  metrics::Sensor* process_latency = nullptr;  ///< ns
  metrics::Sensor* punctuate = nullptr;        ///< ns
  metrics::Sensor* process_ratio = nullptr;
  metrics::Sensor* buffered = nullptr;  ///< records

 private:
  struct Input {
    std::size_t latency = 0;             ///< in latencies_
    metrics::Sensor* process = nullptr;  ///< calls of the source node
    TopicTraffic* traffic = nullptr;
  };
  void add_task_metrics(TaskMetrics& totals);
  void add_restoring(TaskMetrics& totals);
  void add_updating(TaskMetrics& totals);
  void add_inputs(const TaskPlan& plan);
  void add_ends(const streams::detail::TaskGraph& graph);
  void taken_at_debug(const Input& from, std::int64_t lateness_ms, Timestamp now_ms);
  struct Latency {
    metrics::Sensor* sensor = nullptr;
    metrics::Burst burst;
  };
  std::size_t add_latency(const std::string& node);
  void begin_burst(Timestamp now_ms);
  TopicTraffic* traffic(const std::string& node, std::string_view topic, bool consumed);
  metrics::MetricScope task_scope() const;
  metrics::MetricScope node_scope(const std::string& node) const;

  const Clock& clock_;
  const std::string thread_id_;
  const std::string task_id_;
  std::vector<Input> inputs_;
  std::vector<Latency> latencies_;  ///< empty: no registry
  Timestamp burst_ms_ = -1;
  std::deque<TopicTraffic> traffic_;
  std::vector<std::pair<std::string, TopicTraffic*>> produced_;  ///< by topic: a task writes to few
  metrics::Sensor* process_ = nullptr;
  metrics::Sensor* lateness_ = nullptr;
  metrics::MetricSet set_;
};

}  // namespace streams::runtime
