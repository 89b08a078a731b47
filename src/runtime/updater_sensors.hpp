// The metrics of whoever brings state up to date from changelogs: the restorer of a stream thread, or the keeper of
// standby tasks.
//
// Source: org.apache.kafka.streams.processor.internals.DefaultStateUpdater.StateUpdaterMetrics.
#pragma once

#include <base/metric_registry.hpp>
#include <streams/clock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace streams::runtime {

/// What Kafka Streams calls the thread that restores for a stream thread.
std::string updater_name(std::string thread_name);

/// Belongs to the thread that turns; set_tasks() may be called by any, one at a time.
///
/// Differs from Kafka Streams: ratios are shares of the window's time in which there were tasks, not averages over
/// turns of whatever length.
class UpdaterSensors {
 public:
  enum class Tasks { kActive, kStandby };
  enum class Phase { kUpdate, kCheckpoint, kIdle };

  /// Null registry: nothing is recorded. The clock outlives this object.
  UpdaterSensors(metrics::MetricRegistry* registry, const std::string& thread_id, const Clock& clock, Tasks tasks);

  /// How many tasks are being updated, and how many wait because the client is paused.
  void set_tasks(std::size_t updating, std::size_t paused = 0);

  // Of each turn: begin_turn(), then done() after every phase, then end_turn().
  void begin_turn();
  void done(Phase phase);
  void applied(std::size_t records) { records_ += records; }
  void end_turn();

  /// The thread is over: its metrics are not listed any more.
  void close() { set_.clear(); }

 private:
  void add_tasks(const metrics::MetricScope& scope, bool active);
  void add_ratio(const metrics::MetricScope& scope, const std::string& name, const std::string& what,
                 const metrics::Sensor* time_ns);

  metrics::MetricRegistry* const registry_;
  const Clock& clock_;
  std::atomic<std::int64_t> updating_{0}, paused_{0};
  std::int64_t lap_ns_ = 0;  ///< when the last phase ended
  std::size_t records_ = 0;  ///< of this turn
  metrics::Sensor update_ns_, checkpoint_ns_, idle_ns_, turn_ns_;
  metrics::Sensor* restored_ = nullptr;
  metrics::MetricSet set_;
};

}  // namespace streams::runtime
