// What a thread that restores, or keeps standby tasks up to date, does with its time.
#pragma once

#include <base/metric_registry.hpp>
#include <streams/clock.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace streams::runtime {

/// Recorded by one thread at a time, which calls turn() again and again and says in between what took long.
/// Source: org.apache.kafka.streams.processor.internals.DefaultStateUpdater.StateUpdaterMetrics.
class RestoreSensors {
 public:
  enum class Tasks { kActive, kStandby };
  /// `registry` null: nothing is recorded, and no clock read.
  RestoreSensors(metrics::MetricRegistry* registry, const std::string& thread_id, Tasks tasks, const Clock& clock);

  std::int64_t now_ns() const { return registry_ == nullptr ? 0 : clock_.now_ns(); }
  void waited_since(std::int64_t begin_ns) { idle_ns_ += now_ns() - begin_ns; }
  void restored_since(std::int64_t begin_ns) { restore_ns_ += now_ns() - begin_ns; }
  void checkpointed_since(std::int64_t begin_ns) { checkpoint_ns_ += now_ns() - begin_ns; }
  /// One batch of changelog records.
  void restored(std::size_t records) { batch_.add(static_cast<std::int64_t>(records)); }
  /// The end of a turn: judges the time since the one before.
  void turn(std::size_t tasks, bool paused);

 private:
  metrics::Sensor* add_ratio(const std::string& name, const std::string& doing);

  metrics::MetricRegistry* const registry_;
  const Clock& clock_;
  const metrics::MetricScope scope_;
  std::atomic<std::int64_t> tasks_{0}, paused_{0};
  std::int64_t last_ns_ = 0, idle_ns_ = 0, restore_ns_ = 0, checkpoint_ns_ = 0;
  metrics::Burst batch_;
  metrics::Sensor *idle_ = nullptr, *restore_ = nullptr, *checkpoint_ = nullptr, *batches_ = nullptr;
  metrics::MetricSet set_;  ///< last: gauges read the others
};

}  // namespace streams::runtime
