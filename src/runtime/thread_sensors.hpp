// The metrics of a stream thread.
//
// Source: org.apache.kafka.streams.processor.internals.metrics.ThreadMetrics, RebalanceListenerMetrics.
#pragma once

#include <base/metric_registry.hpp>
#include <streams/clock.hpp>
#include <streams/thread_metadata.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace streams::runtime {

/// Belongs to the thread. Without a registry it does nothing and looks at no clock.
///
/// Differs from Kafka Streams: durations are measured in nanoseconds (and shown in milliseconds), ratios are those of
/// the whole window rather than of the last turn, and the latency of a commit is that of all tasks together.
class ThreadSensors {
 public:
  /// The clock outlives this object. `state` may be called from any thread.
  ThreadSensors(metrics::MetricRegistry* registry, const std::string& thread_id, const std::string& process_id,
                const Clock& clock, std::function<ThreadState()> state);
  ThreadSensors(const ThreadSensors&) = delete;
  ThreadSensors& operator=(const ThreadSensors&) = delete;

  // The phases of a turn, in this order; each is told when it is over. A turn that ends early leaves out the rest.
  void begin_turn();
  void polled(Timestamp now_ms);
  /// What is neither of the others: nobody's share.
  void skip() { lap(); }
  void processed(std::size_t polled, std::size_t records, Timestamp now_ms);
  void punctuated(std::size_t count, Timestamp now_ms);
  void committed(bool any, Timestamp now_ms);

  // The share of single tasks in processing.
  /// Nanoseconds since something; 0 if nobody wants to know.
  std::int64_t now_ns() const { return registry_ == nullptr ? 0 : clock_.now_ns(); }

  /// The thread has waited for the cluster since `begin_ns`, other than by polling.
  void blocked_since(std::int64_t begin_ns);

  enum class Rebalance { kAssigned, kRevoked, kLost };
  void rebalanced(Rebalance which, std::int64_t begin_ns);
  void task_created();
  void task_closed();
  /// The thread is over: its metrics are not listed any more.
  void close() { set_.clear(); }

 private:
  struct Phase {
    explicit Phase(const metrics::SampleWindows& windows) : time_ns(windows) {}
    metrics::Sensor time_ns;             ///< of all turns
    metrics::Sensor* latency = nullptr;  ///< ms
  };
  std::int64_t lap();
  void add_phase(Phase& phase, const std::string& name, const std::string& ratio_description);
  metrics::Sensor* add_calls(const std::string& name, const std::string& what);
  metrics::Sensor* add_average(const std::string& name, const std::string& average, const std::string& maximum);
  void add_gauges(const std::string& process_id, std::function<ThreadState()> state);

  metrics::MetricRegistry* const registry_;
  const Clock& clock_;
  const metrics::MetricScope scope_;
  std::int64_t lap_ns_ = 0;  ///< when the last phase ended
  std::int64_t begin_ns_ = 0;
  metrics::Counter blocked_ns_;
  metrics::Sensor turn_ns_;
  Phase poll_, process_, punctuate_, commit_;
  metrics::Sensor* poll_records_ = nullptr;
  metrics::Sensor* process_records_ = nullptr;  ///< per turn
  metrics::Sensor* process_rate_ = nullptr;
  metrics::Sensor* created_ = nullptr;
  metrics::Sensor* closed_ = nullptr;
  metrics::Sensor* rebalances_[3] = {};
  metrics::MetricSet set_;
};

}  // namespace streams::runtime
