// What a task's database counts of itself, for the metrics of the stores in it.
//
// Source: org.apache.kafka.streams.state.internals.metrics.RocksDBMetricsRecorder.
#pragma once

#include <base/metric_registry.hpp>
#include <state/byte_store.hpp>

namespace streams::runtime {

/// Exists from recording level DEBUG on. record() belongs to whoever has the task; readers see what it left.
///
/// Differs from Kafka Streams: the stores of a task share a database, so each of them shows the figures of all; ratios
/// are those of the window, not of the last minute; durations are milliseconds, as their descriptions say, where Kafka
/// Streams shows microseconds.
class StorageSensors {
 public:
  /// Totals count from here on. The database outlives this object.
  StorageSensors(const metrics::SampleWindows& windows, const state::StateDatabase& database);

  /// Takes over what was counted since the last time.
  void record(Timestamp now_ms);
  /// The same, unless it was done a moment ago.
  void record_if_due(Timestamp now_ms);
  /// Lists the metrics of one store. This object outlives the set.
  void list(metrics::MetricSet& set, const metrics::MetricScope& scope) const;

 private:
  struct Hits {
    explicit Hits(const metrics::SampleWindows& windows) : hits(windows), lookups(windows) {}
    void record(std::uint64_t more_hits, std::uint64_t more_misses, Timestamp now_ms);
    metrics::Sensor hits, lookups;
  };
  void list_bytes(metrics::MetricSet& set, const metrics::MetricScope& scope) const;
  void list_ratios(metrics::MetricSet& set, const metrics::MetricScope& scope) const;
  void list_times(metrics::MetricSet& set, const metrics::MetricScope& scope) const;

  const state::StateDatabase& database_;
  const state::StorageCounts first_;
  state::StorageCounts last_;
  Timestamp recorded_ms_ = 0;
  metrics::Sensor written_, read_, flushed_, compaction_read_, compaction_written_;
  Hits memtable_, data_, index_, filter_;
};

}  // namespace streams::runtime
